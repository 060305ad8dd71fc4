/** Clients that want too much: contracts/osquery-remote.md 6. */
import { once } from 'node:events';
import { request } from 'node:https';
import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { DirectAddress, DirectOptions } from '../../../src/connectors/direct/index.ts';
import { DEFAULT_LIMITS } from '../../../src/connectors/direct/limits.ts';
import { parseSliced } from '../../../src/connectors/direct/sliced-json.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';
import { allHosts, answersIn, collectUpdates, contractQuery } from '../contract.ts';
import { ask, consume, difference, enrolment, memoryStore, optionsFor, startDirect, TestNode } from './support.ts';

const MIB = 1_048_576;
const DONE = { node_invalid: false };

/** With the limits that hold for hosts of other machines. */
const guarded = (over: Partial<DirectOptions> = {}) => startDirect(optionsFor({ registry: 'persistent', store: memoryStore(), ...over }));

/** One exchange from an address of this machine. */
function from(localAddress: string, address: DirectAddress, path: string, body: unknown): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const sending = request(
    { host: '127.0.0.1', port: address.port, path, method: 'POST', ca: address.caPem, agent: false, localAddress },
    response => {
      let text = '';
      response.on('data', chunk => {
        text += chunk;
      });
      response.on('end', () => resolve(JSON.parse(text)));
    },
  );
  sending.on('error', reject);
  sending.end(JSON.stringify(body));
  return promise;
}

describe('enrolments', () => {
  it('are ten a minute of one address; another address has ten of its own', async () => {
    const clock = new FakeClock();
    const { connector, address } = await guarded({ clock });
    const enroll = (ip: string, name: string) => from(ip, address, '/enroll', enrolment(address.enrollSecret, name));
    for (let count = 0; count < 10; count += 1) expect(await enroll('127.0.0.1', `a-${count}`)).toHaveProperty('node_key');
    expect(await enroll('127.0.0.1', 'a-10')).toEqual({ error: 'too many enrolments' });
    expect(await enroll('127.0.0.2', 'b-0')).toHaveProperty('node_key');
    await clock.advance(6_000);
    expect(await enroll('127.0.0.1', 'a-10')).toHaveProperty('node_key');
    expect(connector.remarks?.()).toContainEqual(expect.stringContaining('1 requests were put off'));
  });

  it('are a hundred a minute of all addresses', async () => {
    const { address } = await guarded({ clock: new FakeClock() });
    const enroll = (index: number) => from(`127.0.1.${index}`, address, '/enroll', enrolment('wrong', 'x'));
    for (let index = 1; index <= 100; index += 1) expect(await enroll(index)).toEqual({ node_invalid: true });
    expect(await enroll(101)).toEqual({ error: 'too many enrolments' });
  });
});

describe('keys that are none', () => {
  it('make a host enrol again at first; a storm of them is answered with an error, which does not', async () => {
    const { address } = await guarded({ clock: new FakeClock() });
    const replies = [];
    for (let count = 0; count < 32; count += 1) replies.push(await from('127.0.0.3', address, '/config', { node_key: `x${count}` }));
    expect(replies.slice(0, 30)).toEqual(Array(30).fill({ node_invalid: true }));
    expect(replies.slice(30)).toEqual(Array(2).fill({ error: 'blocked' }));
    expect(await from('127.0.0.4', address, '/config', { node_key: 'x' })).toEqual({ node_invalid: true });
  });
});

describe('a node that asks without end', () => {
  it('is put off, and the others are not', async () => {
    const limits = { requestsPerNode: { burst: 3, perSecond: 1 } };
    const clock = new FakeClock();
    const { address } = await startDirect({ limits, clock });
    const [loud, quiet] = [await TestNode.enroll(address, 'loud'), await TestNode.enroll(address, 'quiet')];
    for (let count = 0; count < 3; count += 1) await loud.read();
    expect(await loud.read()).toEqual({ error: 'too many requests' });
    expect(await quiet.read()).toEqual({ queries: {}, ...DONE });
    await clock.advance(1_000);
    expect(await loud.read()).toEqual({ queries: {}, ...DONE });
  });
});

describe('a large body', () => {
  const bulky = (key: string, first: boolean) => {
    const data = [difference('crontab', { a: 'x'.repeat(2 * MIB) })];
    return JSON.stringify(first ? { node_key: key, log_type: 'result', data } : { data, log_type: 'result', node_key: key });
  };

  it('is read for a node: by its key in the header, or at the beginning of the body', async () => {
    const { connector, address } = await startDirect();
    const node = await TestNode.enroll(address, 'web-1');
    const { events } = consume(connector);
    expect(await ask(address, '/log', bulky(node.key, true))).toEqual(DONE);
    expect(await ask(address, '/log', bulky(node.key, true), { gzip: true })).toEqual(DONE);
    const headers = { authorization: `NodeKey ${node.key}` };
    expect(await ask(address, '/log', bulky(node.key, false), { headers })).toEqual(DONE);
    expect(events.length).toBeGreaterThan(0);
  });

  it('of nobody is not kept', async () => {
    const { address } = await startDirect();
    const node = await TestNode.enroll(address, 'web-1');
    for (const body of [bulky('nobody', true), bulky(node.key, false)]) {
      expect(await ask(address, '/log', body)).toEqual({ error: 'too large' });
      expect(await ask(address, '/log', body, { gzip: true })).toEqual({ error: 'too large' });
    }
  });

  it('that is an answer nobody can take ends the query for that host, which would send it for ever', async () => {
    const { connector, address } = await startDirect();
    const node = await TestNode.enroll(address, 'web-1');
    const hosts = await allHosts(connector);
    const backend = connector.liveQuery;
    if (!backend) throw new Error('no live queries');
    const options = { timeoutMs: 60_000, offline: 'wait' } as const;
    const { remoteId } = await backend.launch(contractQuery(), hosts, options, new AbortController().signal);
    await node.read();
    expect(await node.write(remoteId, [{ a: 'x'.repeat(33 * MIB) }])).toEqual(DONE);
    const answers = answersIn(await collectUpdates(backend, remoteId, hosts, () => false));
    expect(answers).toMatchObject([{ state: 'error', error: 'the answer could not be taken: too large' }]);
  });

  it('of rows without number is refused', async () => {
    const { address } = await startDirect();
    const node = await TestNode.enroll(address, 'web-1');
    const body = `{"node_key":"${node.key}","log_type":"result","data":[${'{},'.repeat(500_000)}{}]}`;
    expect(await ask(address, '/log', body)).toEqual({ error: 'too many rows' });
  });

  it('does not hold up the others while it is read', async () => {
    const { connector, address } = await startDirect();
    const [big, small] = [await TestNode.enroll(address, 'big'), await TestNode.enroll(address, 'small')];
    consume(connector);
    const rows = Array.from({ length: 60_000 }, (_, pid) => ({ pid: String(pid), name: 'x', path: '/usr/bin/x', cmdline: 'x --y' }));
    let turns = 0;
    let done = false;
    const sending = big.log([{ name: 'processes', action: 'snapshot', snapshot: rows, unixTime: 1_795_230_000 }]).finally(() => {
      done = true;
    });
    while (!done) {
      await small.read();
      turns += 1;
    }
    expect(await sending).toEqual(DONE);
    expect(turns).toBeGreaterThan(5);
  });
});

describe('JSON in slices', () => {
  const limits = { maxDepth: 16, maxContainers: 1_000_000 };
  const wide = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ index, text: `row "${index}" \\ {[,]}`, list: [index, [null]] }));
  const values: readonly unknown[] = [
    null,
    'text',
    {},
    [],
    { data: wide(30_000), after: 1 },
    { before: 'x'.repeat(600_000), data: wide(20_000), more: { rows: wide(9_000), ['__proto__']: { a: 1 } }, last: [] },
    wide(20_000),
    [[wide(8_000)], [], wide(8_000), 'end'],
    Object.fromEntries(wide(20_000).map((value, index) => [`key ${index}`, value])),
  ];

  it.each(values.map((value, index) => [index, value] as const))('is the same as parsed at once (%i)', async (_index, value) => {
    for (const text of [JSON.stringify(value), JSON.stringify(value, null, 2)]) {
      expect(JSON.stringify(await parseSliced(Buffer.from(text), limits))).toBe(JSON.stringify(value));
    }
  });

  const long = JSON.stringify(wide(20_000)).slice(1, -1);
  it.each([
    '',
    '{',
    ']',
    '[1,]',
    '{"a":1}{"b":2}',
    `[${long},]`,
    `[,${long}]`,
    `[${long}`,
    `[${long}}`,
    `[[${long}] [1]]`,
    `[[${long}],,[1]]`,
    `{"a":[${long}] "b":1}`,
    `{[${long}]}`,
    `{7:[${long}]}`,
    `x[${long}]`,
    `[${long}]x`,
  ])('is refused where the whole is none (%#)', async text => {
    await expect(parseSliced(Buffer.from(text), limits)).rejects.toThrow('not JSON');
  });
});

describe('connections', () => {
  it('that idle are pushed out by those that work', async () => {
    const limits = { connectionsPerAddress: 20, connections: 30 };
    const { connector, address } = await startDirect({ limits });
    const node = await TestNode.enroll(address, 'web-1');
    const idle = Array.from({ length: 60 }, (_, index) =>
      connect({ host: '127.0.0.1', port: address.port, localAddress: `127.0.0.${1 + (index % 3)}` }),
    );
    for (const socket of idle) socket.on('error', () => socket.destroy());
    onTestFinished(() => {
      for (const socket of idle) socket.destroy();
    });
    await expect.poll(() => idle.filter(socket => socket.closed).length).toBeGreaterThanOrEqual(30);
    expect(await node.read()).toEqual({ queries: {}, ...DONE });
    expect(connector.remarks?.()).toContainEqual(expect.stringMatching(/connections were cut/));
  });

  it('that never begin a handshake are ended', async () => {
    const { address } = await startDirect();
    const socket = connect({ host: '127.0.0.1', port: address.port });
    socket.on('error', () => socket.destroy());
    await once(socket, 'close');
    expect(socket.destroyed).toBe(true);
  });
});

describe('the disk', () => {
  it('has room for so much of one node in a day; what is over stays with the node', async () => {
    const clock = new FakeClock();
    const { connector, address } = await startDirect({ clock, limits: { logBytesPerNode: 2_000 } });
    const [loud, quiet] = [await TestNode.enroll(address, 'loud'), await TestNode.enroll(address, 'quiet')];
    consume(connector);
    const line = (a: number) => [difference('crontab', { a: 'x'.repeat(1_000 + a) })];
    expect(await loud.log(line(1))).toEqual(DONE);
    expect(await loud.log(line(2))).toEqual({ error: 'quota reached' });
    expect(await quiet.log(line(3))).toEqual(DONE);
    expect(connector.remarks?.()).toContainEqual(expect.stringMatching(/^loud logged .* wait on the hosts until midnight UTC$/));
    await clock.advance(86_400_000);
    expect(await loud.log(line(2))).toEqual(DONE);
    expect(connector.remarks?.()).toEqual([]);
  });

  it('has room for so much of all', async () => {
    const { connector, address } = await startDirect({ limits: { logBytes: 1_500 } });
    const node = await TestNode.enroll(address, 'web-1');
    consume(connector);
    expect(await node.log([difference('crontab', { a: 'x'.repeat(1_000) })])).toEqual(DONE);
    expect(await node.log([difference('crontab', { a: 'y'.repeat(1_000) })])).toEqual({ error: 'quota of all hosts reached' });
  });

  it('that is nearly full takes nothing, and says so', async () => {
    const { connector, address } = await startDirect({ limits: { freeBytes: Number.MAX_SAFE_INTEGER } });
    const node = await TestNode.enroll(address, 'web-1');
    consume(connector);
    expect(await node.log([difference('crontab', {})])).toEqual({ error: 'disk full' });
    expect(connector.hindrance?.()).toMatch(/^disk full: less than \d+ MiB are free at .*; nothing is taken from hosts, which keep it/);
  });
});

it('the limits are those of the interface', () => {
  expect(DEFAULT_LIMITS).toMatchObject({
    enrollPerAddress: { burst: 10, perSecond: 10 / 60 },
    enroll: { burst: 100, perSecond: 100 / 60 },
  });
});
