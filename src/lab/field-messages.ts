/** What the console and its field process say to each other. */
import type { AgentIntervals, Identity, ServerAddress } from '../agent/index.ts';
import type { ProblemKind } from '../core/problem.ts';

/** This machine as a node. */
export type FieldNode = {
  readonly identity: Omit<Identity, 'startedAt'>;
  readonly hostIdentifier?: string;
  readonly intervals?: AgentIntervals;
};

export type ToField = {
  readonly kind: 'start';
  readonly server: ServerAddress;
  readonly enrollSecret: string;
  readonly node: FieldNode | null;
  readonly lab: { readonly count: number; readonly seed: string } | null;
  /** How long a statement may hold the process up, ms. */
  readonly limitMs: number;
  readonly state: ReadonlyArray<readonly [key: string, value: string]>;
};

export type FromField =
  | { readonly kind: 'ready' }
  | { readonly kind: 'state'; readonly key: string; readonly value: string }
  | {
      readonly kind: 'log';
      readonly level: 'info' | 'warn' | 'error';
      readonly message: string;
      readonly detail: Readonly<Record<string, unknown>>;
    }
  | { readonly kind: 'failed'; readonly problem: ProblemKind; readonly message: string; readonly detail: string };
