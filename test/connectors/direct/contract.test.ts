import { setTimeout as pause } from 'node:timers/promises';
import { createDirect } from '../../../src/connectors/direct/index.ts';
import { connectorContract, type Harness } from '../contract.ts';
import { difference, optionsFor, realClock, TestNode } from './support.ts';

const HOSTILE = 'web\u001b]0;owned\u0007\u202e\u0000-1';
const POLL_MS = 10;

type Answer = (node: TestNode, id: string) => Promise<unknown>;

/** Enrols nodes that ask for queries every few ms and answer as told. */
async function harness(): Promise<Harness> {
  let time = 0;
  // An hour passes between the enrolment of the host that is gone and that of the others.
  const connector = createDirect(optionsFor({ clock: { now: () => Date.now() + time, sleep: realClock.sleep } }));
  const address = await connector.start();
  const stop = new AbortController();
  const nodes = new Map<string, TestNode>();
  const loops: Promise<void>[] = [];
  let emitted = 0;
  let last: unknown[] = [];
  const releasing = Promise.withResolvers<void>();

  const join = async (identifier: string, answer?: Answer): Promise<string> => {
    const before = new Set(nodes.keys());
    const node = await TestNode.enroll(address, identifier);
    let id = '';
    for await (const page of connector.hosts(stop.signal)) for (const host of page) if (!before.has(host.id)) id = host.id;
    nodes.set(id, node);
    if (answer) loops.push(live(node, answer));
    return id;
  };
  const live = async (node: TestNode, answer: Answer): Promise<void> => {
    while (!stop.signal.aborted) {
      const { queries = {} } = await node.read();
      for (const id of Object.keys(queries)) void answer(node, id);
      await pause(POLL_MS);
    }
  };
  const deliver = async () => nodes.get(hostile)?.log(last);
  const rows: Answer = (node, id) => node.write(id, [{ pid: '1', name: 'init' }]);

  const offline = await join('gone');
  time = 3_600_000;
  const answering = [await join('web-1', rows), await join('web-2', rows), await join('web-3', rows)];
  const failing = await join('broken', (node, id) => node.write(id, [], 1, 'no such table: \u001b[31mprocesses'));
  const empty = await join('empty', (node, id) => node.write(id, ''));
  const hostile = await join(HOSTILE, (node, id) => node.write(id, [{ 'na\u001b[2Jme': '\u009b31m\u202eevil\u0000', ['__proto__']: 'x' }]));
  const silent = await join('silent', async (node, id) => {
    await releasing.promise;
    await node.write(id, [{ pid: '2' }]);
  });
  return {
    connector,
    hosts: { answering, failing, silent, empty, offline, hostile },
    reached: remoteId => [...nodes].flatMap(([id, node]) => (node.seen.includes(remoteId) ? [id] : [])),
    release: () => releasing.resolve(),
    events: {
      feed: 'log',
      emit: count => {
        last = Array.from({ length: count }, () => {
          emitted += 1;
          return difference('listening_ports', { port: String(emitted), path: '/tmp/\u001b[5mx' });
        });
        return deliver();
      },
      resend: deliver,
    },
    secrets: [address.enrollSecret, ...[...nodes.values()].map(node => node.key)],
    close: async () => {
      stop.abort();
      releasing.resolve();
      await Promise.allSettled(loops);
    },
  };
}

connectorContract('direct', harness);
