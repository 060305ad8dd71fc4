/** A row on screen is a row on disk: whatever ends the process, no event that was shown is lost, and none comes twice. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { rollcall, start } from '../helpers/command.ts';
import { temporaryDirectory } from '../helpers/directories.ts';
import { Responder } from './responder.ts';
import { Survivor } from './survivor.ts';

type Event = { readonly id: string; readonly hostname: string; readonly title: string };

async function storedEvents(dataDir: string): Promise<Event[]> {
  const { code, stdout } = await rollcall(['feed', '--lab', '8', '--since', '1h', '--format', 'jsonl'], { dataDir });
  expect(code).toBe(0);
  return stdout
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line) as Event);
}

/** Hosts of the events that a feed shows, row by row. */
const shownHosts = (lines: readonly string[]) => lines.flatMap(line => /\b(lab-(?:[a-z]+-)?\d+)\b/.exec(line)?.[1] ?? []);

it('kill -9 loses no event that was on the screen', async () => {
  const dataDir = temporaryDirectory();
  const responder = await Responder.atTheLab({ hosts: 8, dataDir, cols: 160, rows: 40 });
  await responder.sees(screen => shownHosts(screen.split('\n')).length > 5, 40_000);
  responder.terminal.kill('SIGKILL');
  await responder.terminal.exited;
  const shown = shownHosts(responder.terminal.lines());

  const events = await storedEvents(dataDir);
  expect(events.length).toBeGreaterThanOrEqual(shown.length);
  for (const host of new Set(shown)) {
    expect(events.filter(event => event.hostname === host).length).toBeGreaterThanOrEqual(shown.filter(name => name === host).length);
  }
  expect(new Set(events.map(event => event.id)).size).toBe(events.length);
});

const ROUNDS = 8;
const HOSTS = 3;
/** Enough for hosts to be in the middle of everything. */
const LONGEST_ROUND_MS = 1_500;

type Run = { readonly id: string; readonly remote_id: string | null };
type Ended = { readonly results: Readonly<Record<string, readonly unknown[]>> };
type Carve = { readonly state: string; readonly sha256: string | null };

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** An installation with a direct endpoint, and its commands. */
async function installation() {
  const [dataDir, configDir] = [temporaryDirectory(), temporaryDirectory()];
  const options = { dataDir, configDir };
  const port = await freePort();
  const begin = (...args: string[]) => start(args, options);
  const output = async (...args: string[]): Promise<string> => {
    const { stdout, stderr } = await begin(...args).finished;
    if (stdout === '') throw new Error(stderr);
    return stdout;
  };
  const json = async <T>(...args: string[]) => JSON.parse(await output(...args, '--format', 'json')) as T;
  const serve = async () => {
    const serving = begin('serve');
    await expect.poll(() => serving.stderr(), { timeout: 20_000 }).toContain('listening on');
    return serving;
  };
  await begin('source', 'add', 'direct', 'jump', '--listen', `127.0.0.1:${port}`).finished;
  return {
    begin,
    json,
    serve,
    /** Hosts that are not enrolled yet. */
    async survivors(): Promise<Survivor[]> {
      const serving = await serve();
      serving.kill('SIGKILL');
      await serving.finished;
      const kept = (name: string) => readFileSync(path.join(dataDir, 'direct', 'jump', name), 'utf8').trim();
      const address = { url: '', host: '127.0.0.1', port, caPem: kept('cert.pem'), fingerprint: '', enrollSecret: kept('enroll_secret') };
      return Array.from({ length: HOSTS }, (_, index) => new Survivor(address, index + 1));
    },
    /** The column `command` of every stored row. */
    async logged(): Promise<string[]> {
      const lines = (await output('feed', '--since', '3650d', '--format', 'jsonl')).split('\n').filter(Boolean);
      return lines.map(line => String((JSON.parse(line) as { row: { command?: string } }).row.command));
    },
    /** Names of the hosts whose rows are stored, by the query's id at the endpoint. */
    async answers(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
      const answers = new Map<string, ReadonlySet<string>>();
      for (const { id, remote_id } of await json<Run[]>('runs')) {
        if (remote_id === null) continue;
        const { results } = await json<Ended>('runs', id);
        answers.set(remote_id, new Set(Object.keys(results)));
      }
      return answers;
    },
  };
}

it('kill -9 at any moment loses no row, answer or block that a host was told yes for', async () => {
  const place = await installation();
  const [first, ...rest] = await place.survivors();
  if (!first) throw new Error('no hosts');
  const survivors = [first, ...rest];
  const carve = () => (first.isBeingCarved ? [] : [place.begin('carve', '/etc/motd', '--host', first.name, '--timeout', '20')]);
  for (let round = 0; round < ROUNDS; round += 1) {
    const stop = new AbortController();
    const serving = await place.serve();
    const living = survivors.map(survivor => survivor.live(stop.signal));
    const doomed = [serving, place.begin('query', 'running_processes', '--all', '--timeout', '20'), ...carve()];
    await sleep(Math.random() * LONGEST_ROUND_MS);
    for (const one of Math.random() < 0.5 ? doomed : doomed.reverse()) one.kill('SIGKILL');
    await Promise.all(doomed.map(({ finished }) => finished));
    stop.abort();
    await Promise.all(living);
  }

  const stop = new AbortController();
  const serving = await place.serve();
  const living = survivors.map(survivor => survivor.live(stop.signal));
  const last = [place.begin('query', 'running_processes', '--all', '--timeout', '20'), ...carve()];
  await Promise.all(last.map(({ finished }) => finished));
  await expect.poll(() => first.isCarved, { timeout: 30_000 }).toBe(true);
  stop.abort();
  await Promise.all(living);
  serving.kill('SIGTERM');
  await serving.finished;

  const rows = await place.logged();
  expect(new Set(rows).size, 'no row twice').toBe(rows.length);
  const stored = new Set(rows);
  const answers = await place.answers();
  for (const { name, logged, answered } of survivors) {
    expect(logged.size).toBeGreaterThan(0);
    expect(
      [...logged].filter(row => !stored.has(row)),
      `rows of ${name}`,
    ).toEqual([]);
    expect(answered.size).toBeGreaterThan(0);
    expect(
      [...answered].filter(id => !answers.get(id)?.has(name)),
      `answers of ${name}`,
    ).toEqual([]);
  }
  expect(await place.json<Carve[]>('carves')).toContainEqual(expect.objectContaining({ state: 'complete', sha256: first.digest }));
});
