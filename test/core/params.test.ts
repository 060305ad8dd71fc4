import { describe, expect, it } from 'vitest';
import { checkParam, resolveParams } from '../../src/core/params.ts';
import { AllowlistError } from '../../src/core/problem.ts';
import { type ParamSpec, parseTemplate, type Template } from '../../src/core/template.ts';

const NOW = Date.UTC(2026, 6, 29, 12, 0, 0);
const HASH = 'AB'.repeat(32);

const int: ParamSpec = { name: 'limit', title: 'Rows', type: 'int', min: 1, max: 10_000, default: 100 };
const signed: ParamSpec = { name: 'n', title: 'N', type: 'int', min: -10, max: 10 };
const time: ParamSpec = { name: 'since', title: 'Since', type: 'time' };
const choice: ParamSpec = { name: 'directory', title: 'Directory', type: 'enum', values: ['/tmp', '/etc'], default: '/tmp' };
const file: ParamSpec = { name: 'path', title: 'Path', type: 'path' };
const ip: ParamSpec = { name: 'ip', title: 'Address', type: 'ip' };
const hash: ParamSpec = { name: 'sha256', title: 'Hash', type: 'sha256' };
const text: ParamSpec = { name: 'needle', title: 'Text', type: 'text', maxLength: 8 };

describe('checkParam', () => {
  it.each<[ParamSpec, string, string | number]>([
    [int, '1', 1],
    [int, '10000', 10_000],
    [signed, '0', 0],
    [signed, '-10', -10],
    [time, '30m', NOW / 1000 - 1_800],
    [time, '1785312000', 1_785_312_000],
    [time, '2026-07-29T11:59:59.9Z', NOW / 1000 - 1],
    [time, '2026-07-29T12:04:00Z', NOW / 1000 + 240],
    [choice, '/etc', '/etc'],
    [file, '/etc/passwd', '/etc/passwd'],
    [file, "/tmp/O'Brien; -- %*/ü", "/tmp/O'Brien; -- %*/ü"],
    [file, 'C:\\Windows\\Temp', 'C:\\Windows\\Temp'],
    [file, 'd:/data', 'd:/data'],
    [ip, '203.0.113.40', '203.0.113.40'],
    [ip, '2001:0DB8:0:0::1', '2001:db8::1'],
    [ip, '::ffff:192.0.2.7', '::ffff:192.0.2.7'],
    [ip, '::FFFF:C000:0207', '::ffff:192.0.2.7'],
    [hash, HASH, HASH.toLowerCase()],
    [text, 'a%_b', 'a%_b'],
    [text, 'x'.repeat(8), 'x'.repeat(8)],
  ])('$0.type takes $1', (spec, raw, value) => {
    expect(checkParam(spec, raw, NOW)).toEqual({ value });
  });

  it.each<[ParamSpec, string]>([
    ...['', '0', '10001', '-1', '+5', '010', '0x10', '1e3', '1.0', ' 5', '5 ', '5\n', '１２', '٣', 'NaN', '9'.repeat(40), 'true', '5;'].map(
      raw => [int, raw] as [ParamSpec, string],
    ),
    [signed, '-0'],
    [signed, '--1'],
    ...['', 'now', '24H', '2026-07-29', '2026-07-29T12:06:00Z', '1785999999', '-5m', '99999999d', '1e9', '24h\n'].map(
      raw => [time, raw] as [ParamSpec, string],
    ),
    ...['', '/TMP', '/tmp/', '/var'].map(raw => [choice, raw] as [ParamSpec, string]),
    ...[
      '',
      'etc/passwd',
      './x',
      '~/x',
      'C:',
      'C:x',
      '/a\0b',
      '/a\nb',
      '/a\u0085b',
      '//server/share',
      '\\\\server\\share',
      '/\\server',
      `/${'a'.repeat(5_000)}`,
      '/a\ud800',
    ].map(raw => [file, raw] as [ParamSpec, string]),
    ...['', '256.1.1.1', '1.2.3', '01.2.3.4', '1.2.3.4/24', '1.2.3.4\n', 'fe80::1%eth0', '::g', 'localhost'].map(
      raw => [ip, raw] as [ParamSpec, string],
    ),
    ...['', 'ab', 'z'.repeat(64), `${HASH}\n`, `${HASH}00`].map(raw => [hash, raw] as [ParamSpec, string]),
    ...['', 'x'.repeat(9), 'a\0', 'a\tb', 'a\u009bb', '\udc00'].map(raw => [text, raw] as [ParamSpec, string]),
  ])('$0.type refuses $1', (spec, raw) => {
    expect(checkParam(spec, raw, NOW)).toEqual({ problem: expect.stringMatching(/^must be .+, not '/) });
  });

  it('says what is wanted, and shows what was given on one short safe line', () => {
    expect(checkParam(int, '0x10', NOW)).toEqual({ problem: "must be a whole number from 1 to 10000, not '0x10'" });
    expect(checkParam(choice, `\u001b[2J${'y'.repeat(100_000)}`, NOW)).toEqual({
      problem: `must be one of /tmp, /etc, not '␛[2J${'y'.repeat(76)}…'`,
    });
  });
});

const template: Template = parseTemplate({
  name: 'files',
  meta: { title: 'Files', why: 'To see', platforms: ['linux'], params: [time, int, choice, file], cost: 'low' },
  sql: 'SELECT 1',
  sample: [],
});

const refusal = (given: Record<string, string>, of: Template = template): string => {
  try {
    resolveParams(of, given, NOW);
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(AllowlistError);
    return (thrown as Error).message;
  }
  throw new Error('was accepted');
};

describe('resolveParams', () => {
  it('fills in defaults, in the order of the template', () => {
    const params = resolveParams(template, { path: '/x', since: '1h' }, NOW);
    expect(Object.entries(params)).toEqual([
      ['since', NOW / 1000 - 3_600],
      ['limit', 100],
      ['directory', '/tmp'],
      ['path', '/x'],
    ]);
  });

  it('reads a default span at the time of the call', () => {
    const daily = { ...template, params: [{ ...time, default: '24h' } as ParamSpec] };
    expect(resolveParams(daily, {}, NOW)).toEqual({ since: NOW / 1000 - 86_400 });
  });

  it('names unknown parameters and the allowed ones', () => {
    expect(refusal({ zeta: '1', alpha: '2', since: '1h', path: '/x' })).toBe(
      "Template 'files' does not accept parameter(s): alpha, zeta. Allowed: directory, limit, path, since",
    );
    expect(refusal({ x: '1' }, { ...template, params: [] })).toBe("Template 'files' does not accept parameter(s): x. Allowed: none");
  });

  it('is not fooled by names that every object has', () => {
    expect(refusal({ constructor: '1', since: '1h', path: '/x' })).toContain('does not accept parameter(s): constructor');
    expect(refusal(JSON.parse('{"__proto__":"1","since":"1h","path":"/x"}'))).toContain('does not accept parameter(s): __proto__');
  });

  it('names missing parameters', () => {
    expect(refusal({ limit: '3' })).toBe("Template 'files' requires parameter(s) with no default: path, since");
  });

  it('says what is wrong with a value', () => {
    expect(refusal({ since: '1h', path: '/x', limit: '0x10' })).toBe(
      "Parameter 'limit' of 'files' must be a whole number from 1 to 10000, not '0x10'.",
    );
  });

  it('names every wrong value at once', () => {
    expect(refusal({ since: 'later', path: 'x' })).toMatch(
      /^Parameter 'since' of 'files' must .+\. Parameter 'path' of 'files' must .+\.$/,
    );
  });

  it('holds defaults to the same rules', () => {
    expect(refusal({}, { ...template, params: [{ ...int, default: 0 } as ParamSpec] })).toContain("Parameter 'limit' of 'files' must be");
  });
});
