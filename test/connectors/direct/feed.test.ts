/** osquery deletes what it sent as soon as we say yes: what is said yes to has to be on disk. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { createDirect, type DirectConnector } from '../../../src/connectors/direct/index.ts';
import type { EventBatch } from '../../../src/core/ports.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';
import { ask, consume, difference, optionsFor, startDirect, TestNode } from './support.ts';

const DONE = { node_invalid: false };
const LATER = { error: 'busy' };

/** The feed's iterator by hand: the test decides when the next batch is asked for. */
function reader(connector: DirectConnector) {
  const stop = new AbortController();
  const [feed] = connector.feeds;
  if (!feed) throw new Error('no feed');
  const iterator = feed.read(undefined, 0, stop.signal)[Symbol.asyncIterator]();
  onTestFinished(() => stop.abort());
  const next = async (): Promise<EventBatch> => {
    const { value, done } = await iterator.next();
    if (done) throw new Error('the feed ended');
    return value;
  };
  return { next, leave: () => iterator.return?.(), stop: () => stop.abort() };
}

const port = (number: number) => difference('listening_ports', { port: String(number) });

describe('a log delivery', () => {
  it('is confirmed only when the batch after it is asked for', async () => {
    const { connector, address } = await startDirect();
    const node = await TestNode.enroll(address, 'web-1');
    const { next } = reader(connector);
    let confirmed: unknown;
    const sent = node.log([port(1), port(2)]).then(reply => {
      confirmed = reply;
    });
    const batch = await next();
    expect(batch.events.map(({ row }) => row.port)).toEqual(['1', '2']);
    await node.read(); // A whole exchange later, nothing has been confirmed.
    expect(confirmed).toBeUndefined();
    void next().catch(() => undefined);
    await sent;
    expect(confirmed).toEqual(DONE);
  });

  it('that nobody takes is put off, so that the host keeps it', async () => {
    const clock = new FakeClock();
    const { connector, address } = await startDirect({ clock });
    const node = await TestNode.enroll(address, 'web-1');
    const sent = node.log([port(1)]);
    await expect.poll(() => clock.sleeping).toBe(1);
    await clock.advance(5_000);
    expect(await sent).toEqual(LATER);
    expect(connector.remarks?.()).toContainEqual(expect.stringContaining('1 log deliveries were put off'));
    const { events } = consume(connector);
    expect(await node.log([port(1)])).toEqual(DONE);
    expect(events).toHaveLength(1);
  });

  it('whose batch is never said to be stored is put off', async () => {
    const clock = new FakeClock();
    const { connector, address } = await startDirect({ clock });
    const node = await TestNode.enroll(address, 'web-1');
    const { next } = reader(connector);
    const sent = node.log([port(1)]);
    await next();
    await clock.advance(5_000);
    expect(await sent).toEqual(LATER);
  });

  it('whose reader fails to store it is put off', async () => {
    const { connector, address } = await startDirect();
    const node = await TestNode.enroll(address, 'web-1');
    const { next, leave } = reader(connector);
    const sent = node.log([port(1)]);
    await next();
    await leave();
    expect(await sent).toEqual(LATER);
  });

  it('that waits when the endpoint closes is put off', async () => {
    const clock = new FakeClock();
    const { connector, address } = await startDirect({ clock });
    const node = await TestNode.enroll(address, 'web-1');
    const sent = node.log([port(1)]);
    await expect.poll(() => clock.sleeping).toBe(1);
    await connector.close();
    expect(await sent).toEqual(LATER);
  });

  it('without events is confirmed at once', async () => {
    const { address } = await startDirect();
    const node = await TestNode.enroll(address, 'web-1');
    expect(await node.log([])).toEqual(DONE);
  });

  it('of odd lines only waits as well, so that they are counted', async () => {
    const { connector, address } = await startDirect();
    const node = await TestNode.enroll(address, 'web-1');
    const { batches } = consume(connector);
    expect(await node.log([{ odd: true }])).toEqual(DONE);
    expect(batches).toMatchObject([{ events: [], skipped: 1, skippedSample: '{"odd":true}' }]);
  });

  it('of an unknown type is an error', async () => {
    const { address } = await startDirect();
    const node = await TestNode.enroll(address, 'web-1');
    expect(await node.log([], 'string')).toEqual({ error: 'not a log' });
    expect(await node.ask('/log', { log_type: 'result' })).toEqual({ error: 'not a log' });
  });
});

describe('the feed', () => {
  it('joins what waits into one batch', async () => {
    const clock = new FakeClock();
    const { connector, address } = await startDirect({ clock });
    const node = await TestNode.enroll(address, 'web-1');
    const sent = [1, 2, 3].map(number => node.log([port(number)]));
    await expect.poll(() => clock.sleeping).toBe(3);
    const { batches, events } = consume(connector);
    expect(await Promise.all(sent)).toEqual([DONE, DONE, DONE]);
    expect(batches).toHaveLength(1);
    expect(new Set(events.map(({ row }) => row.port))).toEqual(new Set(['1', '2', '3']));
  });

  it('neither joins nor leaves together more than some thousand events', async () => {
    const clock = new FakeClock();
    const { connector, address } = await startDirect({ clock });
    const node = await TestNode.enroll(address, 'web-1');
    const lines = (from: number) => Array.from({ length: 3_000 }, (_, index) => port(from + index));
    const sent = [0, 3_000].map(from => node.log(lines(from)));
    await expect.poll(() => clock.sleeping).toBe(2);
    const { batches, events } = consume(connector);
    expect(await Promise.all(sent)).toEqual([DONE, DONE]);
    expect(events).toHaveLength(6_000);
    expect(Math.max(...batches.map(batch => batch.events.length))).toBe(2_000);
  });

  it('gets through however large it is, and what comes meanwhile has its turn', async () => {
    const { connector, address } = await startDirect();
    const node = await TestNode.enroll(address, 'web-1');
    const { events } = consume(connector);
    const large = node.log(Array.from({ length: 30_000 }, (_, index) => port(index)));
    expect(await node.log([port(50_000)])).toEqual(DONE);
    expect(await large).toEqual(DONE);
    expect(new Set(events.map(({ row }) => row?.port)).size).toBe(30_001);
  });

  it('that finds no room is put off after half a second, and what waits inside a little later', async () => {
    const clock = new FakeClock();
    const { connector, address } = await startDirect({ clock });
    const node = await TestNode.enroll(address, 'web-1');
    const lines = (from: number) => Array.from({ length: 2_000 }, (_, index) => port(from + index));
    const replies: unknown[] = [];
    const waiting = Array.from({ length: 10 }, async (_, index) => replies.push(await node.log(lines(index * 2_000))));
    await expect.poll(() => clock.sleeping).toBe(10);
    await clock.advance(500);
    await expect.poll(() => replies.length + clock.sleeping).toBe(10);
    expect([replies.length > 0, clock.sleeping > 0]).toEqual([true, true]);
    await clock.advance(5_000);
    await Promise.all(waiting);
    expect(replies).toEqual(waiting.map(() => LATER));
    consume(connector);
    expect(await node.log([port(50_000)])).toEqual(DONE);
  });

  it('takes gzip, as the logger sends it, and bytes that are no UTF-8', async () => {
    const { connector, address } = await startDirect();
    const node = await TestNode.enroll(address, 'web-1');
    const { events } = consume(connector);
    expect(await node.log([port(1)], 'result', { gzip: true })).toEqual(DONE);
    const body = JSON.stringify({
      node_key: node.key,
      log_type: 'result',
      data: [difference('processes', { cmdline: 'BYTES' }, { action: 'snapshot' })],
    });
    const bytes = Buffer.from(body.replace('BYTES', '\u00ff\u00fe'), 'latin1');
    expect(await ask(address, '/log', bytes)).toEqual(DONE);
    expect(events.map(({ row }) => row)).toEqual([{ port: '1' }, { cmdline: '\ufffd\ufffd' }]);
  });

  it('brings a snapshot that did not change once, and one that was put off again', async () => {
    const clock = new FakeClock();
    const { connector, address } = await startDirect({ clock });
    const node = await TestNode.enroll(address, 'web-1');
    const snapshot = (unixTime: number) =>
      node.log([{ name: 'processes', action: 'snapshot', snapshot: [{ pid: '1' }, { pid: '2' }], unixTime }]);
    const putOff = snapshot(1_795_230_000);
    await expect.poll(() => clock.sleeping).toBe(1);
    await clock.advance(5_000);
    expect(await putOff).toEqual(LATER);
    const { events } = consume(connector);
    expect(await snapshot(1_795_230_000)).toEqual(DONE);
    expect(await snapshot(1_795_230_060)).toEqual(DONE);
    expect(events.map(({ row }) => row.pid)).toEqual(['1', '2']);
  });

  it('starts the endpoint when it is read', async () => {
    const connector = createDirect(optionsFor());
    onTestFinished(() => connector.close());
    const { events } = consume(connector);
    const node = await TestNode.enroll(await connector.start(), 'web-1');
    await node.log([port(1)]);
    expect(events).toHaveLength(1);
  });

  it('of a closed endpoint is a problem that trying again does not help', async () => {
    const { connector } = await startDirect();
    await connector.close();
    await expect(reader(connector).next()).rejects.toMatchObject({ kind: 'unreachable', transient: false });
  });
});
