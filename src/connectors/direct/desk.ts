/**
 * One direct endpoint as a process works with it: its own (`owner.ts`), or that of another process of the same data
 * directory, reached through a local socket (`attached.ts`). Who works with a desk does not notice the difference.
 */
import type { Host } from '../../core/model.ts';
import type {
  EndReason,
  EnrolledNode,
  EventBatch,
  LaunchOptions,
  LiveUpdate,
  NodeChange,
  SilentHosts,
  SourceReport,
} from '../../core/ports.ts';

/** What a host needs to enrol. `enrollSecret` is shown on demand only. */
export type DirectAddress = {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** To be pinned by hosts. */
  readonly caPem: string;
  /** SHA-256 of the certificate, `AB:CD:…`. */
  readonly fingerprint: string;
  readonly enrollSecret: string;
};

/** A live query as the endpoint takes it; `id` is unguessable, for it is what a node shows to have been asked. */
export type NewRun = {
  readonly id: string;
  readonly sql: string;
  readonly hosts: readonly Pick<Host, 'id' | 'hostname'>[];
  /** The endpoint that had it before is gone: hosts may have been told already, and are told again. */
  readonly resumed: boolean;
  /** The path that it carves. */
  readonly carve?: string | undefined;
};

/** Every method throws an 'unreachable' Problem once `gone` is aborted. */
export interface Desk {
  /** Aborted when the endpoint ends: somebody else may hold it then. */
  readonly gone: AbortSignal;
  address(): Promise<DirectAddress>;
  check(signal: AbortSignal): Promise<SourceReport>;
  /** Page by page. */
  hosts(signal: AbortSignal): AsyncIterable<readonly Host[]>;
  /** As of the last time that anything was asked. */
  remarks(): readonly string[];
  nodes(signal: AbortSignal): Promise<readonly EnrolledNode[]>;
  change(id: string, change: NodeChange, signal: AbortSignal): Promise<EnrolledNode>;
  /** The secret before stays good for `graceMs`. */
  rotateSecret(graceMs: number, signal: AbortSignal): Promise<void>;
  launch(run: NewRun, signal: AbortSignal): Promise<void>;
  updates(id: string, options: LaunchOptions, signal: AbortSignal): AsyncIterable<LiveUpdate>;
  silentAtDeadline(id: string): readonly SilentHosts[];
  end(id: string, reason: EndReason, signal: AbortSignal): Promise<string | undefined>;
  /** What hosts log. Only where it is received: whoever else works on the data directory finds it in the store. */
  events?(signal: AbortSignal): AsyncIterable<EventBatch>;
  close(): Promise<void>;
}
