/** Newline-delimited JSON over a socket between two processes of rollcall, and the shapes of what they say. */
import type { Socket } from 'node:net';
import { z } from 'zod';
import { Problem } from '../../core/problem.ts';

/** Both ends must speak the same. */
export const CONTROL_VERSION = 2;

/** Answers of a whole fleet may be in one message; beyond this the other end is no rollcall. */
const MAX_LINE_BYTES = 256 * 1_048_576;
const NEWLINE = 0x0a;

export const hello = z.object({ rollcall: z.number(), pid: z.number() });

/** A call; the word that an item of one was taken; or the wish that one be stopped. */
export const request = z.union([
  z.strictObject({ id: z.int(), call: z.string(), args: z.unknown() }),
  z.strictObject({ id: z.int(), taken: z.literal(true) }),
  z.strictObject({ id: z.int(), stop: z.literal(true) }),
]);

const kinds = z.enum(['usage', 'refused', 'auth', 'unreachable', 'storage', 'bug']);
const toldProblem = z.object({ kind: kinds, message: z.string(), detail: z.string(), transient: z.boolean() });

/** Any number of items, then one outcome. */
export const response = z.union([
  z.strictObject({ id: z.int(), item: z.unknown() }),
  z.strictObject({ id: z.int(), problem: toldProblem }),
  z.strictObject({ id: z.int(), done: z.unknown() }),
]);
export type Response = z.infer<typeof response>;

export const tell = ({ kind, message, detail, transient }: Problem): z.infer<typeof toldProblem> => ({ kind, message, detail, transient });

export const told = ({ kind, message, detail, transient }: z.infer<typeof toldProblem>): Problem =>
  new Problem(kind, message, { detail, transient });

/** Messages as they come; ends with the socket, however that ends. Throws SyntaxError for what is no JSON. */
export async function* messagesFrom(socket: Socket): AsyncIterable<unknown> {
  let parts: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      let from = 0;
      for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
        yield JSON.parse(Buffer.concat([...parts, chunk.subarray(from, at)]).toString('utf8'));
        parts = [];
        size = 0;
        from = at + 1;
      }
      parts.push(chunk.subarray(from));
      size += chunk.length - from;
      if (size > MAX_LINE_BYTES) return;
    }
  } catch (thrown) {
    if (!(thrown instanceof Error && 'code' in thrown)) throw thrown;
  }
}

/** Resolves when there is room for more, or nobody reads any more. */
export async function sendOn(socket: Socket, message: unknown): Promise<void> {
  if (socket.destroyed || socket.write(`${JSON.stringify(message)}\n`)) return;
  await new Promise<void>(resolve => {
    const go = () => {
      socket.off('drain', go);
      socket.off('close', go);
      resolve();
    };
    socket.on('drain', go);
    socket.on('close', go);
  });
}
