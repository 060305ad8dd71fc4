import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { systemClock } from '../../src/adapters/clock.ts';
import { fileLock } from '../../src/adapters/sqlite-lock.ts';
import { openStore } from '../../src/adapters/sqlite-store.ts';
import { endpointOf } from '../../src/cli/doctor/endpoint.ts';
import { probePeer } from '../../src/cli/doctor/probe.ts';
import { ancestors, terminalOf } from '../../src/cli/doctor/terminal.ts';
import type { TerminalFacts } from '../../src/core/doctor-terminal.ts';
import { Problem } from '../../src/core/problem.ts';
import { selfSigned } from '../helpers/certificates.ts';
import { temporaryDirectory } from '../helpers/directories.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { httpServer, httpsServer } from '../helpers/servers.ts';
import { FakeSource, workplace } from './harness.ts';

type Report = {
  level: string;
  exit_code: number;
  counts: Record<string, number>;
  checks: { section: string; name: string; level: string; text: string; todo: string | null }[];
};

const SECRET = 'sup3r-secret-token';

/** Settings with these osctrl sources, and what they do when they are checked. */
function placeWith(...sources: FakeSource[]) {
  const place = workplace(sources);
  mkdirSync(place.configDir, { recursive: true, mode: 0o700 });
  const entry = (url: string) => ({ kind: 'osctrl', base_url: url, environment: 'prod', secret: { env: 'OSCTRL_PROD' } });
  const settings = { sources: Object.fromEntries(sources.map(({ id }) => [id, entry('http://127.0.0.1:9')])) };
  const settingsFile = path.join(place.configDir, 'config.json');
  if (sources.length > 0) writeFileSync(settingsFile, JSON.stringify(settings), { mode: 0o600 });
  const doctor = async (...argv: string[]) => {
    const result = await place.run(['doctor', '--format', 'json', ...argv], { env: { OSCTRL_PROD: SECRET } });
    return { ...result, report: result.json() as Report };
  };
  return { ...place, settingsFile, doctor };
}

const find = ({ checks }: Report, section: string, name: string) => checks.find(check => check.section === section && check.name === name);

describe('doctor', () => {
  it('works with nothing there, and leaves nothing behind', async () => {
    const { configDir, dataDir, doctor } = placeWith();
    const { code, report } = await doctor();
    expect([code, report.level, report.exit_code, report.counts.bad]).toEqual([0, 'ok', 0, 0]);
    expect([existsSync(dataDir), readdirSync(configDir)]).toEqual([false, []]);
  });

  it('checks the sources side by side, and ends with the code of the worst', async () => {
    const [good, refused, gone] = ['good', 'refused', 'gone'].map(name => new FakeSource(name));
    if (!good || !refused || !gone) throw new Error('unreachable');
    refused.fails.check = new Problem('auth', 'The token was refused.');
    gone.fails.check = new Problem('unreachable', 'Nobody answers.');
    const { doctor } = placeWith(good, refused, gone);
    const { code, report } = await doctor();
    expect(code).toBe(7);
    expect(find(report, 'source good (osctrl)', 'reached')).toMatchObject({ level: 'ok', text: expect.stringContaining('osctrl 9') });
    expect(find(report, 'source good (osctrl)', 'may not')).toMatchObject({ level: 'warn', text: 'cancel' });
    expect(find(report, 'source refused (osctrl)', 'reached')).toMatchObject({ level: 'bad', text: 'The token was refused.' });
    expect((await doctor('--source', 'good', '--source', 'refused')).code).toBe(6);
    expect((await doctor('--source', 'good')).code).toBe(0);
  });

  it('waits no longer than it was told', async () => {
    const source = new FakeSource('prod');
    source.stalls = true;
    const { code, report } = await placeWith(source).doctor('--timeout', '1');
    expect([code, find(report, 'source prod (osctrl)', 'reached')?.text]).toEqual([7, expect.stringContaining('within 1 s')]);
  });

  it('prints what it has when it is interrupted', async () => {
    const source = new FakeSource('prod');
    source.stalls = true;
    const { run } = placeWith(source);
    const stop = new AbortController();
    const check = vi.spyOn(source, 'check');
    const running = run(['doctor', '--format', 'json'], { signal: stop.signal });
    await expect.poll(() => check).toHaveBeenCalled();
    stop.abort();
    const { code, json } = await running;
    expect([code, find(json() as Report, 'source prod (osctrl)', 'reached')?.text]).toEqual([130, 'Interrupted before it answered.']);
  });

  it('tells one broken setting and the rest of the report all the same', async () => {
    const { settingsFile, doctor } = placeWith(new FakeSource('prod'));
    writeFileSync(settingsFile, '{"sources": {"prod": {"kind": "carrier pigeon"}}}', { mode: 0o600 });
    const { code, report } = await doctor();
    expect([code, find(report, 'settings', 'file')]).toMatchObject([
      2,
      { level: 'bad', text: expect.stringContaining('sources.prod.kind') },
    ]);
    expect(find(report, 'allowlist', 'templates')?.level).toBe('ok');
  });

  it('refuses a source that is none', async () => {
    const place = placeWith(new FakeSource('prod'));
    const { code, stderr } = await place.run(['doctor', '--source', 'nope']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('no source called nope')]);
  });

  it('never shows a secret, nor anything that a terminal would obey', async () => {
    const source = new FakeSource('prod');
    source.fails.check = new Problem('auth', `\u001b]0;x\u0007 token ${SECRET} was refused`);
    const { stdout, report } = await placeWith(source).doctor();
    expect(stdout).not.toContain(SECRET);
    expect(find(report, 'source prod (osctrl)', 'reached')?.text).toBe('␛]0;x␇ token [secret] was refused');
    expect(find(report, 'source prod (osctrl)', 'secret')?.text).toBe('in the variable OSCTRL_PROD, which is set');
  });

  it('counts what is stored, and leaves it as it is', async () => {
    const { dataDir, doctor } = placeWith();
    openStore(path.join(dataDir, 'rollcall.db')).close();
    const before = readdirSync(dataDir);
    const { report } = await doctor();
    expect(find(report, 'store', 'data file')?.text).toMatch(/^0 events, 0 runs, \d+ kB$/);
    expect(readdirSync(dataDir)).toEqual(before);
  });

  it('looks into a data file that another process has open', async () => {
    const { dataDir, doctor } = placeWith();
    const store = openStore(path.join(dataDir, 'rollcall.db'));
    store.set('space', 'key', 'value');
    const { report } = await doctor();
    expect(find(report, 'store', 'schema')?.level).toBe('ok');
    store.close();
  });

  it('finds what is broken: the data, the audit log, rules and templates', async () => {
    const { configDir, dataDir, doctor } = placeWith();
    mkdirSync(dataDir, { mode: 0o700 });
    writeFileSync(path.join(dataDir, 'rollcall.db'), 'x'.repeat(5_000), { mode: 0o600 });
    writeFileSync(path.join(dataDir, 'audit.jsonl'), `{"seq":1,"prev":"${'0'.repeat(64)}"}\n{"seq":2,"prev":"changed"}\n`, { mode: 0o644 });
    mkdirSync(path.join(configDir, 'rules'));
    writeFileSync(path.join(configDir, 'rules', 'x.yaml'), 'rules: [');
    mkdirSync(path.join(configDir, 'templates', 'ours'), { recursive: true });
    const { code, report } = await doctor();
    const bad = report.checks.filter(({ level }) => level === 'bad').map(({ section, name }) => `${section}: ${name}`);
    expect([code, bad]).toEqual([2, ['store: data file', 'audit log: chain', 'allowlist: template', 'rules: file']]);
    expect(find(report, 'directories', 'file')?.todo).toBe(`chmod 600 ${path.join(dataDir, 'audit.jsonl')}`);
  });

  it.skipIf(process.getuid?.() === 0)('works on data that it may not write to', async () => {
    const { dataDir, doctor } = placeWith(new FakeSource('prod'));
    mkdirSync(dataDir);
    chmodSync(dataDir, 0o500);
    const { code, report } = await doctor();
    chmodSync(dataDir, 0o700);
    expect([code, find(report, 'directories', 'data')?.level]).toEqual([1, 'bad']);
    expect(find(report, 'source prod (osctrl)', 'reached')?.level).toBe('ok');
  });

  it('checks sources without the data directory where a file stands in its place', async () => {
    const { dataDir, doctor } = placeWith(new FakeSource('prod'));
    writeFileSync(dataDir, '');
    const { code, report } = await doctor();
    expect([code, find(report, 'directories', 'data')?.level]).toEqual([1, 'bad']);
    expect(find(report, 'source prod (osctrl)', 'reached')?.level).toBe('ok');
  });

  it('is a page to read on a terminal: a section after the other, no line wider than it', async () => {
    const source = new FakeSource('prod');
    source.fails.check = new Problem('unreachable', `${'It takes some words to say why. '.repeat(5)}`);
    const place = placeWith(source);
    const { code, stdout } = await place.run(['doctor', '--no-color'], { tty: 80 });
    expect(code).toBe(7);
    expect(stdout).toMatch(/^rollcall doctor, 2/);
    expect(stdout).toContain('\nsource prod (osctrl)\n  BAD   reached      It takes some words');
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/^\d+ ok, \d+ warn, 1 bad: source prod \(osctrl\)$/);
    expect(Math.max(...stdout.split('\n').map(line => line.length))).toBeLessThanOrEqual(80);
  });

  it.each(['jsonl', 'csv'])('is a line for each check as %s', async format => {
    const { run, doctor } = placeWith();
    const { report } = await doctor();
    const { stdout } = await run(['doctor', '--format', format]);
    expect(stdout.trimEnd().split('\n')).toHaveLength(report.checks.length + (format === 'csv' ? 1 : 0));
  });

  it('sends a test to the clipboard of a terminal, where it is asked to', async () => {
    const place = placeWith();
    expect((await place.run(['doctor', '--clipboard', '--no-color'], { tty: 80 })).stdout).toContain('\u001b]52;c;cm9sbGNhbGw=\u0007');
    expect((await place.doctor('--clipboard')).stdout).not.toContain('cm9sbGNhbGw=\\u0007');
    expect(find((await place.doctor('--clipboard')).report, 'clipboard', 'test')?.level).toBe('warn');
  });
});

describe('what the doctor looks up', () => {
  const signal = new AbortController().signal;

  it('is the time of a server and its certificate, trusted or not', async () => {
    const { cert, key } = await selfSigned();
    const { url } = await httpsServer({ cert, key }, (_request, response) => {
      response.setHeader('date', new Date(Date.UTC(2026, 10, 21, 3, 2)).toUTCString()).end();
    });
    const clock = new FakeClock(Date.UTC(2026, 10, 21, 3));
    const probe = await probePeer(url, clock, signal);
    expect(probe).toMatchObject({ skewMs: 120_000, tls: { protocol: 'TLSv1.3', subject: 'self-signed', validTo: expect.any(Number) } });
  });

  it('asks without a secret, and follows no redirect', async () => {
    const seen: unknown[] = [];
    const { url } = await httpServer((request, response) => {
      seen.push([request.method, request.url, request.headers.authorization]);
      response.writeHead(302, { location: '/elsewhere', date: 'no time' }).end();
    });
    expect(await probePeer(url, systemClock, signal)).toEqual({ skewMs: undefined, tls: undefined });
    expect(seen).toEqual([['HEAD', '/', undefined]]);
  });

  it('is nothing where nobody answers', async () => {
    expect(await probePeer('http://127.0.0.1:9', systemClock, signal)).toBeUndefined();
    expect(await probePeer('everywhere', systemClock, signal)).toBeUndefined();
  });

  it.each([
    ['greets', true],
    ['stands still', false],
  ])('is the holder of an endpoint, which %s', async (_what, greets) => {
    const dataDir = temporaryDirectory();
    expect(await endpointOf('here', dataDir)).toMatchObject({ held: false, answers: false });
    const dir = path.join(dataDir, 'direct', 'here');
    const lock = path.join(dir, 'owner.lock');
    mkdirSync(dir, { recursive: true });
    writeFileSync(lock, '');
    const server = createServer(socket => void (greets && socket.write('{}\n'))).listen(path.join(dir, 'control.sock'));
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    // It is held while the look is taken; what comes after that needs no lock.
    const looking = fileLock(lock)(() => endpointOf('here', dataDir));
    expect(await looking).toMatchObject({ held: true, answers: greets });
    if (process.platform === 'linux') expect((await looking).pid).toBe(process.pid);
  });

  it('is the terminal by its variables', async () => {
    const streams = { stdin: { isTTY: true }, stdout: {}, stderr: { isTTY: true, columns: 100, rows: 30 } };
    const env = { TERM: 'screen-256color', STY: '1.x', SSH_CONNECTION: '192.0.2.1 1 192.0.2.2 22', LC_ALL: '', LANG: 'de_DE.UTF-8' };
    expect(await terminalOf(streams, env, true, signal)).toMatchObject({
      stdin: true,
      stdout: false,
      size: { columns: 100, rows: 30 },
      term: 'screen-256color',
      colour: 'none',
      noColor: true,
      unicode: true,
      multiplexer: 'screen',
      ssh: true,
      locale: { name: 'LANG', value: 'de_DE.UTF-8' },
    } satisfies Partial<TerminalFacts>);
  });

  it.runIf(process.platform === 'linux')('knows what it descends from', () => {
    expect(ancestors(process.pid)[0]).toMatch(/node|Main/i);
    expect(ancestors(2 ** 22 + 1)).toEqual([]);
  });
});
