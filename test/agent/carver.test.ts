/** The carver of the local node, against the real endpoint. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Carver } from '../../src/agent/carver.ts';
import { createAgent } from '../../src/agent/index.ts';
import { runSql } from '../../src/agent/sql.ts';
import { tarOfOne } from '../../src/agent/tar.ts';
import { NO_POLICY } from '../../src/core/policy.ts';
import { Problem } from '../../src/core/problem.ts';
import { CARVE, renderSql } from '../../src/core/render-sql.ts';
import { createCarving } from '../../src/engine/carving.ts';
import { allHosts } from '../connectors/contract.ts';
import { memoryStore, realClock, startDirect } from '../connectors/direct/support.ts';
import { temporaryDirectory } from '../helpers/directories.ts';
import { identity } from './local.ts';

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const quiet = { write: () => undefined };

/** An endpoint with a node that can do nothing but carve. */
async function place() {
  const { connector, address } = await startDirect({ registry: 'persistent', store: memoryStore() });
  const kept = new Map<string, string>();
  const agent = createAgent({
    server: { url: `https://127.0.0.1:${address.port}`, caPem: address.caPem },
    enrollSecret: address.enrollSecret,
    identity,
    tables: { get: () => undefined },
    clock: realClock,
    state: { get: key => kept.get(key), set: (key, value) => void kept.set(key, value) },
    log: quiet,
    intervals: { distributedMs: 50, loggerMs: 1_000, configMs: 1_000 },
  });
  const stop = new AbortController();
  const running = agent.run(stop.signal);
  onTestFinished(async () => {
    stop.abort();
    await running.catch(() => undefined);
  });
  await agent.ready;
  const carving = createCarving({ engine: { connectors: [connector], policy: NO_POLICY }, clock: realClock, signal: stop.signal });
  return { carving, hosts: await allHosts(connector), folder: temporaryDirectory(), stop };
}

describe('a file of the local node', () => {
  it('arrives as it is, whatever its size and the length of its name', async () => {
    const { carving, hosts, folder, stop } = await place();
    const deep = path.join(folder, 'a-directory-with-a-long-name'.repeat(4));
    mkdirSync(deep);
    const files = [
      ['empty', Buffer.alloc(0)],
      ['small', Buffer.from('root:x:0:0\n')],
      ['several blocks', randomBytes(700_001)],
    ] as const;
    for (const [name, bytes] of files) {
      const file = path.join(deep, name);
      writeFileSync(file, bytes);
      const order = await carving.launch(file, hosts);
      await order.ended;
      expect(await order.progress()).toMatchObject({ hosts: 1, complete: 1, failed: 0 });
      const [carve] = await order.carves();
      if (!carve) throw new Error('a carve expected');
      expect(carve).toMatchObject({ state: 'complete', path: file, format: 'tar', file: expect.stringContaining(carve.id) });
      expect(sha256(readFileSync(carve.file ?? ''))).toBe(carve.sha256);
      const found = await carving.files(carve, stop.signal);
      expect(found).toEqual([{ path: file.slice(1), size: bytes.length, sha256: sha256(bytes) }]);
    }
  });

  it('that is none, or cannot be read, is told at once', async () => {
    const { carving, hosts, folder } = await place();
    const order = await carving.launch(folder, hosts);
    await order.ended;
    expect([...order.failed.values()]).toEqual([expect.stringContaining('began no carve')]);
    expect(await order.carves()).toEqual([]);
  });
});

/** A carver whose blocks go nowhere. */
function lonely(over: Partial<ConstructorParameters<typeof Carver>[0]> = {}) {
  const blocks: Readonly<Record<string, unknown>>[] = [];
  const started: Readonly<Record<string, unknown>>[] = [];
  const client = {
    async carveStart(carve: Readonly<Record<string, unknown>>) {
      started.push(carve);
      return 'session';
    },
    async carveBlock(block: Readonly<Record<string, unknown>>) {
      blocks.push(block);
    },
  };
  const carver = new Carver({ client, clock: realClock, log: quiet, ...over });
  const tables = { get: (name: string) => (name === 'carves' ? carver.table : undefined) };
  const ask = (file: string) => runSql(renderSql(CARVE, { path: file }), tables);
  const listed = () => runSql('SELECT path, status, sha256, size FROM carves', tables);
  const file = path.join(temporaryDirectory(), 'f');
  return { carver, blocks, started, ask, listed, file, signal: new AbortController().signal };
}

describe('the carver', () => {
  it('sends nothing before the server was told what will come', async () => {
    const { carver, started, ask, file, signal } = lonely();
    writeFileSync(file, 'x');
    const answer = await ask(file);
    expect(answer).toEqual({ rows: [expect.objectContaining({ path: file, carve: '1', status: 'PENDING' })] });
    await carver.work(signal);
    expect(started).toEqual([]);
    carver.release();
    await carver.work(signal);
    expect(started).toMatchObject([{ carve_id: 'rows' in answer ? answer.rows[0]?.carve_guid : '', block_count: 1 }]);
  });

  it('does not begin a file that is larger than it may be', async () => {
    const { ask, listed, file } = lonely({ maxBytes: 10 });
    writeFileSync(file, '12345678901');
    expect(await ask(file)).toEqual({ error: expect.stringContaining('it has 11 bytes, more than 10') });
    expect(await listed()).toEqual({ rows: [] });
  });

  it('keeps to the size it announced when the file shrinks meanwhile', async () => {
    const { carver, blocks, started, ask, listed, file, signal } = lonely({ blockBytes: 512 });
    writeFileSync(file, 'y'.repeat(200_000));
    await ask(file);
    carver.release();
    const working = carver.work(signal);
    truncateSync(file, 1_000);
    await working;
    const bytes = Buffer.concat(blocks.map(({ data }) => Buffer.from(String(data), 'base64')));
    expect(bytes).toHaveLength(Number(started[0]?.carve_size));
    expect(await listed()).toEqual({ rows: [{ path: file, status: 'SUCCESS', sha256: sha256(bytes), size: String(bytes.length) }] });
  });

  it('goes on with the next file when the server refuses one', async () => {
    let calls = 0;
    const { carver, ask, listed, file, signal } = lonely({
      client: {
        async carveStart() {
          calls += 1;
          if (calls === 1) throw new Problem('unreachable', 'no');
          return 's';
        },
        carveBlock: async () => undefined,
      },
    });
    writeFileSync(file, 'x');
    await ask(file);
    await ask(file);
    carver.release();
    await carver.work(signal);
    expect(await listed()).toMatchObject({ rows: [{ status: 'FAILED' }, { status: 'SUCCESS' }] });
  });
});

it('a tar has the size that it says', async () => {
  for (const [name, size] of [
    ['a', 0],
    ['b', 512],
    ['c'.repeat(300), 513],
  ] as const) {
    const tar = tarOfOne(name, size, 0, async function* () {
      yield Buffer.alloc(size);
    });
    let length = 0;
    for await (const part of tar.bytes()) length += part.length;
    expect(length).toBe(tar.size);
    expect(length % 512).toBe(0);
  }
});
