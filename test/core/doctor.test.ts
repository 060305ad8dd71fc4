import { describe, expect, it } from 'vitest';
import { type Allowlist, allowlistOf } from '../../src/core/allowlist.ts';
import { type Check, verdictOn } from '../../src/core/doctor.ts';
import {
  allowlistChecks,
  auditChecks,
  dataPlaceCheck,
  fileChecks,
  type PlaceFacts,
  rulesChecks,
  settingsCheck,
  settingsPlaceCheck,
  spaceCheck,
  storeChecks,
} from '../../src/core/doctor-data.ts';
import { endpointCheck, type SourceFacts, sourceChecks } from '../../src/core/doctor-sources.ts';
import { clipboardChecks, clockChecks, skewCheck, type TerminalFacts, terminalChecks } from '../../src/core/doctor-terminal.ts';
import { NO_POLICY } from '../../src/core/policy.ts';
import { Problem } from '../../src/core/problem.ts';
import { usersTemplate } from '../helpers/model.ts';

const NOW = Date.UTC(2026, 10, 21, 3);
const DAY = 86_400_000;

const good: TerminalFacts = {
  stdin: true,
  stdout: true,
  size: { columns: 80, rows: 24 },
  smallest: { columns: 40, rows: 10 },
  term: 'xterm-256color',
  colorterm: '',
  noColor: false,
  colour: 'ansi16',
  unicode: true,
  addressable: true,
  locale: { name: 'LANG', value: 'C.UTF-8' },
  multiplexer: undefined,
  tmux: undefined,
  ssh: false,
  mosh: false,
};

const named = (checks: readonly Check[], name: string) => checks.find(check => check.name === name);
const levels = (checks: readonly Check[]) => checks.map(({ name, level }) => `${name}: ${level}`);

describe('the terminal', () => {
  it('is fine where nothing is in the way', () => {
    expect(levels(terminalChecks(good))).toEqual(['console: ok', 'size: ok', 'colours: ok', 'characters: ok', 'way: ok']);
  });

  it.each<[string, Partial<TerminalFacts>, string, 'ok' | 'warn', RegExp]>([
    ['that cannot place its cursor', { addressable: false, term: 'dumb' }, 'console', 'warn', /lines only \(plain\): TERM=dumb/],
    ['of which nothing is known', { addressable: false, term: '' }, 'console', 'warn', /TERM is not set/],
    ['that is a pipe', { stdout: false }, 'console', 'ok', /standard output is none/],
    ['that is too small', { size: { columns: 30, rows: 24 } }, 'size', 'warn', /30x24 is too small/],
    ['that has no size', { size: undefined }, 'size', 'ok', /not known/],
    ['without colours', { colour: 'none', term: 'vt100' }, 'colours', 'ok', /none \(TERM=vt100\)/],
    ['that is to have no colours', { noColor: true, colour: 'none' }, 'colours', 'ok', /NO_COLOR/],
    ['of another locale', { unicode: false, locale: { name: 'LC_ALL', value: 'C' } }, 'characters', 'warn', /ASCII only \(LC_ALL=C\)/],
    ['without a locale', { unicode: false, locale: undefined }, 'characters', 'warn', /none of LC_ALL, LC_CTYPE and LANG/],
    ['over ssh in tmux', { ssh: true, multiplexer: 'tmux' }, 'way', 'ok', /over ssh, in tmux/],
    ['over mosh', { ssh: true, mosh: true }, 'way', 'ok', /^over mosh$/],
  ])('%s is told', (_what, facts, name, level, text) => {
    expect(named(terminalChecks({ ...good, ...facts }), name)).toMatchObject({ level, text: expect.stringMatching(text) });
  });
});

describe('the clipboard', () => {
  const checks = (facts: Partial<TerminalFacts>) => clipboardChecks({ ...good, ...facts }, '/data/clipboard.txt');

  it('shows what would be sent, with nothing in it that acts', () => {
    expect(named(checks({}), 'sequence')?.text).toBe('␛]52;c;cm9sbGNhbGw=␇');
    expect(named(checks({ multiplexer: 'tmux' }), 'sequence')?.text).toContain('␛Ptmux;');
    expect(named(checks({ multiplexer: 'screen' }), 'OSC 52')?.text).toContain('wrapped in pieces for screen');
    expect(named(checks({}), 'file')?.text).toContain('/data/clipboard.txt');
  });

  it.each([
    ['on', 'off', 'ok'],
    ['external', 'off', 'warn'],
    ['external', '0', 'warn'],
    ['off', 'on', 'ok'],
    ['external', '', 'ok'],
  ])('is taken by a tmux with set-clipboard %s and allow-passthrough %s: %s', (setClipboard, allowPassthrough, level) => {
    expect(named(checks({ multiplexer: 'tmux', tmux: { setClipboard, allowPassthrough } }), 'tmux')?.level).toBe(level);
  });
});

describe('the clock', () => {
  it('is told as UTC and as local time', () => {
    expect(clockChecks({ now: NOW, zone: 'Asia/Kathmandu', offsetMinutes: 345 }).map(({ text }) => text)).toEqual([
      '2026-11-21T03:00:00Z',
      '2026-11-21T08:45:00+05:45 (Asia/Kathmandu)',
    ]);
    expect(clockChecks({ now: NOW, zone: 'America/St_Johns', offsetMinutes: -210 })[1]?.text).toContain('2026-11-20T23:30:00-03:30');
  });

  it.each([
    [undefined, 'ok', 'the server told no time'],
    [-900, 'ok', 'the same, to the second'],
    [4_000, 'ok', 'this machine is 4 s behind the server'],
    [-120_000, 'warn', 'this machine is 120 s ahead of the server'],
  ] as const)('is held against a server that is %s ms ahead: %s', (skewMs, level, text) => {
    expect(skewCheck('prod', skewMs)).toMatchObject({ name: 'against prod', level, text });
  });
});

const place = (over: Partial<PlaceFacts> = {}): PlaceFacts => ({ path: '/d', exists: true, mode: 0o700, hindrance: undefined, ...over });

describe('directories and files', () => {
  it.each<[string, PlaceFacts, string, string]>([
    ['private', place(), 'ok', 'ok'],
    ['not there yet', place({ exists: false, mode: 0 }), 'ok', 'ok'],
    ['open to others', place({ mode: 0o755 }), 'warn', 'warn'],
    ['not writable', place({ hindrance: 'not writable' }), 'warn', 'bad'],
  ])('a directory that is %s', (_what, facts, settings, data) => {
    expect([settingsPlaceCheck(facts).level, dataPlaceCheck(facts).level]).toEqual([settings, data]);
  });

  it('names files that others may read, and how to close them', () => {
    const checks = fileChecks([
      place({ path: '/d/a', mode: 0o600 }),
      place({ path: '/d/b', mode: 0o644 }),
      place({ path: '/d/c', exists: false }),
    ]);
    expect(checks).toMatchObject([{ level: 'warn', todo: 'chmod 600 /d/b' }]);
  });

  it.each([
    [1e8, 'bad'],
    [1e9, 'warn'],
    [1e11, 'ok'],
  ])('%s bytes free: %s', (free, level) => {
    expect(spaceCheck(free, 512 * 2 ** 20)).toMatchObject({ level });
  });
});

describe('what is stored', () => {
  const store = { schema: 7, events: 12_345, runs: 2, openRuns: 1, bytes: 4_200_000, newest: NOW };

  it('is counted', () => {
    expect(storeChecks(store, 7)).toMatchObject([{ text: '12,345 events, 2 runs (1 open), 4.2 MB' }, { level: 'ok', text: 'version 7' }]);
    expect(storeChecks(undefined, 7)).toMatchObject([{ level: 'ok', text: 'none yet' }]);
  });

  it('may be older or newer than this rollcall, or broken', () => {
    expect(storeChecks({ ...store, schema: 3 }, 7)[1]).toMatchObject({ level: 'ok', text: expect.stringContaining('brought up to 7') });
    expect(storeChecks({ ...store, schema: 9 }, 7)[1]).toMatchObject({ level: 'bad', kind: 'storage' });
    expect(storeChecks(new Problem('storage', 'Damaged.'), 7)).toMatchObject([{ level: 'bad', kind: 'storage', text: 'Damaged.' }]);
  });

  it('has a log that holds, or does not', () => {
    const report = { lines: 3, torn: 0, breaks: [], head: 'a'.repeat(64) };
    expect(levels(auditChecks(report))).toEqual(['chain: ok', 'last line: ok']);
    expect(auditChecks({ ...report, breaks: [2] })[0]).toMatchObject({
      level: 'bad',
      text: expect.stringContaining('line 2 does not follow'),
    });
    expect(auditChecks(undefined)[0]?.level).toBe('ok');
    expect(auditChecks(new Problem('storage', 'Not readable.'))[0]).toMatchObject({ level: 'bad', kind: 'storage' });
  });
});

describe('what is allowed', () => {
  const allowlist = (over: Partial<Allowlist> = {}): Allowlist => ({ ...allowlistOf([usersTemplate], [], new Map(), NO_POLICY), ...over });

  it('is told, with each template that may not run and why', () => {
    const site = [
      { name: 'ours', template: undefined, broken: 'query.sql: two statements' },
      { name: 'theirs', template: { ...usersTemplate, name: 'theirs' } },
    ];
    const checks = allowlistChecks(allowlistOf([usersTemplate], site, new Map(), NO_POLICY), '/etc/p.yaml');
    expect(checks.map(({ level, text }) => `${level}: ${text}`)).toEqual([
      'ok: none (/etc/p.yaml)',
      'ok: 1 may run',
      'bad: ours may not run: query.sql: two statements',
      expect.stringContaining('warn: theirs may not run: nobody has approved it'),
    ]);
  });

  it('follows a policy, which may forbid everything', () => {
    const policy = { templates: {}, siteTemplates: false, maxHosts: 500, confirmAbove: 10 };
    const checks = allowlistChecks(allowlistOf([usersTemplate], [], new Map(), policy), '/etc/p.yaml');
    expect(checks[0]?.text).toBe("/etc/p.yaml, root's alone: 0 templates named, no site templates, 500 hosts at once, asks above 10");
    expect(checks[1]).toMatchObject({ level: 'warn', text: 'none may run, 1 forbidden by the policy' });
  });

  it('is not known where the policy cannot be followed', () => {
    expect(allowlistChecks(new Problem('usage', 'The policy is off.'), 'p')).toMatchObject([{ level: 'bad', kind: 'usage' }]);
    expect(allowlistChecks(allowlist(), 'p')).toHaveLength(2);
  });

  it('has rules, of which broken files are named', () => {
    expect(levels(rulesChecks(3, 1, []))).toEqual(['rules: ok']);
    expect(rulesChecks(3, 2, ['/c/rules/x.yaml:3: no'])[1]).toMatchObject({
      level: 'bad',
      kind: 'usage',
      text: expect.stringContaining('x.yaml:3'),
    });
  });

  it('has settings', () => {
    expect(settingsCheck('/c/config.json', 0)).toMatchObject({ level: 'ok', text: expect.stringContaining('no source yet') });
    expect(settingsCheck('/c/config.json', new Problem('usage', 'off'))).toMatchObject({ level: 'bad', kind: 'usage' });
  });
});

const source = (over: Partial<SourceFacts> = {}): SourceFacts => ({
  name: 'prod',
  kind: 'osctrl',
  address: 'https://osctrl.example:9002',
  secret: 'in the variable T, which is set',
  insecure: false,
  caFile: undefined,
  report: { version: 'osctrl 0.5.4', account: 'ir', can: ['list hosts'], cannot: [], remarks: [] },
  tookMs: 12.4,
  tls: { protocol: 'TLSv1.3', subject: 'osctrl.example', issuer: 'Test CA', validTo: NOW + 200 * DAY },
  ...over,
});
const checked = (over: Partial<SourceFacts>) => sourceChecks(source(over), NOW);

describe('a source', () => {
  it('is fine when it answers and may do everything', () => {
    expect(levels(checked({}))).toEqual(['reached: ok', 'account: ok', 'may: ok', 'secret: ok', 'TLS: ok', 'certificate: ok']);
    expect(named(checked({}), 'reached')?.text).toBe('https://osctrl.example:9002, osctrl 0.5.4, in 12 ms');
  });

  it('may be limited, or have something to say', () => {
    const report = { version: '', account: '', can: [], cannot: ['run live queries'], remarks: ['The token expires in 3d.'] };
    const checks = checked({ report });
    expect([named(checks, 'may not'), named(checks, 'remark')]).toMatchObject([
      { level: 'warn' },
      { level: 'warn', text: report.remarks[0] },
    ]);
  });

  it('is bad when it refuses or cannot be reached', () => {
    expect(checked({ report: new Problem('auth', 'Refused.') })[0]).toMatchObject({ level: 'bad', kind: 'auth', text: 'Refused.' });
  });

  it.each<[string, Partial<SourceFacts>, string, string, RegExp]>([
    ['without verification', { insecure: true }, 'TLS', 'warn', /not verified/],
    ['with a CA of its own', { caFile: '/ca.pem' }, 'TLS', 'ok', /only the CAs in \/ca\.pem/],
    ['in the clear on this machine', { address: 'http://127.0.0.1:1' }, 'TLS', 'ok', /to this machine/],
    ['in the clear', { address: 'http://far', insecure: true }, 'TLS', 'warn', /in the clear/],
    [
      'whose certificate ends soon',
      { tls: { protocol: 'TLSv1.2', subject: 'a', issuer: 'b', validTo: NOW + 3 * DAY } },
      'certificate',
      'warn',
      /until 2026-11-24: 3d left/,
    ],
    [
      'whose certificate ended',
      { tls: { protocol: 'TLSv1.2', subject: 'a', issuer: 'b', validTo: NOW - DAY } },
      'certificate',
      'warn',
      /expired/,
    ],
  ])('%s', (_what, over, name, level, text) => {
    expect(named(checked(over), name)).toMatchObject({ level, text: expect.stringMatching(text) });
  });

  it('has an endpoint that somebody holds, or nobody, or somebody who hangs', () => {
    const facts = { source: 'here', held: true, pid: 17, socket: '/d/control.sock', answers: true };
    expect(endpointCheck(facts)).toMatchObject({ level: 'ok', text: expect.stringContaining('process 17') });
    expect(endpointCheck({ ...facts, held: false })).toMatchObject({ level: 'ok', text: expect.stringContaining('nobody') });
    expect(endpointCheck({ ...facts, answers: false, pid: undefined })).toMatchObject({ level: 'bad', kind: 'unreachable' });
  });
});

it('counts the levels and names the worst', () => {
  expect(verdictOn([])).toEqual({ ok: 0, warn: 0, bad: 0, worst: 'ok' });
  expect(verdictOn(checked({ insecure: true }))).toMatchObject({ warn: 1, worst: 'warn' });
});
