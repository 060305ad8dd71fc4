/** The other commands as scripts rely on them (interface.md): hosts, templates, feed, runs. */
import os from 'node:os';
import { describe, expect, it } from 'vitest';
import { rollcall, start } from '../helpers/command.ts';
import { temporaryDirectory } from '../helpers/directories.ts';

type Event = { readonly id: string; readonly time: string; readonly severity: string; readonly osquery_table: string | null };

const parse = <T>(stdout: string) => JSON.parse(stdout) as T;
const lines = <T>(stdout: string) =>
  stdout
    .split('\n')
    .filter(Boolean)
    .map(line => parse<T>(line));

describe('hosts', () => {
  it('lists this machine and the simulated ones, each with its status', async () => {
    const { code, stdout } = await rollcall(['hosts', '--lab', '12']);
    const hosts = parse<Record<string, unknown>[]>(stdout);
    const [first = {}] = hosts;

    expect(code).toBe(0);
    expect(hosts).toHaveLength(13);
    expect(Object.keys(first)).toEqual([
      'id',
      'hostname',
      'display_name',
      'uuid',
      'platform',
      'os_version',
      'osquery_version',
      'status',
      'last_seen',
      'ip',
      'labels',
      'source',
      'kind',
    ]);
    expect(hosts.find(host => host.hostname === os.hostname())).toMatchObject({ status: 'online', kind: 'direct' });
    for (const host of hosts) expect(host.status).toMatch(/^(online|offline|missing|unknown)$/);
    expect(hosts.filter(host => (host.labels as string[]).includes('simulated'))).toHaveLength(12);
  });
});

describe('templates', () => {
  it('lists what may be asked', async () => {
    const { code, stdout } = await rollcall(['templates', '--format', 'json']);
    const templates = parse<Record<string, unknown>[]>(stdout);

    expect(code).toBe(0);
    expect(templates.map(template => template.name)).toEqual(
      expect.arrayContaining([
        'running_processes',
        'active_connections',
        'logged_in_users',
        'recently_modified_files',
        'listening_ports',
        'file_by_path',
      ]),
    );
    for (const template of templates) {
      expect(Object.keys(template)).toEqual(
        expect.arrayContaining(['name', 'title', 'why', 'platforms', 'params', 'sql', 'digest', 'attack', 'cost']),
      );
    }
  });

  it('shows one by its name', async () => {
    const { code, stdout } = await rollcall(['templates', 'file_by_path', '--format', 'table']);
    expect(code).toBe(0);
    expect(stdout).toContain('file_by_path');
    expect(stdout).toMatch(/SELECT/);
    expect(stdout).toMatch(/sha256:[0-9a-f]{64}/);
  });
});

describe('feed', () => {
  it('prints each event once, by time, as lines of JSON, and follows', async () => {
    const dataDir = temporaryDirectory();
    const following = start(['feed', '--lab', '8', '--follow'], { dataDir });
    await expect.poll(() => lines(following.stdout().replace(/[^\n]*$/, '')).length, { timeout: 40_000 }).toBeGreaterThan(5);
    following.kill('SIGINT');
    expect((await following.finished).code).toBe(130);

    const { code, stdout } = await rollcall(['feed', '--lab', '8', '--since', '1h'], { dataDir });
    const events = lines<Event>(stdout);
    const times = events.map(event => event.time);
    expect(code).toBe(0);
    expect(events.length).toBeGreaterThan(5);
    expect(new Set(events.map(event => event.id)).size).toBe(events.length);
    expect(times).toEqual(times.toSorted());
    expect(Object.keys(events[0] ?? {})).toEqual(
      expect.arrayContaining(['id', 'dedupe_key', 'time', 'seen_at', 'source', 'connector', 'raw']),
    );

    const { stdout: newest } = await rollcall(['feed', '--lab', '8', '--since', '1h', '--limit', '2', '--filter', 'sev>=high'], {
      dataDir,
    });
    const high = lines<Event>(newest);
    expect(high.length).toBeLessThanOrEqual(2);
    for (const event of high) expect(event.severity).toMatch(/^(high|critical)$/);
  });

  it('points at the word of a filter that it does not understand', async () => {
    const { code, stderr } = await rollcall(['feed', '--lab', '8', '--filter', 'sev>=high colour:red']);
    expect(code).toBe(2);
    expect(stderr).toContain('colour:red');
  });
});

describe('runs', () => {
  it('remembers what was asked, newest first, and prints one as query did', async () => {
    const dataDir = temporaryDirectory();
    const ask = (template: string) => rollcall(['query', template, '--lab', '8', '--host', 'lab-1', '--format', 'json'], { dataDir });
    const first = parse<{ run: { id: string } }>((await ask('listening_ports')).stdout);
    const second = parse<{ run: { id: string } }>((await ask('logged_in_users')).stdout);

    const { stdout } = await rollcall(['runs', '--format', 'json'], { dataDir });
    expect(parse<{ id: string }[]>(stdout).map(run => run.id)).toEqual([second.run.id, first.run.id]);

    const { code, stdout: again } = await rollcall(['runs', first.run.id, '--format', 'json'], { dataDir });
    expect(code).toBe(0);
    expect(parse(again)).toEqual(first);
  });

  it('does not know every id', async () => {
    expect((await rollcall(['runs', 'no-such-run'])).code).toBe(2);
  });
});

describe('anything else', () => {
  it('an unknown command is wrong usage, and names the known ones', async () => {
    const { code, stderr } = await rollcall(['kuery']);
    expect(code).toBe(2);
    expect(stderr).toContain('query');
  });

  it('--help tells the commands on stdout', async () => {
    const { code, stdout } = await rollcall(['--help']);
    expect(code).toBe(0);
    for (const command of ['query', 'hosts', 'templates', 'feed', 'runs']) expect(stdout).toContain(command);
  });

  it('--version tells the version', async () => {
    const { code, stdout } = await rollcall(['--version']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/\d+\.\d+\.\d+/);
  });
});
