/** Another process's end of the control socket: calls, each with items and one outcome. */
import { connect, type Socket } from 'node:net';
import { Problem } from '../../core/problem.ts';
import { Bell } from './bell.ts';
import { CONTROL_VERSION, hello, messagesFrom, type Response, response, sendOn, told } from './channel.ts';
import { holderOf, socketPath } from './control-socket.ts';

type Outcome = { readonly done: unknown } | { readonly problem: Problem };
type Pending = { readonly items: unknown[]; readonly bell: Bell; outcome: Outcome | undefined };
type Sent = { readonly id: number; readonly pending: Pending };

/** A holder greets at once, unless it was stopped. */
const GREETING_MS = 5_000;

const GONE = 'The rollcall that held the direct endpoint has gone.';

export class ControlClient {
  readonly pid: number;
  readonly #socket: Socket;
  readonly #gone = new AbortController();
  readonly #calls = new Map<number, Pending>();
  #next = 1;

  private constructor(socket: Socket, pid: number) {
    this.#socket = socket;
    this.pid = pid;
  }

  /**
   * The process that holds the endpoint in `dir`; undefined when none listens (yet). Throws when it is of another version,
   * or says nothing for `patienceMs`.
   */
  static async connect(dir: string, patienceMs = GREETING_MS): Promise<ControlClient | undefined> {
    const socket = connect(socketPath(dir));
    let silent = false;
    socket.on('error', () => socket.destroy());
    socket.setTimeout(patienceMs, () => {
      silent = true;
      socket.destroy();
    });
    const messages = messagesFrom(socket)[Symbol.asyncIterator]();
    const first = await messages.next();
    socket.setTimeout(0);
    if (silent) throw mute(dir);
    if (first.done) return undefined;
    const { data } = hello.safeParse(first.value);
    if (data?.rollcall !== CONTROL_VERSION) {
      socket.destroy();
      throw new Problem('unreachable', 'Another version of rollcall holds the direct endpoint. Stop it, or use the same version.', {
        transient: false,
      });
    }
    const client = new ControlClient(socket, data.pid);
    client.#listen({ [Symbol.asyncIterator]: () => messages }).catch(() => socket.destroy());
    return client;
  }

  /** Aborted when the other process hung up or went away. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /** Throws the other end's `Problem`, an 'unreachable' one when it went away, or the signal's AbortError. */
  async ask(call: string, args: unknown, signal: AbortSignal): Promise<unknown> {
    const sent = this.#send(call, args);
    try {
      while (!sent.pending.outcome) {
        signal.throwIfAborted();
        await sent.pending.bell.wait(signal);
      }
      return resultOf(sent.pending.outcome);
    } finally {
      this.#stop(sent);
    }
  }

  /**
   * The items of a call as they come, then its outcome as the generator's value; ends without one when the signal stops it.
   * Asking for the next item says that the last one is safe here.
   */
  async *stream(call: string, args: unknown, signal: AbortSignal): AsyncGenerator<unknown, unknown> {
    const sent = this.#send(call, args);
    try {
      while (!signal.aborted) {
        while (sent.pending.items.length > 0) {
          yield sent.pending.items.shift();
          void sendOn(this.#socket, { id: sent.id, taken: true });
        }
        if (sent.pending.outcome) return resultOf(sent.pending.outcome);
        await sent.pending.bell.wait(signal);
      }
      return undefined;
    } finally {
      this.#stop(sent);
    }
  }

  close(): void {
    this.#socket.destroy();
  }

  #send(call: string, args: unknown): Sent {
    const id = this.#next;
    this.#next += 1;
    const pending: Pending = { items: [], bell: new Bell(), outcome: this.#gone.signal.aborted ? lost() : undefined };
    this.#calls.set(id, pending);
    void sendOn(this.#socket, { id, call, args });
    return { id, pending };
  }

  #stop({ id, pending }: Sent): void {
    this.#calls.delete(id);
    if (!pending.outcome) void sendOn(this.#socket, { id, stop: true });
  }

  async #listen(messages: AsyncIterable<unknown>): Promise<void> {
    try {
      for await (const message of messages) this.#take(response.parse(message));
    } finally {
      this.#socket.destroy();
      this.#gone.abort();
      for (const pending of this.#calls.values()) {
        pending.outcome ??= lost();
        pending.bell.ring();
      }
    }
  }

  #take(said: Response): void {
    const pending = this.#calls.get(said.id);
    if (!pending) return;
    if ('item' in said) pending.items.push(said.item);
    else pending.outcome = 'problem' in said ? { problem: told(said.problem) } : { done: said.done };
    pending.bell.ring();
  }
}

const mute = (dir: string): Problem =>
  new Problem(
    'unreachable',
    `The direct endpoint is held by ${holderOf(dir)}, which does not answer: it was suspended (ctrl+z) or hangs. Let it go on (\`fg\`, or kill -CONT), or end it (kill -9).`,
  );

const lost = (): Outcome => ({ problem: new Problem('unreachable', `${GONE} Try again.`, { detail: 'gone' }) });

function resultOf(outcome: Outcome): unknown {
  if ('problem' in outcome) throw outcome.problem;
  return outcome.done;
}
