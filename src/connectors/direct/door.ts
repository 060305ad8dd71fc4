/** Where hosts come in: the front as the rest of the process knows it, in this thread or in one of its own. */
import { Problem } from '../../core/problem.ts';
import type { House } from './house.ts';

export interface Door {
  /** Aborted when the front ended by itself. */
  readonly broken: AbortSignal;
  /** Takes the port; nobody can connect before `present`. Throws an 'unreachable' Problem when it is taken. Resolves with the port. */
  listen(host: string, port: number): Promise<number>;
  /** From now on clients can connect, and are answered by `house`. Both PEM. */
  present(identity: { readonly certificate: string; readonly key: string }, house: House): void;
  remarks(): string[];
  close(): Promise<void>;
}

/** The system's error as the operator is told of it; `detail` is its code. */
export function notListening(host: string, port: number, { code, message }: { readonly code: string; readonly message: string }): Problem {
  const cause = code === 'EADDRINUSE' ? 'another program listens there, perhaps another rollcall' : message;
  return new Problem(
    'unreachable',
    `The direct endpoint could not listen on ${host}:${port}: ${cause}. Stop it, or choose another address.`,
    { detail: code || message, transient: false },
  );
}

/** Code and message of what was thrown. */
export function systemError(thrown: unknown): { readonly code: string; readonly message: string } {
  if (!(thrown instanceof Error)) return { code: '', message: String(thrown) };
  return { code: 'code' in thrown ? String(thrown.code) : '', message: thrown.message };
}

export const cutRemarks = (count: number): string[] => (count > 0 ? [`${count} connections were cut because there were too many`] : []);
