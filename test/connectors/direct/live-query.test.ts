import { describe, expect, it } from 'vitest';
import type { DirectConnector } from '../../../src/connectors/direct/index.ts';
import type { Host, HostAnswer } from '../../../src/core/model.ts';
import type { LaunchOptions, LiveQueryBackend, LiveUpdate } from '../../../src/core/ports.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';
import { allHosts, answersIn, collectUpdates, contractQuery } from '../contract.ts';
import { startDirect, TestNode } from './support.ts';

const WAIT: LaunchOptions = { timeoutMs: 60_000, offline: 'wait' };
const signal = () => new AbortController().signal;

function backendOf(connector: DirectConnector): LiveQueryBackend {
  if (!connector.liveQuery) throw new Error('no live queries');
  return connector.liveQuery;
}

/** An endpoint with some nodes, and a query out to all of them. */
async function launched(names: readonly string[], over: Parameters<typeof startDirect>[0] = {}, options = WAIT) {
  const { connector, address } = await startDirect(over);
  const nodes: TestNode[] = [];
  for (const name of names) nodes.push(await TestNode.enroll(address, name));
  const hosts = await allHosts(connector);
  const backend = backendOf(connector);
  const { remoteId } = await backend.launch(contractQuery(), hosts, options, signal());
  const [first] = nodes;
  if (!first) throw new Error('no nodes');
  /** Those of all hosts. Whoever follows a run has to do so before a host is told that its answer is safe. */
  const answers = () => collectUpdates(backend, remoteId, hosts, () => false).then(answersIn);
  return { connector, address, backend, hosts, nodes, first, remoteId, answers };
}

const hostIds = (hosts: readonly Host[]) => hosts.map(({ id }) => id);

describe('a live query', () => {
  it('goes out with an id that cannot be guessed, and asks a slow agent to hurry', async () => {
    const { first, remoteId } = await launched(['web-1']);
    expect(remoteId).toMatch(/^rollcall_[0-9a-f]{32}$/);
    expect(await first.read()).toEqual({ queries: { [remoteId]: contractQuery().sql }, accelerate: 60, node_invalid: false });
    expect(await first.read()).toEqual({ queries: {}, node_invalid: false });
  });

  it('does not slow an agent down that asks more often than an accelerated one', async () => {
    const { first } = await launched(['web-1'], { intervals: { distributed: 2 } });
    expect(await first.read()).not.toHaveProperty('accelerate');
  });

  it.each([
    ['rows', [{ pid: '1', name: null }], 0, '', { state: 'rows', rows: [{ pid: '1', name: null }] }],
    ['numbers, as text', [{ pid: 1, ratio: 0.5 }], 0, '', { state: 'rows', rows: [{ pid: '1', ratio: '0.5' }] }],
    ['no rows', [], 0, '', { state: 'rows', rows: [] }],
    ['no rows, as an old agent says it', '', '0', '', { state: 'rows', rows: [] }],
    ['rows among which some are none', [{ pid: '1' }, 'x', null, []], 0, '', { state: 'rows', rows: [{ pid: '1' }] }],
    ['an error', [], 1, 'no such table: x', { state: 'error', error: 'no such table: x' }],
    ['an error, as an old agent says it', '', '1', 'near "x"', { state: 'error', error: 'near "x"' }],
    ['an error without a word', [], 2, '', { state: 'error', error: 'the query failed with status 2' }],
    ['a status that is none', [], 'odd', '', { state: 'error', error: 'the query failed with status 1' }],
    [
      'that it refuses the query',
      [],
      1,
      'distributed query is denylisted',
      { state: 'denylisted', error: 'distributed query is denylisted' },
    ],
  ])('is answered with %s', async (_what, rows, status, message, expected) => {
    const { first, remoteId, answers, hosts } = await launched(['web-1']);
    const arriving = answers();
    await first.read();
    expect(await first.write(remoteId, rows, status, message)).toEqual({ node_invalid: false });
    expect(await arriving).toEqual([{ hostId: hosts[0]?.id, at: expect.any(Number), ...expected }]);
  });

  it('is answered by a status alone', async () => {
    const { first, remoteId, answers } = await launched(['web-1']);
    const arriving = answers();
    await first.read();
    await first.ask('/distributed/write', { statuses: { [remoteId]: 1 }, messages: { [remoteId]: 'gone' } });
    expect(await arriving).toMatchObject([{ state: 'error', error: 'gone' }]);
  });

  it('is answered by rows alone', async () => {
    const { first, remoteId, answers } = await launched(['web-1']);
    const arriving = answers();
    await first.read();
    await first.ask('/distributed/write', { queries: { [remoteId]: [{ pid: '1' }] } });
    expect(await arriving).toMatchObject([{ state: 'rows', rows: [{ pid: '1' }] }]);
  });

  it('takes the first of two writes, for clients send again when a reply is lost', async () => {
    const { nodes, remoteId, answers } = await launched(['web-1', 'web-2']);
    const arriving = answers();
    for (const node of nodes) await node.read();
    await nodes[0]?.write(remoteId, [{ pid: '1' }]);
    await nodes[0]?.write(remoteId, [{ pid: '2' }]);
    await nodes[1]?.write(remoteId, [{ pid: '3' }]);
    expect((await arriving).map(answer => answer.state === 'rows' && answer.rows)).toEqual([[{ pid: '1' }], [{ pid: '3' }]]);
  });

  it('takes no answer of a node that was not asked, has not read it, or makes up an id', async () => {
    const { connector, address } = await startDirect();
    const [target, other] = [await TestNode.enroll(address, 'target'), await TestNode.enroll(address, 'other')];
    const [host] = await allHosts(connector);
    const hosts = host ? [host] : [];
    const backend = backendOf(connector);
    const { remoteId } = await backend.launch(contractQuery(), hosts, WAIT, signal());
    const arriving = collectUpdates(backend, remoteId, hosts, () => false);
    await target.write(remoteId, [{ pid: 'early' }]);
    await target.read();
    await other.write(remoteId, [{ pid: 'forged' }]);
    await target.write('rollcall_made_up', [{ pid: 'made up' }]);
    await target.write('__proto__', [{ pid: 'odd' }]);
    await target.write(remoteId, [{ pid: 'true' }]);
    expect(answersIn(await arriving)).toMatchObject([{ hostId: host?.id, rows: [{ pid: 'true' }] }]);
  });

  it('is answered with yes only when the answer is safe: a host deletes what it was told yes for', async () => {
    const { first, remoteId, backend, hosts } = await launched(['web-1', 'web-2'], { clock: new FakeClock() });
    const stop = new AbortController();
    const updates = backend.updates(remoteId, hosts, WAIT, stop.signal)[Symbol.asyncIterator]();
    const arriving = updates.next();
    await first.read();
    let said: unknown;
    const writing = first.write(remoteId, [{ pid: '1' }]).then(reply => {
      said = reply;
    });
    expect(await arriving).toMatchObject({ value: { kind: 'answer' } });
    const again = first.write(remoteId, [{ pid: '1' }]);
    expect(await first.ask('/config')).toHaveProperty('schedule');
    expect(said).toBeUndefined();
    const next = updates.next();
    await writing;
    expect([said, await again]).toEqual([{ node_invalid: false }, { node_invalid: false }]);
    stop.abort();
    expect(await next).toMatchObject({ done: true });
  });

  it('is put off while nobody takes the answer, and not taken twice', async () => {
    const clock = new FakeClock();
    const { first, remoteId, backend, hosts } = await launched(['web-1', 'web-2'], { clock });
    const stop = new AbortController();
    const updates = backend.updates(remoteId, hosts, WAIT, stop.signal)[Symbol.asyncIterator]();
    const arriving = updates.next();
    await first.read();
    const writing = first.write(remoteId, [{ pid: '1' }]);
    await arriving;
    await clock.advance(5_000);
    expect(await writing).toEqual({ error: 'busy' });
    const next = updates.next();
    expect(await first.write(remoteId, [{ pid: '1' }])).toEqual({ node_invalid: false });
    stop.abort();
    expect(await next).toMatchObject({ done: true });
  });

  it('is told again to a host that asks again without having answered', async () => {
    const clock = new FakeClock();
    const { first, remoteId } = await launched(['web-1'], { clock });
    expect(Object.keys((await first.read()).queries ?? {})).toEqual([remoteId]);
    await clock.advance(30_000);
    expect(Object.keys((await first.read()).queries ?? {})).toEqual([remoteId]);
  });

  it('says who had taken it when it ends, keeps the rest from it, and still takes late answers', async () => {
    const { nodes, remoteId, backend, hosts } = await launched(['quick', 'slow', 'later']);
    const [quick, slow, later] = nodes;
    const stop = new AbortController();
    const answers: HostAnswer[] = [];
    const reading = (async () => {
      for await (const update of backend.updates(remoteId, hosts, WAIT, stop.signal))
        if (update.kind === 'answer') answers.push(update.answer);
    })();
    await quick?.read();
    await slow?.read();
    await quick?.write(remoteId, []);
    expect(await backend.end(remoteId, 'deadline', signal())).toBe('slow had already taken the query and may still run it.');
    expect((await later?.read())?.queries).toEqual({});
    await slow?.write(remoteId, [{ pid: '1' }]);
    await expect.poll(() => answers.map(({ hostId }) => hostId)).toEqual(hostIds(hosts).slice(0, 2));
    stop.abort();
    await reading;
  });

  it('names a few of many, and counts the rest', async () => {
    const { nodes, remoteId, backend } = await launched(['a', 'b', 'c', 'd', 'e', 'f', 'g']);
    await Promise.all(nodes.map(node => node.read()));
    expect(await backend.end(remoteId, 'cancelled', signal())).toBe(
      'a, b, c, d, e and 2 more had already taken the query and may still run it.',
    );
  });

  it('has no remark when nobody holds it', async () => {
    const { remoteId, backend } = await launched(['web-1']);
    expect(await backend.end(remoteId, 'cancelled', signal())).toBeUndefined();
  });

  it('of an earlier process is said to be unknown', async () => {
    const { backend, hosts } = await launched(['web-1']);
    await expect(collectUpdates(backend, 'rollcall_0', hosts, () => true)).rejects.toMatchObject({ kind: 'unreachable', transient: false });
  });
});

describe('offline hosts', () => {
  const offlineRun = async (offline: 'wait' | 'skip') => {
    const clock = new FakeClock();
    const { connector, address } = await startDirect({ clock });
    const gone = await TestNode.enroll(address, 'gone');
    await clock.advance(3 * 3_600_000);
    const here = await TestNode.enroll(address, 'here');
    const hosts = await allHosts(connector);
    const backend = backendOf(connector);
    const options = { ...WAIT, offline };
    const { remoteId } = await backend.launch(contractQuery(), hosts, options, signal());
    const updates: LiveUpdate[] = [];
    const reading = (async () => {
      for await (const update of backend.updates(remoteId, hosts, options, signal())) updates.push(update);
    })();
    return { gone, here, hosts, remoteId, updates, reading };
  };

  it('are named at once when they are to be skipped, yet an answer of theirs is taken', async () => {
    const { gone, here, hosts, remoteId, updates, reading } = await offlineRun('skip');
    await expect
      .poll(() => updates)
      .toEqual([{ kind: 'silent', state: 'offline', hostIds: [hosts[0]?.id], reason: 'offline, last seen 3h ago' }]);
    for (const node of [here, gone]) {
      await node.read();
      await node.write(remoteId, []);
    }
    await reading;
    expect(answersIn(updates).map(({ hostId }) => hostId)).toEqual([hosts[1]?.id, hosts[0]?.id]);
  });

  it('are waited for otherwise', async () => {
    const { gone, here, remoteId, updates, reading } = await offlineRun('wait');
    for (const node of [here, gone]) {
      await node.read();
      await node.write(remoteId, []);
    }
    await reading;
    expect(updates.map(({ kind }) => kind)).toEqual(['answer', 'answer']);
  });

  it('that are not enrolled here are named at once', async () => {
    const { connector } = await startDirect();
    const { hosts } = await launched(['elsewhere']);
    const backend = backendOf(connector);
    const { remoteId } = await backend.launch(contractQuery(), hosts, WAIT, signal());
    const updates = await collectUpdates(backend, remoteId, hosts, () => true);
    expect(updates).toEqual([{ kind: 'silent', state: 'offline', hostIds: hostIds(hosts), reason: 'not enrolled any more' }]);
  });
});
