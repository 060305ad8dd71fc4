/** Files that hosts send: contracts/osquery-remote.md 1.7. */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:https';
import path from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createDirect, type DirectConnector, type DirectOptions } from '../../../src/connectors/direct/index.ts';
import { approveCarve } from '../../../src/core/launch-policy.ts';
import type { Carve } from '../../../src/core/ports.ts';
import { temporaryDirectory } from '../../helpers/directories.ts';
import { allHosts, collectUpdates, contractQuery } from '../contract.ts';
import { ask, follow, memoryStore, optionsFor, startDirect, TestNode } from './support.ts';

const OPTIONS = { timeoutMs: 60_000, offline: 'wait' } as const;
const signal = () => new AbortController().signal;
const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex');

type Member = { readonly name: string; readonly type?: string; readonly content?: Buffer | string; readonly link?: string };

/** A tar archive; long names get a pax header, as osqueryd's carver writes them. */
function tar(members: readonly Member[]): Buffer {
  const blocks: Buffer[] = [];
  const add = (name: string, type: string, content: Buffer, link = '') => {
    const header = Buffer.alloc(512);
    header.write(name.slice(0, 100), 0);
    header.write('0000644\0', 100);
    header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
    header.write('        ', 148);
    header.write(type, 156);
    header.write(link, 157);
    header.write('ustar\u000000', 257);
    header.write(
      `${header
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, '0')}\0 `,
      148,
    );
    blocks.push(header, content, Buffer.alloc((512 - (content.length % 512)) % 512));
  };
  for (const { name, type = '0', content = '', link } of members) {
    const record = ` path=${name}\n`;
    if (name.length > 100) add('pax', 'x', Buffer.from(`${record.length + String(record.length + 3).length}${record}`));
    add(name, type, Buffer.from(content), link);
  }
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

const GATHERED = '/tmp/osquery_carve_0b3e/';
const small = tar([{ name: `${GATHERED}etc/passwd`, content: 'root:x:0:0\n' }]);

/** A host that was asked for a file and has announced to send it. */
async function announced(over: Partial<DirectOptions> = {}) {
  const options = optionsFor({ registry: 'persistent', store: memoryStore(), ...over });
  const { connector, address } = await startDirect(options);
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  const node = await TestNode.enroll(address, 'web-1', {}, agent);
  const hosts = await allHosts(connector);
  const { remoteId } = (await connector.liveQuery?.launch(approveCarve('/etc/passwd'), hosts, OPTIONS, signal())) ?? { remoteId: '' };
  follow(connector, remoteId, hosts);
  await node.read();
  await node.write(remoteId, [{ path: '/etc/passwd', carve_guid: 'guid-1', request_id: 'request-1', status: 'STARTING', carve: '1' }]);
  return { options, connector, address, node, remoteId };
}

const begin = (bytes: Buffer, blockSize: number, over: Readonly<Record<string, unknown>> = {}) => ({
  block_count: Math.ceil(bytes.length / blockSize),
  block_size: blockSize,
  carve_size: bytes.length,
  carve_id: 'guid-1',
  request_id: 'request-1',
  ...over,
});

const block = (session: unknown, bytes: Buffer, size: number, id: number, over: Readonly<Record<string, unknown>> = {}) => ({
  block_id: id,
  session_id: session,
  request_id: 'request-1',
  data: bytes.subarray(id * size, (id + 1) * size).toString('base64'),
  ...over,
});

async function only(connector: DirectConnector): Promise<Carve> {
  const [carve, ...more] = await connector.carves.list();
  if (!carve || more.length > 0) throw new Error('one carve expected');
  return carve;
}

const completed = async (connector: DirectConnector) => {
  await expect.poll(async () => (await only(connector)).state).toBe('complete');
  return only(connector);
};

/** Sends a whole archive. */
async function carve(bytes: Buffer, size = 512) {
  const started = await announced();
  const { session_id } = await started.node.ask('/carve/start', begin(bytes, size));
  for (let id = 0; id < Math.ceil(bytes.length / size); id += 1)
    await ask(started.address, '/carve/block', block(session_id, bytes, size, id));
  return { ...started, carve: await completed(started.connector) };
}

describe('a carve', () => {
  it('is on disk with its digest, however its blocks come: out of order, several times, over a restart', async () => {
    const { options, connector, node, address, remoteId } = await announced();
    expect(await only(connector)).toMatchObject({ state: 'announced', path: '/etc/passwd', hostname: 'web-1', runId: remoteId, size: 0 });
    const { session_id } = await node.ask('/carve/start', begin(small, 512));
    for (const id of [3, 0, 0, 3]) expect(await ask(address, '/carve/block', block(session_id, small, 512, id))).toEqual({ success: true });
    expect(await only(connector)).toMatchObject({ state: 'receiving', size: small.length, received: 1_024, sha256: null });
    await connector.close();
    const next = await startDirect({ ...options, listen: { host: '127.0.0.1', port: address.port } });
    for (const id of [2, 1]) expect(await ask(next.address, '/carve/block', block(session_id, small, 512, id))).toEqual({ success: true });
    expect(await completed(next.connector)).toMatchObject({ received: small.length, sha256: sha256(small), format: 'tar' });
    for (const name of readdirSync(path.join(options.dataDir, 'direct/jump/carves'), { recursive: true }) as string[]) {
      expect(statSync(path.join(options.dataDir, 'direct/jump/carves', name)).mode & 0o077, name).toBe(0);
    }
  });

  it('whose start is sent again goes on with what is in', async () => {
    const { connector, node, address } = await announced();
    const first = await node.ask('/carve/start', begin(small, 1_024));
    await ask(address, '/carve/block', block(first.session_id, small, 1_024, 0));
    const second = await node.ask('/carve/start', begin(small, 1_024));
    await ask(address, '/carve/block', block(second.session_id, small, 1_024, 1));
    expect(await completed(connector)).toMatchObject({ sha256: sha256(small) });
    expect(await node.ask('/carve/start', begin(small, 1_024, { carve_size: 1_500 }))).toHaveProperty('error');
  });

  it('of 50 MB through connections that drop comes whole', { timeout: 60_000 }, async () => {
    const size = 262_144;
    const bytes = tar([{ name: `${GATHERED}var/big`, content: randomBytes(50_000_000) }]);
    const { connector, node, address } = await announced();
    const { session_id } = await node.ask('/carve/start', begin(bytes, size));
    const agent = new Agent({ keepAlive: true, maxSockets: 4 });
    onTestFinished(() => agent.destroy());
    for (let id = 0; id < Math.ceil(bytes.length / size); id += 1) {
      const body = block(session_id, bytes, size, id);
      if (id % 50 === 7) await cutOff(address.port, address.caPem, JSON.stringify(body));
      expect(await ask(address, '/carve/block', body, { agent })).toEqual({ success: true });
    }
    expect(await completed(connector)).toMatchObject({ size: bytes.length, sha256: sha256(bytes) });
  });

  it('that was complete when the process was killed gets its digest at the next start', async () => {
    const { options, connector, node, address } = await announced();
    const { session_id } = await node.ask('/carve/start', begin(small, 4_096));
    await ask(address, '/carve/block', block(session_id, small, 4_096, 0));
    const { id } = await completed(connector);
    await connector.close();
    const dir = path.join(options.dataDir, 'direct/jump/carves', id);
    const record = JSON.parse(readFileSync(path.join(dir, 'carve.json'), 'utf8'));
    writeFileSync(path.join(dir, 'carve.json'), JSON.stringify({ ...record, sha256: null, format: null, completedAt: null }));
    const next = await startDirect(options);
    expect(await completed(next.connector)).toMatchObject({ sha256: sha256(small) });
  });

  it('is not taken for whole when the note of its last block is torn', async () => {
    const { options, connector, node, address } = await announced();
    const { session_id } = await node.ask('/carve/start', begin(small, 1_024));
    await ask(address, '/carve/block', block(session_id, small, 1_024, 0));
    const { id } = await only(connector);
    await connector.close();
    const blocks = path.join(options.dataDir, 'direct/jump/carves', id, 'blocks');
    truncateSync(blocks, 1);
    expect(await createDirect(options).carves.list()).toMatchObject([{ state: 'receiving', received: 0 }]);
  });
});

/** Sends half of a request and hangs up. */
async function cutOff(port: number, ca: string, body: string): Promise<void> {
  const { connect } = await import('node:tls');
  await new Promise<void>(resolve => {
    const socket = connect({ host: '127.0.0.1', port, ca }, () => {
      const head = `POST /carve/block HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n`;
      socket.write(head + body.slice(0, body.length / 2), () => socket.destroy());
    });
    socket.on('close', () => resolve());
  });
}

describe('a carve that is not taken', () => {
  it.each([
    ['was not announced', { carve_id: 'guid-2' }, 'not announced'],
    ['has another request', { request_id: 'request-2' }, 'not announced'],
    ['has blocks that do not fit its size', { block_count: 9 }, 'do not fit'],
    ['has no blocks', { block_count: 0 }, 'not a carve'],
    ['has blocks of any size', { block_size: 1e12, block_count: 1 }, 'not a carve'],
    ['is too large', { carve_size: 2 ** 31, block_size: 8_388_608, block_count: 256 }, 'too large'],
  ])('%s', async (_what, over, error) => {
    const { node, connector } = await announced();
    expect(await node.ask('/carve/start', begin(small, 512, over))).toEqual({ error: expect.stringContaining(error) });
    expect(await only(connector)).toMatchObject({ state: 'announced' });
  });

  it('comes from another node than the one that announced it, or from nobody', async () => {
    const { node, address } = await announced();
    const other = await TestNode.enroll(address, 'other');
    expect(await other.ask('/carve/start', begin(small, 512))).toEqual({ error: 'this carve was not announced' });
    expect(await ask(address, '/carve/start', begin(small, 512))).toEqual({ node_invalid: true });
    expect(await node.ask('/carve/start', begin(small, 512))).toHaveProperty('session_id');
  });

  it('was announced in an answer to another query', async () => {
    const { connector, address } = await startDirect(optionsFor({ registry: 'persistent', store: memoryStore() }));
    const node = await TestNode.enroll(address, 'web-1');
    const hosts = await allHosts(connector);
    const { remoteId } = (await connector.liveQuery?.launch(contractQuery(), hosts, OPTIONS, signal())) ?? { remoteId: '' };
    follow(connector, remoteId, hosts);
    await node.read();
    await node.write(remoteId, [{ carve_guid: 'guid-1', request_id: 'request-1' }]);
    expect(await node.ask('/carve/start', begin(small, 512))).toEqual({ error: 'this carve was not announced' });
    expect(await connector.carves.list()).toEqual([]);
  });

  it('would not leave enough room on the disk, or in the quota', async () => {
    for (const limits of [{ freeBytes: Number.MAX_SAFE_INTEGER }, { allCarveBytes: 100 }]) {
      const { node } = await announced({ limits });
      expect(await node.ask('/carve/start', begin(small, 512))).toEqual({ error: expect.stringMatching(/disk full|quota/) });
    }
  });
});

describe('a block that is not taken', () => {
  it.each([
    ['of no session', { session_id: 'made-up' }, 'no such carve'],
    ['of another request', { request_id: 'other' }, 'no such carve'],
    ['beyond the last', { block_id: 99 }, 'no such block'],
    ['of another size', { data: Buffer.from('short').toString('base64') }, 'another size'],
    ['without a number', { block_id: -1 }, 'not a block'],
  ])('is one %s', async (_what, over, error) => {
    const { node, address, connector } = await announced();
    const { session_id } = await node.ask('/carve/start', begin(small, 512));
    expect(await ask(address, '/carve/block', block(session_id, small, 512, 0, over))).toEqual({ error: expect.stringContaining(error) });
    expect(await only(connector)).toMatchObject({ received: 0 });
  });

  it('is a large one of nobody: it is not even read', async () => {
    const { address } = await announced();
    const body = block('nobody', Buffer.alloc(4_000_000), 4_000_000, 0);
    expect(await ask(address, '/carve/block', body)).toEqual({ error: 'too large' });
  });
});

describe('the files of a carve', () => {
  const long = `${GATHERED}${'deep/'.repeat(30)}file`;
  const archive = tar([
    { name: `${GATHERED}etc/passwd`, content: 'root:x:0:0\n' },
    { name: long, content: 'long' },
    { name: '/etc/cron.d/absolute', content: 'absolute' },
    { name: `${GATHERED}../../../../tmp/out`, content: 'out' },
    { name: `${GATHERED}link`, type: '2', link: '/etc/shadow' },
    { name: `${GATHERED}link/through`, content: 'through' },
    { name: `${GATHERED}etc/passwd`, content: 'again' },
    { name: `${GATHERED}etc/passwd/below`, content: 'below a file' },
    { name: 'C:\\Windows\\Temp\\osquery_carve_77\\Users\\x\u001b[31m.txt', content: 'windows' },
  ]);

  it.each([
    ['tar', archive],
    ['tar.zst', zstdCompressSync(archive)],
  ])('are extracted from %s below the directory and nowhere else', async (format, bytes) => {
    const { connector, carve: done } = await carve(bytes, 4_096);
    expect(done).toMatchObject({ format, sha256: sha256(bytes) });
    const directory = path.join(temporaryDirectory(), 'new');
    const files = await connector.carves.files(done.id, directory, signal());
    const notes = Object.fromEntries(files.map(file => [file.path, file.note ?? file.sha256]));
    expect(notes).toMatchObject({
      [long.slice(GATHERED.length)]: sha256('long'),
      'etc/cron.d/absolute': sha256('absolute'),
      [`${GATHERED}link`]: 'not a file',
      'link/through': sha256('through'),
      'Users/x␛[31m.txt': sha256('windows'),
    });
    expect(files.filter(({ note }) => note === 'no path of its own')).toHaveLength(2);
    const written = (readdirSync(directory, { recursive: true }) as string[]).filter(name => statSync(path.join(directory, name)).isFile());
    expect(written.sort()).toEqual(
      ['Users/x␛[31m.txt', 'etc/cron.d/absolute', 'etc/passwd', 'link/through', long.slice(GATHERED.length)].sort(),
    );
    expect(readFileSync(path.join(directory, 'etc/passwd'), 'utf8')).toBe('root:x:0:0\n');
    expect(statSync(path.join(directory, 'etc/passwd')).mode & 0o777).toBe(0o600);
  });

  it('are listed without writing anything', async () => {
    const { connector, carve: done } = await carve(small);
    expect(await connector.carves.files(done.id, undefined, signal())).toEqual([
      { path: 'etc/passwd', size: 11, sha256: sha256('root:x:0:0\n') },
    ]);
  });

  it('do not mix with what is in a directory already', async () => {
    const { connector, carve: done } = await carve(small);
    const directory = temporaryDirectory();
    writeFileSync(path.join(directory, 'mine'), '');
    await expect(connector.carves.files(done.id, directory, signal())).rejects.toMatchObject({ kind: 'usage' });
    expect(existsSync(path.join(directory, 'etc'))).toBe(false);
  });

  it.each([
    ['no archive', randomBytes(2_000)],
    ['an archive that ends too early', archive.subarray(0, 1_000)],
    ['broken zstd', Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), randomBytes(600)])],
  ])('cannot be had from %s, which is said', async (_what, bytes) => {
    const { connector, carve: done } = await carve(bytes, 4_096);
    await expect(connector.carves.files(done.id, undefined, signal())).rejects.toMatchObject({
      kind: 'usage',
      message: expect.stringContaining('cannot be read'),
    });
  });

  it('of no carve, or of one that is not complete, are refused', async () => {
    const { connector } = await announced();
    const { id } = await only(connector);
    for (const wanted of ['nothing', '../..', id]) {
      await expect(connector.carves.files(wanted, undefined, signal())).rejects.toMatchObject({ kind: 'usage' });
    }
  });
});

describe('a carve query', () => {
  it('is audited before it is sent, and its answer is an answer as any other', async () => {
    const lines: unknown[] = [];
    const { connector, address } = await startDirect({ audit: { write: (action, detail) => void lines.push([action, detail]) } });
    const node = await TestNode.enroll(address, 'web-1');
    const hosts = await allHosts(connector);
    const backend = connector.liveQuery;
    if (!backend) throw new Error('no live queries');
    const { remoteId } = await backend.launch(approveCarve('/var/log/auth.log'), hosts, OPTIONS, signal());
    expect(lines).toMatchObject([['carve', { path: '/var/log/auth.log', run: remoteId, hosts: [{ hostname: 'web-1' }] }]]);
    const updates = collectUpdates(backend, remoteId, hosts, () => false);
    expect((await node.read()).queries).toEqual({ [remoteId]: "SELECT * FROM carves WHERE path = '/var/log/auth.log' AND carve = 1" });
    await node.write(remoteId, [], 1, 'Carver is disabled');
    expect(await updates).toMatchObject([{ answer: { state: 'error', error: 'Carver is disabled' } }]);
  });

  it.each(['etc/passwd', '', '/', '/etc/*', '/etc/%', '/a,b', '/etc/../shadow', '/x\n', 'C:x', '/a\u0000'])('of %j is refused', wanted => {
    expect(() => approveCarve(wanted)).toThrow(expect.objectContaining({ kind: 'refused' }));
  });

  it.each(["/it's", '/home/a b/x.txt', 'C:\\Users\\x\\ntuser.dat'])('of %j is made', wanted => {
    expect(approveCarve(wanted).sql).toBe(`SELECT * FROM carves WHERE path = '${wanted.replaceAll("'", "''")}' AND carve = 1`);
  });
});
