/** One data directory, many processes (interface.md, Flags). */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openStore } from '../../../src/adapters/sqlite-store.ts';
import { ControlClient } from '../../../src/connectors/direct/control-client.ts';
import { listenOnSocket, socketPath } from '../../../src/connectors/direct/control-socket.ts';
import { createDirect, type DirectAddress, type DirectConnector, type DirectOptions } from '../../../src/connectors/direct/index.ts';
import type { HostAnswer } from '../../../src/core/model.ts';
import type { LaunchOptions, LiveQueryBackend, LiveUpdate } from '../../../src/core/ports.ts';
import { temporaryDirectory } from '../../helpers/directories.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';
import { allHosts, answersIn, collectUpdates, contractQuery } from '../contract.ts';
import { consume, difference, memoryStore, optionsFor, TestNode } from './support.ts';

const WAIT: LaunchOptions = { timeoutMs: 60_000, offline: 'wait' };
const SKIP: LaunchOptions = { timeoutMs: 60_000, offline: 'skip' };
const signal = () => new AbortController().signal;

const shared = (over: Partial<DirectOptions> = {}): DirectOptions => optionsFor({ registry: 'persistent', store: memoryStore(), ...over });

/** A connector of another process on the same data directory, as far as the endpoint can tell. */
function join(options: DirectOptions): DirectConnector {
  const connector = createDirect(options);
  onTestFinished(() => connector.close());
  return connector;
}

async function pair(over: Partial<DirectOptions> = {}) {
  const options = shared(over);
  const owner = join(options);
  const address = await owner.start();
  const guest = join(options);
  await guest.start();
  return { options, owner, guest, address };
}

function liveQueryOf({ liveQuery }: DirectConnector): LiveQueryBackend {
  if (!liveQuery) throw new Error('no live queries');
  return liveQuery;
}

const isGuest = (connector: DirectConnector) => connector.remarks?.().some(remark => remark.includes('works through it')) ?? false;

describe('a process that was started again', () => {
  it('takes up a run: who had not answered is told again, and may answer before that', async () => {
    const options = shared();
    const before = join(options);
    const address = await before.start();
    const [done, told, late] = [
      await TestNode.enroll(address, 'done'),
      await TestNode.enroll(address, 'told'),
      await TestNode.enroll(address, 'late'),
    ];
    const hosts = await allHosts(before);
    const { remoteId } = await liveQueryOf(before).launch(contractQuery(), hosts, WAIT, signal());
    for (const node of [done, told]) expect(await node.read()).toHaveProperty('queries', { [remoteId]: contractQuery().sql });
    await before.close();

    const after = join({ ...options, listen: { host: address.host, port: address.port } });
    await after.start();
    const backend = liveQueryOf(after);
    await backend.takeUp?.(remoteId, contractQuery(), hosts.slice(1), signal());
    const answers = collectUpdates(backend, remoteId, hosts, seen => answersIn(seen).length >= 2).then(answersIn);
    expect(await done.read()).toHaveProperty('queries', {});
    expect(await told.write(remoteId, [{ pid: '2' }])).toEqual({ node_invalid: false });
    expect(await late.read()).toHaveProperty('queries', { [remoteId]: contractQuery().sql });
    await late.write(remoteId, [{ pid: '3' }]);
    expect((await answers).map(({ hostId }) => hostId)).toEqual([hosts[1]?.id, hosts[2]?.id]);
  });
});

describe('a second process on the data directory', () => {
  it('works through the first: same address, same hosts, and it says so', async () => {
    const { owner, guest, address } = await pair();
    await TestNode.enroll(address, 'web-1');
    expect(await guest.start()).toEqual(address);
    expect(await allHosts(guest)).toEqual(await allHosts(owner));
    expect(await guest.check(signal())).toMatchObject({ account: '1 hosts enrolled, 1 online' });
    expect([isGuest(owner), isGuest(guest)]).toEqual([false, true]);
  });

  it('runs live queries, gets late answers, and knows at the deadline who took the query', async () => {
    const { guest, address } = await pair();
    const [quick, slow] = [await TestNode.enroll(address, 'quick'), await TestNode.enroll(address, 'slow')];
    const hosts = await allHosts(guest);
    const backend = guest.liveQuery;
    if (!backend) throw new Error('no live queries');
    const { remoteId } = await backend.launch(contractQuery(), hosts, WAIT, signal());
    const answers: HostAnswer[] = [];
    const following = (async () => {
      for await (const update of backend.updates(remoteId, hosts, WAIT, signal()))
        if (update.kind === 'answer') answers.push(update.answer);
    })();
    await quick.read();
    await slow.read();
    await quick.write(remoteId, [{ pid: '1' }]);
    await expect.poll(() => answers).toMatchObject([{ state: 'rows', rows: [{ pid: '1' }] }]);
    await expect
      .poll(() => backend.silentAtDeadline?.(remoteId))
      .toEqual([{ kind: 'silent', state: 'timed_out', hostIds: [hosts[1]?.id], reason: 'took the query and has not answered' }]);
    expect(await backend.end(remoteId, 'deadline', signal())).toBe('slow had already taken the query and may still run it.');
    await slow.write(remoteId, [{ pid: '2' }]);
    await following;
    expect(answers).toHaveLength(2);
  });

  it('says when an answer is safe with it, and only then the host is told yes', async () => {
    const { guest, address } = await pair({ clock: new FakeClock() });
    const [node, other] = [await TestNode.enroll(address, 'web-1'), await TestNode.enroll(address, 'web-2')];
    const hosts = await allHosts(guest);
    const { remoteId } = (await guest.liveQuery?.launch(contractQuery(), hosts, WAIT, signal())) ?? { remoteId: '' };
    const stop = new AbortController();
    const updates = guest.liveQuery?.updates(remoteId, hosts, WAIT, stop.signal)[Symbol.asyncIterator]();
    const arriving = updates?.next();
    await node.read();
    await expect.poll(() => guest.liveQuery?.silentAtDeadline?.(remoteId)).not.toEqual([]);
    let said: unknown;
    const writing = node.write(remoteId, [{ pid: '1' }]).then(reply => {
      said = reply;
    });
    expect(await arriving).toMatchObject({ value: { kind: 'answer' } });
    expect(await other.ask('/config')).toHaveProperty('schedule');
    expect(said).toBeUndefined();
    const next = updates?.next();
    await writing;
    expect(said).toEqual({ node_invalid: false });
    stop.abort();
    await next;
  });

  it('takes no events: the first one stores them', async () => {
    const { owner, guest, address } = await pair();
    const here = consume(guest);
    const there = consume(owner);
    const node = await TestNode.enroll(address, 'web-1');
    expect(await node.log([difference('crontab', { command: 'x' })])).toEqual({ node_invalid: false });
    expect([here.events.length, there.events.length]).toEqual([0, 1]);
  });

  it('that goes away leaves none of its queries behind', async () => {
    const { guest, address } = await pair();
    const node = await TestNode.enroll(address, 'web-1');
    const hosts = await allHosts(guest);
    await guest.liveQuery?.launch(contractQuery(), hosts, WAIT, signal());
    await guest.close();
    await expect.poll(async () => Object.keys((await node.read()).queries ?? {})).toEqual([]);
  });

  it('is told the failure of the first one as its own', async () => {
    const { guest } = await pair();
    await expect(collectUpdates(guest.liveQuery as never, 'rollcall_0', [], () => true)).rejects.toMatchObject({ kind: 'unreachable' });
  });
});

describe('the holder goes away', () => {
  it('in good order: the guest takes the port over, with all nodes and their keys', async () => {
    const { owner, guest, options, address } = await pair({ listen: { host: '127.0.0.1', port: 0 } });
    const node = await TestNode.enroll(address, 'web-1');
    consume(guest);
    await owner.close();
    await expect.poll(() => isGuest(guest)).toBe(false);
    const taken = await guest.start();
    expect(taken).toMatchObject({ fingerprint: address.fingerprint, enrollSecret: address.enrollSecret });
    expect(await new TestNode(taken, node.key).ask('/config')).toHaveProperty('schedule');
    expect(isGuest(join(options))).toBe(false);
  });

  it('by kill -9 in the middle of a run: the guest takes port and run over, and the host answers there', async () => {
    const [dataDir, database] = [temporaryDirectory(), path.join(temporaryDirectory(), 'rollcall.db')];
    const port = await freePort();
    const child = spawn(process.execPath, [path.join(import.meta.dirname, 'children/holder.ts'), dataDir, database, String(port)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const [line] = await once(child.stdout, 'data');
    const address = JSON.parse(String(line)) as DirectAddress;
    const store = openStore(database);
    const guest = join(shared({ dataDir, store, listen: { host: '127.0.0.1', port } }));
    consume(guest);
    const node = await TestNode.enroll(address, 'web-1');
    const hosts = await allHosts(guest);
    expect(isGuest(guest)).toBe(true);
    const backend = guest.liveQuery;
    if (!backend) throw new Error('no live queries');
    const { remoteId } = await backend.launch(contractQuery(), hosts, WAIT, signal());
    const updates: LiveUpdate[] = [];
    const following = (async () => {
      for await (const update of backend.updates(remoteId, hosts, WAIT, signal())) updates.push(update);
    })();
    await node.read();
    child.kill('SIGKILL');
    await expect.poll(() => updates).toEqual([{ kind: 'note', text: expect.stringContaining('asked anew') }]);
    await expect.poll(() => node.write(remoteId, [{ pid: '1' }]).catch(() => undefined)).toEqual({ node_invalid: false });
    await following;
    expect(answersIn(updates)).toMatchObject([{ rows: [{ pid: '1' }] }]);
  });

  it('while hosts are asked: those that are gone are skipped by the next one as by the first', async () => {
    const { guest, owner } = await pair();
    const hosts = [{ ...(await anyHost()), id: 'nobody' }];
    const { remoteId } = (await guest.liveQuery?.launch(contractQuery(), hosts, SKIP, signal())) ?? { remoteId: '' };
    const updates = await collectUpdates(guest.liveQuery as never, remoteId, hosts, () => true, SKIP);
    expect(updates).toMatchObject([{ state: 'offline', reason: 'not enrolled any more' }]);
    await owner.close();
  });
});

/** Reads the feed; resolves with the problem that a closed endpoint is. */
async function readUntilClosed(connector: DirectConnector): Promise<unknown> {
  try {
    for await (const _batch of connector.feeds[0]?.read(undefined, 0, signal()) ?? []);
  } catch (thrown) {
    return thrown;
  }
  return undefined;
}

async function anyHost() {
  const { guest, address } = await pair();
  await TestNode.enroll(address, 'web-1');
  const [host] = await allHosts(guest);
  if (!host) throw new Error('no host');
  return host;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

describe('several that start at once', () => {
  it('have one holder, whatever the port', async () => {
    const options = shared();
    const all = Array.from({ length: 6 }, () => join(options));
    const addresses = await Promise.all(all.map(one => one.start()));
    expect(new Set(addresses.map(({ port }) => port)).size).toBe(1);
    expect(all.filter(one => !isGuest(one))).toHaveLength(1);
  });

  it('find a holder again after the first one has gone', async () => {
    const options = shared();
    const all = Array.from({ length: 4 }, () => join(options));
    const reading = all.map(one => readUntilClosed(one));
    await Promise.all(all.map(one => one.start()));
    await all.find(one => !isGuest(one))?.close();
    await expect.poll(() => all.filter(isGuest).length).toBe(2);
    await Promise.all(all.map(one => one.close()));
    expect(await Promise.all(reading)).toHaveLength(4);
  });
});

describe('the control socket', () => {
  it('is private, as is its directory', async () => {
    const { options } = await pair();
    const dir = path.join(options.dataDir, 'direct', 'jump');
    expect(statSync(path.join(dir, 'control.sock')).mode & 0o777).toBe(0o600);
    expect(statSync(dir).mode & 0o777).toBe(0o700);
  });

  it('behind which a suspended holder is mute: the process is named, and nobody waits for ever', async () => {
    const dir = temporaryDirectory();
    const server = await listenOnSocket(dir, () => undefined);
    onTestFinished(() => void server.close());
    await expect(ControlClient.connect(dir, 50)).rejects.toMatchObject({
      kind: 'unreachable',
      message: expect.stringContaining(`held by process ${process.pid}, which does not answer`),
    });
  });

  it('left by a holder that was killed is replaced', async () => {
    const options = shared();
    const dir = path.join(options.dataDir, 'direct', 'jump');
    mkdirSync(dir, { recursive: true });
    writeFileSync(path.join(dir, 'control.sock'), 'left');
    const [owner, guest] = [join(options), join(options)];
    await owner.start();
    await guest.start();
    expect(isGuest(guest)).toBe(true);
  });

  it('is found where the data directory has a path too long for a socket', async () => {
    const dataDir = path.join(temporaryDirectory(), 'x'.repeat(120));
    const { guest, owner } = await pair({ dataDir });
    expect(isGuest(guest)).toBe(true);
    const place = path.dirname(socketPath(path.join(dataDir, 'direct', 'jump')));
    expect(existsSync(place)).toBe(true);
    await owner.close();
    await expect(guest.start()).resolves.toHaveProperty('port');
    await guest.close();
    expect(existsSync(place)).toBe(false);
  });
});

describe('a port that another program has', () => {
  it('leaves the list of hosts usable', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const options = shared();
    const before = createDirect(options);
    await TestNode.enroll(await before.start(), 'web-1');
    await before.close();
    const { port } = server.address() as { port: number };
    const connector = join({ ...options, listen: { host: '127.0.0.1', port } });
    expect(await allHosts(connector)).toMatchObject([{ hostname: 'web-1' }]);
    await expect(connector.check(signal())).rejects.toMatchObject({ kind: 'unreachable' });
  });
});
