import { Agent } from 'node:https';
import { connect } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { allHosts, answersIn, collectUpdates, contractQuery } from '../contract.ts';
import { ask, consume, difference, startDirect, TestNode } from './support.ts';

const NODES = 500;

/** Runs `work` over all items, a few at a time, as a fleet's requests arrive. */
async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<unknown>, atOnce = 50): Promise<void> {
  const left = [...items];
  const worker = async () => {
    for (let item = left.pop(); item !== undefined; item = left.pop()) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

describe('five hundred nodes at once', () => {
  it('all enrol, are asked, answer once each, and lose no log line', async () => {
    const { connector, address } = await startDirect();
    const { events } = consume(connector);
    const agent = new Agent({ keepAlive: true, maxSockets: 50 });
    onTestFinished(() => agent.destroy());
    const nodes: TestNode[] = [];
    await eachOf(
      Array.from({ length: NODES }, (_, index) => `web-${index}`),
      async name => nodes.push(await TestNode.enroll(address, name, {}, agent)),
    );
    const hosts = await allHosts(connector);
    expect(hosts).toHaveLength(NODES);
    const backend = connector.liveQuery;
    if (!backend) throw new Error('no live queries');
    const options = { timeoutMs: 60_000, offline: 'wait' } as const;
    const { remoteId } = await backend.launch(contractQuery(), hosts, options, new AbortController().signal);
    const answering = collectUpdates(backend, remoteId, hosts, () => false);
    await eachOf([...nodes.entries()], async ([index, node]) => {
      await node.read();
      await node.write(remoteId, [{ pid: String(index) }]);
      expect(await node.log([difference('crontab', { command: String(index) })])).toEqual({ node_invalid: false });
    });
    const answers = answersIn(await answering);
    expect(new Set(answers.map(({ hostId }) => hostId)).size).toBe(NODES);
    expect(answers).toHaveLength(NODES);
    expect(new Set(events.map(({ dedupeKey }) => dedupeKey)).size).toBe(NODES);
  });
});

describe('a client that hangs up in the middle of a body', () => {
  it('does not disturb the others, and nothing of it is taken', async () => {
    const { connector, address } = await startDirect();
    const { events } = consume(connector);
    const node = await TestNode.enroll(address, 'web-1');
    const body = JSON.stringify({ node_key: node.key, log_type: 'result', data: [difference('crontab', { a: '1' })] });
    await new Promise<void>(resolve => {
      const socket = connect({ host: '127.0.0.1', port: address.port, ca: address.caPem }, () => {
        socket.write(`POST /log HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length + 1}\r\n\r\n${body}`, () => socket.destroy());
      });
      socket.on('close', () => resolve());
    });
    expect(await ask(address, '/config', { node_key: node.key })).toHaveProperty('schedule');
    expect(events).toEqual([]);
  });
});
