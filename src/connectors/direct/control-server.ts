/** The holder's end of the control socket: lets other processes of its user work through it. */
import type { Server, Socket } from 'node:net';
import type { Clock, Log } from '../../core/ports.ts';
import { isAbort, toProblem } from '../../core/problem.ts';
import { CONTROL_VERSION, messagesFrom, request, sendOn, tell } from './channel.ts';
import { controlServices, type Service } from './control-services.ts';
import { listenOnSocket, removeSocket } from './control-socket.ts';
import type { Desk } from './desk.ts';

export type ControlDeps = {
  /** Where the socket is: the endpoint's directory. */
  readonly dir: string;
  readonly desk: Desk;
  /** Forgets a run whose launcher has gone. */
  abandon(runId: string): void;
  readonly clock: Clock;
  readonly log: Log;
};

/** A call that is being answered: what stops it, and what waits for the word that its items were taken, first in, first out. */
type Running = { readonly stop: AbortController; readonly untaken: (() => void)[] };

export class ControlServer {
  readonly #deps: ControlDeps;
  readonly #services: ReadonlyMap<string, Service>;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;

  private constructor(deps: ControlDeps) {
    this.#deps = deps;
    this.#services = controlServices(deps.desk, deps.clock);
  }

  /** Throws a 'storage' Problem when the socket cannot be opened. */
  static async open(deps: ControlDeps): Promise<ControlServer> {
    const control = new ControlServer(deps);
    control.#server = await listenOnSocket(deps.dir, socket => void control.#serve(socket));
    return control;
  }

  /** Hangs up on everybody. */
  close(): void {
    this.#server?.close();
    removeSocket(this.#deps.dir);
    for (const socket of this.#sockets) socket.destroy();
  }

  async #serve(socket: Socket): Promise<void> {
    const calls = new Map<number, Running>();
    const launched = new Set<string>();
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    try {
      await sendOn(socket, { rollcall: CONTROL_VERSION, pid: process.pid });
      for await (const message of messagesFrom(socket)) {
        const { id, ...rest } = request.parse(message);
        if ('stop' in rest) calls.get(id)?.stop.abort();
        else if ('taken' in rest) calls.get(id)?.untaken.shift()?.();
        else void this.#answer(socket, id, rest, calls, launched);
      }
    } catch (thrown) {
      this.#deps.log.write('warn', 'A process on the control socket was not understood.', { detail: String(thrown) });
    } finally {
      socket.destroy();
      this.#sockets.delete(socket);
      for (const { stop } of calls.values()) stop.abort();
      for (const runId of launched) this.#deps.abandon(runId);
    }
  }

  async #answer(
    socket: Socket,
    id: number,
    { call, args }: { readonly call: string; readonly args: unknown },
    calls: Map<number, Running>,
    launched: Set<string>,
  ): Promise<void> {
    const running: Running = { stop: new AbortController(), untaken: [] };
    const { stop, untaken } = running;
    calls.set(id, running);
    stop.signal.addEventListener('abort', () => untaken.splice(0).forEach(go => void go()));
    const emit = async (item: unknown) => {
      const taken = new Promise<void>(resolve => {
        if (stop.signal.aborted) resolve();
        else untaken.push(resolve);
      });
      await sendOn(socket, { id, item });
      await taken;
    };
    try {
      const service = this.#services.get(call);
      if (!service) throw new Error(`there is no service '${call}'`);
      await sendOn(socket, { id, done: (await service(args, { signal: stop.signal, emit, launched })) ?? null });
    } catch (thrown) {
      if (!isAbort(thrown)) await sendOn(socket, { id, problem: tell(toProblem(thrown)) });
    } finally {
      calls.delete(id);
    }
  }
}
