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
    const calls = new Map<number, AbortController>();
    const launched = new Set<string>();
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    try {
      await sendOn(socket, { rollcall: CONTROL_VERSION, pid: process.pid });
      for await (const message of messagesFrom(socket)) {
        const { id, ...rest } = request.parse(message);
        if ('stop' in rest) calls.get(id)?.abort();
        else void this.#answer(socket, id, rest, calls, launched);
      }
    } catch (thrown) {
      this.#deps.log.write('warn', 'A process on the control socket was not understood.', { detail: String(thrown) });
    } finally {
      socket.destroy();
      this.#sockets.delete(socket);
      for (const call of calls.values()) call.abort();
      for (const runId of launched) this.#deps.abandon(runId);
    }
  }

  async #answer(
    socket: Socket,
    id: number,
    { call, args }: { readonly call: string; readonly args: unknown },
    calls: Map<number, AbortController>,
    launched: Set<string>,
  ): Promise<void> {
    const stop = new AbortController();
    calls.set(id, stop);
    const emit = (item: unknown) => sendOn(socket, { id, item });
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
