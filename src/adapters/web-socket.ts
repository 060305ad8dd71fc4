/** A `TextSocket` on undici's WebSocket, with the TLS trust of its HTTP peer. */
import type { Duplex } from 'node:stream';
import { Agent, type Dispatcher, WebSocket } from 'undici';
import type { TextSocket } from '../core/ports.ts';
import { Problem } from '../core/problem.ts';
import { clean } from '../core/sanitize.ts';
import { abortError } from './abort.ts';
import { networkProblem, tooLargeProblem } from './http-problem.ts';

export type SocketOptions = {
  readonly url: string;
  /** Host and port, for messages. */
  readonly peer: string;
  readonly agent: Agent.Options;
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes of one message at most. */
  readonly maxBytes: number;
};

/** What the WebSocket events do not tell: why the handshake failed, and who ended the connection. */
type Underneath = { status?: number; error?: Error; ended: boolean; stream?: Duplex };

class WatchedAgent extends Agent {
  readonly seen: Underneath = { ended: false };

  override dispatch(options: Agent.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const { seen } = this;
    return super.dispatch(options, {
      onRequestStart: (controller, context) => handler.onRequestStart?.(controller, context),
      onRequestUpgrade(controller, status, headers, stream) {
        seen.stream = stream;
        stream.once('end', () => {
          seen.ended = true;
        });
        stream.once('error', error => {
          seen.error = error;
        });
        handler.onRequestUpgrade?.(controller, status, headers, stream);
      },
      onResponseStart(controller, status, headers, message) {
        seen.status = status;
        handler.onResponseStart?.(controller, status, headers, message);
      },
      onResponseData: (controller, chunk) => handler.onResponseData?.(controller, chunk),
      onResponseEnd: (controller, trailers) => handler.onResponseEnd?.(controller, trailers),
      onResponseError(controller, error) {
        seen.error = error;
        handler.onResponseError?.(controller, error);
      },
    });
  }
}

function handshakeProblem(peer: string, seen: Underneath): Problem {
  if (seen.status === undefined) return networkProblem(peer, seen.error);
  const kind = seen.status === 401 || seen.status === 403 ? 'auth' : 'unreachable';
  const text = `${peer} did not open a WebSocket: it answered with HTTP ${seen.status}. A proxy in between may not pass WebSockets on.`;
  return new Problem(kind, text, { detail: `status ${seen.status}`, transient: seen.status >= 500 });
}

function endProblem(options: SocketOptions, seen: Underneath, code: number, reason: string): Problem {
  if (code === 1006 && !seen.ended && !seen.error) return tooLargeProblem(options.peer, options.maxBytes);
  const why = code === 1006 ? 'without a word' : `with code ${code}${reason ? ` (${clean(reason)})` : ''}`;
  return new Problem('unreachable', `${options.peer} closed the WebSocket ${why}. What had come is kept; the rest will not come.`, {
    detail: 'reset',
    cause: seen.error,
  });
}

/** Messages in order; the stream underneath is paused while more than `maxBytes` wait to be read. */
class Inbox {
  readonly #waiting: string[] = [];
  readonly #seen: Underneath;
  readonly #most: number;
  #length = 0;
  #end: { readonly problem: Problem | undefined } | undefined;
  #wake: () => void = () => undefined;

  constructor(seen: Underneath, most: number) {
    this.#seen = seen;
    this.#most = most;
  }

  add(text: string): void {
    this.#waiting.push(text);
    this.#length += text.length;
    if (this.#length > this.#most) this.#seen.stream?.pause();
    this.#wake();
  }

  end(problem: Problem | undefined): void {
    this.#end ??= { problem };
    this.#wake();
  }

  async *read(): AsyncGenerator<string> {
    for (;;) {
      const text = this.#waiting.shift();
      if (text !== undefined) {
        this.#length -= text.length;
        if (this.#length <= this.#most && this.#seen.stream?.isPaused()) this.#seen.stream.resume();
        yield text;
      } else if (this.#end) {
        if (this.#end.problem) throw this.#end.problem;
        return;
      } else {
        await new Promise<void>(resolve => {
          this.#wake = resolve;
        });
      }
    }
  }
}

/** Opens the socket; resolves once the handshake is done. Throws a `Problem` that says why it could not be. */
export async function openTextSocket(options: SocketOptions, signal: AbortSignal): Promise<TextSocket> {
  if (signal.aborted) throw abortError(signal);
  const agent = new WatchedAgent({ ...options.agent, webSocket: { maxPayloadSize: options.maxBytes } });
  const { seen } = agent;
  const socket = new WebSocket(options.url, { dispatcher: agent, headers: { ...options.headers } });
  const inbox = new Inbox(seen, options.maxBytes);
  const opened = Promise.withResolvers<void>();
  let wanted = true;
  const close = () => {
    wanted = false;
    inbox.end(undefined);
    socket.close();
  };
  const stop = () => {
    opened.reject(abortError(signal));
    close();
  };
  signal.addEventListener('abort', stop, { once: true });
  socket.addEventListener('open', () => opened.resolve());
  socket.addEventListener('message', ({ data }) => {
    if (typeof data === 'string') inbox.add(data);
  });
  socket.addEventListener('close', ({ code, reason }) => {
    signal.removeEventListener('abort', stop);
    opened.reject(handshakeProblem(options.peer, seen));
    inbox.end(wanted ? endProblem(options, seen, code, reason) : undefined);
    void agent.destroy();
  });
  await opened.promise;
  return {
    send: text => socket.send(text),
    messages: { [Symbol.asyncIterator]: () => inbox.read() },
    close,
  };
}
