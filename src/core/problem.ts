/**
 * The closed family of things that go wrong. An exception becomes a `Problem` once, at the adapter or connector that
 * met it; from there on it is handled by `kind`. `message` is one line for people: what happened, what it means,
 * what to do. `detail` is for the log and may hold a server's words; it never holds a secret.
 */
export type ProblemKind =
  | 'usage' // the caller's words are off: unknown flag, unknown or ambiguous host, bad setting (exit 2)
  | 'refused' // AllowlistError: unknown template, raw SQL, bad parameter, unapproved digest (exit 5)
  | 'auth' // 401/403, live queries disabled, role too small (exit 6)
  | 'unreachable' // no connection, time-out, TLS not trusted, 5xx, 429 after retries, not the API we know (exit 7)
  | 'storage' // disk full, data directory not writable
  | 'bug'; // our own fault (exit 1)

export type ProblemOptions = {
  readonly source?: string;
  readonly detail?: string;
  /** ms the server asked us to wait before the next try. */
  readonly retryAfterMs?: number;
  /** false: trying again cannot help (bad token, wrong environment). */
  readonly transient?: boolean;
  readonly cause?: unknown;
};

export class Problem extends Error {
  override readonly name: string = 'Problem';
  readonly kind: ProblemKind;
  readonly source: string | undefined;
  readonly detail: string;
  readonly retryAfterMs: number | undefined;
  readonly transient: boolean;

  constructor(kind: ProblemKind, message: string, options: ProblemOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.source = options.source;
    this.detail = options.detail ?? '';
    this.retryAfterMs = options.retryAfterMs;
    this.transient = options.transient ?? kind === 'unreachable';
  }
}

/** A query that is not on the allowlist. Thrown before any network call, with what is allowed in the message. */
export class AllowlistError extends Problem {
  override readonly name = 'AllowlistError';
  constructor(message: string, options: ProblemOptions = {}) {
    super('refused', message, options);
  }
}

/** Any thrown thing as a `Problem`; one that is unknown to us is our own fault. */
export function toProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return new Problem('bug', `Something in rollcall broke: ${text}. This is a defect; the log has the details.`, {
    detail: thrown instanceof Error ? (thrown.stack ?? text) : text,
    cause: thrown,
  });
}

/** True for the error that an aborted `AbortSignal` throws: not a failure, somebody said stop. */
export function isAbort(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name === 'AbortError';
}
