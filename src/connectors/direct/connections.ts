/** Bounds the connections, in all and from one address: who comes too much pushes out who has idled longest. */
import type { Socket } from 'node:net';

export const addressOf = (socket: Pick<Socket, 'remoteAddress'>): string => (socket.remoteAddress ?? '').replace(/^::ffff:/, '');

/** The TCP connection below a TLS one is another object: they share their remote end. */
const endOf = ({ remoteAddress, remotePort }: Pick<Socket, 'remoteAddress' | 'remotePort'>): string => `${remoteAddress} ${remotePort}`;

type Connection = { readonly socket: Socket; readonly address: string; working: boolean };

export class Connections {
  readonly #max: number;
  readonly #maxPerAddress: number;
  /** In the order in which they last did something. */
  readonly #open = new Map<string, Connection>();
  readonly #perAddress = new Map<string, number>();
  #pushedOut = 0;

  constructor(max: number, maxPerAddress: number) {
    this.#max = max;
    this.#maxPerAddress = maxPerAddress;
  }

  /** Connections that had to go. */
  get pushedOut(): number {
    return this.#pushedOut;
  }

  /** A new one. Where there are too many, the one that has idled longest goes; when all are at work, the new one. */
  add(socket: Socket): void {
    const address = addressOf(socket);
    const crowded = (this.#perAddress.get(address) ?? 0) >= this.#maxPerAddress;
    const room = crowded ? this.#pushOut(one => one.address === address) : this.#open.size < this.#max || this.#pushOut(() => true);
    if (!room) {
      this.#refuse(socket);
      return;
    }
    const end = endOf(socket);
    this.#open.set(end, { socket, address, working: false });
    this.#perAddress.set(address, (this.#perAddress.get(address) ?? 0) + 1);
    socket.once('close', () => this.#remove(end));
  }

  /** While a node's request is being handled its connection stays. */
  working(socket: Socket, working: boolean): void {
    const end = endOf(socket);
    const connection = this.#open.get(end);
    if (!connection) return;
    connection.working = working;
    this.#open.delete(end);
    this.#open.set(end, connection);
  }

  /** Ends all of them. */
  close(): void {
    for (const { socket } of this.#open.values()) socket.destroy();
  }

  #pushOut(wanted: (connection: Connection) => boolean): boolean {
    for (const [end, connection] of this.#open) {
      if (connection.working || !wanted(connection)) continue;
      this.#remove(end);
      this.#refuse(connection.socket);
      return true;
    }
    return false;
  }

  #refuse(socket: Socket): void {
    this.#pushedOut += 1;
    socket.destroy();
  }

  #remove(end: string): void {
    const connection = this.#open.get(end);
    if (!connection) return;
    this.#open.delete(end);
    const left = (this.#perAddress.get(connection.address) ?? 1) - 1;
    if (left > 0) this.#perAddress.set(connection.address, left);
    else this.#perAddress.delete(connection.address);
  }
}
