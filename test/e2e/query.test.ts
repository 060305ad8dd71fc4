/** `rollcall query` as scripts rely on it (interface.md "query", "Exit codes"), on the lab. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { rollcall, start } from '../helpers/command.ts';
import { temporaryDirectory } from '../helpers/directories.ts';

type Row = Record<string, string | null>;

type Answer = {
  readonly results: Record<string, Row[]>;
  readonly partial: boolean;
  readonly timed_out_hosts: string[];
  readonly errors: Record<string, string>;
  readonly offline_hosts: string[];
  readonly run: {
    readonly id: string;
    readonly source: string;
    readonly template: string;
    readonly digest: string;
    readonly sql: string;
    readonly params: Record<string, string | number>;
    readonly started_at: string;
    readonly ended_at: string;
    readonly targeted: number;
    readonly answered: number;
    readonly failed: number;
    readonly timed_out: number;
    readonly remote_id: string;
  };
};

const query = (...args: string[]) => rollcall(['query', 'running_processes', '--lab', '24', '--quiet', ...args]);
const hosts = (...names: string[]) => names.flatMap(name => ['--host', name]);
const answerOf = (stdout: string) => JSON.parse(stdout) as Answer;

const RFC_3339_UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

describe('the answer', () => {
  it('has the documented shape, and every target in exactly one place', async () => {
    const targets = [os.hostname(), 'lab-1', 'lab-2', 'lab-error-1', 'lab-silent-1', 'lab-offline-1', 'lab-slow-1'];
    const { code, stdout } = await query(...hosts(...targets), '--timeout', '6', '--format', 'json');
    const answer = answerOf(stdout);

    expect(code).toBe(3);
    expect(Object.keys(answer.results).sort()).toEqual([os.hostname(), 'lab-1', 'lab-2'].sort());
    expect(Object.keys(answer.errors)).toEqual(['lab-error-1']);
    expect(answer.timed_out_hosts.toSorted()).toEqual(['lab-offline-1', 'lab-silent-1', 'lab-slow-1']);
    expect(answer.offline_hosts).toEqual(['lab-offline-1']);
    expect(answer.partial).toBe(true);
    expect(answer.run).toMatchObject({ template: 'running_processes', targeted: 7, answered: 3, failed: 1, timed_out: 3 });
    expect(answer.run.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(answer.run.sql).toMatch(/^SELECT/);
    expect(answer.run.started_at).toMatch(RFC_3339_UTC);
    expect(answer.run.ended_at).toMatch(RFC_3339_UTC);
    expect(answer.run.id).not.toBe('');
    expect(answer.run.remote_id).not.toBe('');
  });

  it('holds the real processes of this machine, every value a string', async () => {
    const { code, stdout } = await query(...hosts(os.hostname()), '--format', 'json');
    const rows = answerOf(stdout).results[os.hostname()] ?? [];

    expect(code).toBe(0);
    expect(rows.map(row => row.pid)).toContain('1');
    expect(new Set(rows.flatMap(row => Object.values(row)).map(value => typeof value))).toEqual(new Set(['string']));
  });

  it('calls a host that fails answered, and gives its words', async () => {
    const { code, stdout } = await query(...hosts('lab-1', 'lab-error-1'), '--format', 'json');
    expect(code).toBe(0);
    expect(answerOf(stdout)).toMatchObject({ partial: false, timed_out_hosts: [], run: { answered: 1, failed: 1, timed_out: 0 } });
    expect(answerOf(stdout).errors['lab-error-1']).not.toBe('');
  });

  it('ends with 4 when no target answered', async () => {
    const { code, stdout } = await query(...hosts('lab-silent-1'), '--timeout', '2', '--format', 'json');
    expect(code).toBe(4);
    expect(answerOf(stdout)).toMatchObject({ results: {}, partial: true, timed_out_hosts: ['lab-silent-1'] });
  });

  it('is printed as far as it came when interrupted, and ends with 130', async () => {
    const command = start([
      'query',
      'running_processes',
      '--lab',
      '24',
      ...hosts('lab-1', 'lab-silent-1'),
      '--timeout',
      '60',
      '--format',
      'jsonl',
    ]);
    await expect.poll(command.stdout, { timeout: 20_000 }).toContain('"lab-1"');
    command.kill('SIGINT');
    const { code, stdout } = await command.finished;
    const lines = stdout.trim().split('\n');
    expect(code).toBe(130);
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ summary: { run: { targeted: 2, answered: 1, failed: 0, timed_out: 1 } } });
  });

  it('never carries an escape of a hostile host', async () => {
    const { stdout } = await query(...hosts('lab-hostile-1'), '--format', 'json');
    expect(stdout).toContain('lab-hostile-1');
    expect(stdout).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/);
  });
});

describe('formats', () => {
  it('jsonl: one line a host as it answers, then the summary', async () => {
    const { stdout } = await query(...hosts('lab-1', 'lab-error-1', 'lab-silent-1'), '--timeout', '4', '--format', 'jsonl');
    const lines = stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as Record<string, unknown>);
    const perHost = lines.slice(0, -1);

    expect(perHost.map(line => [line.host, line.state])).toEqual(
      expect.arrayContaining([
        ['lab-1', 'rows'],
        ['lab-error-1', 'error'],
        ['lab-silent-1', 'timed_out'],
      ]),
    );
    for (const line of perHost) expect(Object.keys(line)).toEqual(['host', 'host_id', 'state', 'rows', 'error', 'after_ms']);
    expect(lines.at(-1)).toHaveProperty('summary.run.targeted', 3);
    expect(lines.at(-1)).not.toHaveProperty('summary.results');
  });

  it('csv: the host first, then the columns, only hosts with rows', async () => {
    const { stdout } = await query(...hosts('lab-1', 'lab-error-1'), '--format', 'csv');
    const [header = '', ...rows] = stdout.trimEnd().split(/\r\n/);
    expect(header.split(',').slice(0, 2)).toEqual(['host', 'pid']);
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) expect(row).toMatch(/^lab-1,/);
  });

  it('writes to a file that only its owner may read, and then nothing to stdout', async () => {
    const file = path.join(temporaryDirectory(), 'answer.json');
    const { code, stdout } = await query(...hosts('lab-1'), '--format', 'json', '--output', file);
    expect(code).toBe(0);
    expect(stdout).toBe('');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(answerOf(readFileSync(file, 'utf8')).run.answered).toBe(1);
  });
});

describe('targets', () => {
  it('are named in any case, by glob, from a file, and without the excluded ones', async () => {
    const file = path.join(temporaryDirectory(), 'hosts');
    writeFileSync(file, 'lab-2\n\nLAB-2\n');
    const args = [...hosts('LAB-1', 'lab-error-*'), '--hosts-file', file, '--exclude', 'lab-error-1'];
    const { stdout } = await query(...args, '--dry-run', '--format', 'json');
    for (const name of ['lab-1', 'lab-2']) expect(stdout).toContain(`"${name}"`);
    expect(stdout).not.toContain('"lab-error-1"');
  });

  it('a dry run shows the SQL and the digest, and sends nothing', async () => {
    const dataDir = temporaryDirectory();
    const args = ['query', 'running_processes', '--lab', '8', ...hosts('lab-1'), '--dry-run', '--format', 'json'];
    const { code, stdout } = await rollcall(args, { dataDir });
    expect(code).toBe(0);
    expect(stdout).toContain('SELECT');
    expect(stdout).toMatch(/sha256:[0-9a-f]{64}/);
    expect(JSON.parse((await rollcall(['runs', '--format', 'json'], { dataDir })).stdout)).toEqual([]);
  });

  it.each([
    ['unknown names, all of them', hosts('lab-1', 'no-such-host', 'nor-this'), /no-such-host.*nor-this/],
    ['no target at all', [], /--host|--all/],
    ['a glob that fits no host', hosts('db-*'), /db-\*/],
    ['an unknown host to leave out', ['--all', '--exclude', 'no-such-host'], /no-such-host/],
    ['an unknown flag', [...hosts('lab-1'), '--no-such-flag'], /--no-such-flag/],
    ['a timeout out of range', [...hosts('lab-1'), '--timeout', '0'], /timeout/],
  ])('%s: wrong usage, said in one line', async (_, args, words) => {
    const { code, stdout, stderr } = await query(...args);
    expect(code).toBe(2);
    expect(stdout).not.toContain('"results"');
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toMatch(words);
  });

  it('more than 25 need --yes when nobody can be asked', async () => {
    const many = ['query', 'listening_ports', '--lab', '40', '--all', '--timeout', '4', '--format', 'json'];
    expect((await rollcall(many)).code).toBe(2);
    const { code, stdout } = await rollcall([...many, '--yes']);
    const { run } = answerOf(stdout);
    expect(code).toBe(3);
    expect(run.targeted).toBe(41);
    expect(run.answered + run.failed + run.timed_out).toBe(41);
  });
});

describe('the allowlist', () => {
  it.each([
    ['an unknown template', ['no_such_template']],
    ['raw SQL', ['SELECT * FROM users']],
    ['an unknown parameter', ['running_processes', '--param', 'colour=red']],
    ['an integer in another notation', ['running_processes', '--param', 'limit=0x10']],
    ['a relative path', ['file_by_path', '--param', 'path=etc/passwd']],
    ['a required parameter that is missing', ['file_by_path']],
  ])('refuses %s before anything is sent, with 5', async (_, [template = '', ...args]) => {
    const { code, stdout, stderr } = await rollcall(['query', template, ...args, '--host', 'x', '--format', 'json']);
    expect(code).toBe(5);
    expect(JSON.parse(stdout)).toMatchObject({ error: { kind: 'AllowlistError' } });
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});
