/** Where events are forwarded to: a file of JSON lines, or Graylog by GELF over TCP or UDP. */
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { appendFileSync, closeSync, fchmodSync, openSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { gelfMessage } from '../core/gelf.ts';
import { eventToJson } from '../core/judge.ts';
import type { FeedEvent } from '../core/model.ts';
import { Problem } from '../core/problem.ts';

export interface Sink {
  /** Resolves when the events are handed over. Throws a `Problem`: then all of them are to be sent again. */
  send(events: readonly FeedEvent[]): Promise<void>;
  close(): void;
}

/** Appends one JSON object a line, as `rollcall feed --format jsonl` prints it. The file is opened anew each time, so it may be rotated. */
export function jsonlSink(file: string): Sink {
  return {
    async send(events) {
      try {
        const descriptor = openSync(file, 'a', 0o600);
        try {
          fchmodSync(descriptor, 0o600);
          appendFileSync(descriptor, events.map(event => `${JSON.stringify(eventToJson(event))}\n`).join(''));
        } finally {
          closeSync(descriptor);
        }
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        throw new Problem('storage', `Events cannot be forwarded to ${file} (${why}). They wait, and are written when it can be.`, {
          cause: error,
        });
      }
    },
    close: () => undefined,
  };
}

/** Payload of one UDP packet: fits an Ethernet frame. */
const CHUNK = 1_420;
const MAX_CHUNKS = 128;

/** A message as packets; none when it is larger than GELF allows. */
export function gelfPackets(payload: Buffer): Buffer[] {
  if (payload.length <= CHUNK) return [payload];
  const count = Math.ceil(payload.length / CHUNK);
  if (count > MAX_CHUNKS) return [];
  const id = randomBytes(8);
  return Array.from({ length: count }, (_, index) =>
    Buffer.concat([Buffer.from([0x1e, 0x0f]), id, Buffer.from([index, count]), payload.subarray(index * CHUNK, (index + 1) * CHUNK)]),
  );
}

/** Longest value of a field in a message that would not fit otherwise, in UTF-16 units. */
const SHORT = 1_000;

/** A message that is too long for its transport says the same in shorter fields. */
function packetsOf(event: FeedEvent): Buffer[] {
  const message = gelfMessage(event);
  const packets = gelfPackets(Buffer.from(JSON.stringify(message)));
  if (packets.length > 0) return packets;
  const cut = (value: string | number) =>
    typeof value === 'string' && value.length > SHORT ? `${value.slice(0, SHORT).toWellFormed()}…` : value;
  const entries = Object.entries(message).slice(0, 60);
  return gelfPackets(Buffer.from(JSON.stringify(Object.fromEntries(entries.map(([name, value]) => [name, cut(value)])))));
}

export type GelfAddress = { readonly transport: 'udp' | 'tcp'; readonly host: string; readonly port: number };

const unreachable = ({ transport, host, port }: GelfAddress, error: unknown): Problem =>
  new Problem(
    'unreachable',
    `Graylog at ${transport}://${host}:${port} does not take events (${error instanceof Error ? error.message : String(error)}). They wait, and are sent when it does.`,
    { cause: error },
  );

function udpSink(address: GelfAddress): Sink {
  const socket = createSocket(address.host.includes(':') ? 'udp6' : 'udp4');
  socket.on('error', () => undefined);
  socket.unref();
  const sendPacket = (packet: Buffer) =>
    new Promise<void>((resolve, reject) => {
      socket.send(packet, address.port, address.host, error => (error ? reject(unreachable(address, error)) : resolve()));
    });
  return {
    async send(events) {
      for (const event of events) for (const packet of packetsOf(event)) await sendPacket(packet);
    },
    close: () => void socket.close(),
  };
}

const CONNECT_MS = 10_000;

function tcpSink(address: GelfAddress): Sink {
  let open: Socket | undefined;
  const drop = () => {
    open?.destroy();
    open = undefined;
  };
  const connected = () =>
    new Promise<Socket>((resolve, reject) => {
      if (open && !open.destroyed) {
        resolve(open);
        return;
      }
      const socket = connect({ host: address.host, port: address.port, timeout: CONNECT_MS });
      socket.once('timeout', () => socket.destroy(new Error('timeout')));
      socket.once('connect', () => {
        socket.setTimeout(0);
        open = socket;
        resolve(socket);
      });
      socket.on('error', reject);
      socket.on('close', () => {
        if (open === socket) open = undefined;
      });
    });
  return {
    async send(events) {
      try {
        const socket = await connected();
        // A zero byte ends a message; JSON text holds none.
        const text = events.map(event => `${JSON.stringify(gelfMessage(event))}\0`).join('');
        await new Promise<void>((resolve, reject) => socket.write(text, error => (error ? reject(error) : resolve())));
      } catch (error) {
        drop();
        throw unreachable(address, error);
      }
    },
    close: drop,
  };
}

/** Over UDP nobody says whether a message arrived. */
export const gelfSink = (address: GelfAddress): Sink => (address.transport === 'udp' ? udpSink(address) : tcpSink(address));
