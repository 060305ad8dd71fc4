import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { openAudit } from '../../src/adapters/audit.ts';
import { openLog } from '../../src/adapters/log-file.ts';
import { createRedactor } from '../../src/adapters/redact.ts';
import { temporaryDirectory } from '../helpers/directories.ts';
import { FakeClock } from '../helpers/fake-clock.ts';

let file: string;
beforeEach(() => {
  file = path.join(temporaryDirectory(), 'data', 'x.jsonl');
});

const clock = new FakeClock();
const lines = () => readFileSync(file, 'utf8').trimEnd().split('\n');
const entries = () => lines().map(line => JSON.parse(line) as Record<string, unknown>);

describe('the redactor', () => {
  it('takes out what it has learnt, wherever it stands', () => {
    const { learn, redact } = createRedactor();
    learn('s3cret-value');
    learn('ab');
    expect(redact({ message: 'sent s3cret-value twice: s3cret-value', deep: [{ 's3cret-value': 'cab' }] })).toEqual({
      message: 'sent [secret] twice: [secret]',
      deep: [{ '[secret]': 'cab' }],
    });
  });

  it('takes out what is called a secret, or looks like one', () => {
    const { redact } = createRedactor();
    const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl';
    expect(redact({ token: 'x', enroll_secret: 'y', Authorization: 'z', node_key: 'k', password: null, host: 'web-1' })).toEqual({
      token: '[secret]',
      enroll_secret: '[secret]',
      Authorization: '[secret]',
      node_key: '[secret]',
      password: '[secret]',
      host: 'web-1',
    });
    expect(redact(`Bearer abcdefgh1234 ${jwt} https://user:hunter2@host/x?token=hunter2&a=1`)).toBe(
      '[secret] [secret] https://user:[secret]@host/x?token=[secret]&a=1',
    );
    expect(redact('-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----')).toBe('[secret]');
  });
});

describe('the log', () => {
  it('is one object a line, for its owner only, without secrets', () => {
    const redactor = createRedactor();
    redactor.learn('hunter2');
    const log = openLog(file, clock, redactor);
    log.write('warn', 'refused hunter2', { source: 'prod', detail: 'line\nbreak', token: 'x' });
    log.write('info', 'second');
    expect(entries()).toEqual([
      {
        time: '2026-11-21T03:00:00.000Z',
        level: 'warn',
        message: 'refused [secret]',
        source: 'prod',
        detail: 'line\nbreak',
        token: '[secret]',
      },
      { time: '2026-11-21T03:00:00.000Z', level: 'info', message: 'second' },
    ]);
    expect([statSync(file).mode & 0o777, statSync(path.dirname(file)).mode & 0o777, log.lost]).toEqual([0o600, 0o700, 0]);
  });

  it('cuts a line that is too long, and begins anew when it has grown large', () => {
    mkdirSync(path.dirname(file));
    writeFileSync(file, '');
    truncateSync(file, 11 * 2 ** 20);
    openLog(file, clock, createRedactor()).write('info', 'x'.repeat(100_000));
    expect([existsSync(`${file}.old`), entries()]).toMatchObject([true, [{ level: 'info', cut: expect.any(Number) }]]);
    expect(lines()[0]?.length).toBeLessThan(70_000);
  });

  it('that cannot be opened is a storage problem', () => {
    writeFileSync(path.dirname(file), '');
    expect(() => openLog(file, clock, createRedactor())).toThrow(expect.objectContaining({ kind: 'storage' }));
  });
});

/** Numbers of the lines that do not follow from the line before them. */
function breaks(): number[] {
  return lines().flatMap((line, index) => {
    const before = lines()[index - 1];
    const prev = before === undefined ? '0'.repeat(64) : createHash('sha256').update(before).digest('hex');
    return line.startsWith(`{"seq":${index + 1},`) && line.includes(`"prev":"${prev}"`) ? [] : [index + 1];
  });
}

describe('the audit trail', () => {
  const open = () => openAudit(file, clock, createRedactor(), { user: 'ir', pid: 7 });

  it('numbers and chains its lines, over several openings', () => {
    open().write('launch', { hosts: ['web-1'], token: 'hunter2' });
    open().write('cancel', { run: 'r1' });
    open().write('launch', { sql: 'x'.repeat(200_000) });
    open().write('cancel', {});
    expect(entries()[0]).toEqual({
      seq: 1,
      time: '2026-11-21T03:00:00.000Z',
      prev: '0'.repeat(64),
      action: 'launch',
      user: 'ir',
      pid: 7,
      hosts: ['web-1'],
      token: '[secret]',
    });
    expect([entries().length, breaks(), statSync(file).mode & 0o777]).toEqual([4, [], 0o600]);
  });

  it('shows that a line was changed or taken out', () => {
    for (const action of ['a', 'b', 'c', 'd']) open().write(action, {});
    const whole = lines();
    writeFileSync(file, `${whole.with(1, (whole[1] ?? '').replace('"b"', '"B"')).join('\n')}\n`);
    expect(breaks()).toEqual([3]);
    writeFileSync(file, `${whole.toSpliced(1, 1).join('\n')}\n`);
    expect(breaks()).toEqual([2, 3]);
  });

  it('goes on after a line that was torn by a kill', () => {
    open().write('a', {});
    appendFileSync(file, '{"seq":2,"time":"2026');
    open().write('b', {});
    expect(lines()).toHaveLength(3);
    expect(breaks()).toEqual([2]);
  });

  it('stays one chain when several processes write at once', async () => {
    const script = path.join(import.meta.dirname, 'children/audit.ts');
    const children = [1, 2, 3].map(() => spawn(process.execPath, [script, file, '40'], { stdio: ['ignore', 'ignore', 'inherit'] }));
    onTestFinished(() => children.forEach(child => void child.kill('SIGKILL')));
    const codes = await Promise.all(children.map(async child => (await once(child, 'exit'))[0]));
    expect([codes, entries().length, breaks()]).toEqual([[0, 0, 0], 120, []]);
  });

  it('that cannot be written is a storage problem, so that the deed is not done', () => {
    const audit = open();
    rmSync(file);
    mkdirSync(file);
    expect(() => audit.write('launch', {})).toThrow(
      expect.objectContaining({ kind: 'storage', message: expect.stringMatching(/^Nothing was done/) }),
    );
  });
});
