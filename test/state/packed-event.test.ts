import { describe, expect, it } from 'vitest';
import { type FilteredEvent, parseFilter } from '../../src/core/filter.ts';
import { foldKey } from '../../src/core/fold.ts';
import type { Row } from '../../src/core/model.ts';
import { PackedEvent } from '../../src/state/packed-event.ts';
import { anEvent } from '../helpers/frames.tsx';

const MEMBERS: readonly (keyof FilteredEvent)[] = [
  'id',
  'time',
  'seenAt',
  'source',
  'connector',
  'kind',
  'eventType',
  'title',
  'hostname',
  'hostId',
  'hostUuid',
  'table',
  'tables',
  'queryName',
  'action',
  'row',
  'severity',
  'severityReason',
  'attack',
  'isNew',
  'rules',
];
const told = (event: FilteredEvent) => Object.fromEntries(MEMBERS.map(name => [name, event[name]]));
const packedRow = (row: Row) => new PackedEvent(anEvent({ row })).row;

describe('a packed event', () => {
  const whole = {
    ...anEvent({ tables: ['crontab', 'hash'], row: { command: 'curl x | sh', path: '/etc/crontab', empty: '', none: null } }),
    isNew: 'fleet' as const,
    rules: ['cron-download'],
  };

  it('says the same as the whole one, but for what is on disk', () => {
    const packed = new PackedEvent(whole);
    expect(told(packed)).toEqual(told(whole));
    expect(packed).not.toHaveProperty('raw');
    expect(packed).not.toHaveProperty('dedupeKey');
  });

  it('folds and is packed again as the whole one', () => {
    const packed = new PackedEvent(whole);
    expect(foldKey(packed)).toBe(foldKey(whole));
    expect(told(new PackedEvent(packed))).toEqual(told(whole));
  });

  it('keeps the order of columns, empty cells, nulls and rows without columns', () => {
    expect(Object.entries(packedRow({ b: '', a: null, c: 'x' }))).toEqual([
      ['b', ''],
      ['a', null],
      ['c', 'x'],
    ]);
    expect(packedRow({})).toEqual({});
    expect(packedRow({ only: '' })).toEqual({ only: '' });
  });

  it('gives single cells', () => {
    const packed = new PackedEvent(whole);
    expect(['command', 'path', 'empty', 'none', 'other', 'toString'].map(name => packed.cell(name))).toEqual([
      'curl x | sh',
      '/etc/crontab',
      '',
      null,
      undefined,
      undefined,
    ]);
  });

  it('is not led astray by the marks that part its cells', () => {
    const row = { a: 'x\u0000y', b: '\u0001', c: 'z' };
    const packed = new PackedEvent(anEvent({ title: 'a\u0000b', row }));
    expect(packed.title).toBe('a·b');
    expect(packed.row).toEqual({ a: 'x·y', b: '·', c: 'z' });
    expect(packed.cell('c')).toBe('z');
  });

  it('keeps events apart that differ in one thing only', () => {
    const one = anEvent({ hostname: 'web-1' });
    const others = [
      { ...one, hostname: 'web-2' },
      { ...one, severity: 'critical' as const },
      { ...one, isNew: 'host' as const },
      { ...one, attack: ['T1543'] },
      { ...one, rules: ['a'] },
      { ...one, tables: ['a', 'b'] },
      { ...one, queryName: null },
      { ...one, row: { address: '0.0.0.0', port: '4444' } },
    ];
    const packed = [one, ...others].map(event => told(new PackedEvent(event)));
    expect(packed).toEqual([one, ...others].map(told));
  });

  it('says the same after more hosts than are told apart', () => {
    const early = new PackedEvent(anEvent({ hostname: 'early' }));
    for (let index = 0; index < 2_000; index++) new PackedEvent(anEvent({ hostname: `evil-${index}`.repeat(80) }));
    expect(early.hostname).toBe('early');
    expect(new PackedEvent(anEvent({ hostname: 'late' })).hostname).toBe('late');
  });
});

describe('a filter', () => {
  const event = {
    ...anEvent({ title: 'processes added: Nginx', row: { path: '/usr/sbin/nginx', port: '443', none: null }, hostname: 'web-1' }),
    isNew: 'host' as const,
  };

  it.each([
    ['nginx', true],
    ['"added: Nginx"', true],
    ['"nginx 443"', false],
    ['nginx443', false],
    ['-web-1', false],
    ['col:path=/usr/*', true],
    ['col:port>400', true],
    ['col:none', false],
    ['col:missing', false],
    ['new:host sev>=medium host:web-*', true],
    ['text:sbin', true],
    ['rule:x', false],
  ])('%s: finds the packed event as it finds the whole one', (expression, found) => {
    const { match } = parseFilter(expression);
    expect(match(event)).toBe(found);
    expect(match(new PackedEvent(event))).toBe(found);
  });
});
