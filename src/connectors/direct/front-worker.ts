/** The front in a thread of its own: what it is told by the main thread, and what it asks there. */
import { parentPort, workerData } from 'node:worker_threads';
import { systemError } from './door.ts';
import { Front, type FrontSettings } from './front.ts';
import type { Order, Word } from './front-messages.ts';
import type { House } from './house.ts';
import { Outbox } from './outbox.ts';

/** How often it is told how many connections had to be cut, ms. */
const COUNT_EVERY_MS = 500;
/** For so long requests are gathered. Hosts ask every few seconds. */
const GATHER_MS = 4;

if (!parentPort) throw new Error('The front is started by the main thread.');
const port = parentPort;
const outbox = new Outbox<Word>(
  (words, transfer) => port.postMessage(words, [...transfer]),
  post => setTimeout(post, GATHER_MS),
);
const tell = (word: Word, transfer: readonly ArrayBuffer[] = []) => outbox.tell(word, transfer);

/** Questions that the main thread has not answered. */
const open = new Map<number, (answer: never) => void>();
let last = 0;
function question<T>(ask: (id: number) => void): Promise<T> {
  last += 1;
  const id = last;
  return new Promise<T>(resolve => {
    open.set(id, resolve);
    ask(id);
  });
}

const house: House = {
  isKey: (proof, key) => question(id => tell({ id, isKey: { proof, key } })),
  answer: asked => question(id => tell({ id, asked }, [asked.body.buffer])),
  refuse: refused => question(id => tell({ id, refused })),
};
const front = new Front({ ...(workerData as FrontSettings), house, failed: (message, detail) => tell({ failed: { message, detail } }) });

let counted = 0;
const counting = setInterval(() => {
  if (front.pushedOut !== counted) tell({ pushedOut: front.pushedOut });
  counted = front.pushedOut;
}, COUNT_EVERY_MS);

async function listen({ host, port: wanted }: { readonly host: string; readonly port: number }): Promise<void> {
  try {
    tell({ listening: await front.listen(host, wanted) });
  } catch (thrown) {
    tell({ notListening: systemError(thrown) });
  }
}

async function close(): Promise<void> {
  clearInterval(counting);
  await front.close();
  outbox.flush();
  port.close();
}

function hear(order: Order): void {
  if ('listen' in order) void listen(order.listen);
  else if ('present' in order) front.present(order.present.certificate, order.present.key);
  else if ('close' in order) void close();
  else {
    open.get(order.id)?.(('said' in order ? order.said : order.isKey) as never);
    open.delete(order.id);
  }
}

port.on('message', (orders: readonly Order[]) => orders.forEach(hear));
