import { describe, expect, it } from 'vitest';
import { isOsqueryTable } from '../../src/core/osquery-tables.ts';
import { severityOfTables } from '../../src/core/severity.ts';
import { tableOfQueryName } from '../../src/core/sql-tables.ts';
import { hostileText, spoilt } from '../../src/lab/hostile.ts';
import { Random } from '../../src/lab/random.ts';
import { type LabHost, rosterOf } from '../../src/lab/roster.ts';
import { HostStream } from '../../src/lab/stream.ts';

const NOW = Date.UTC(2026, 10, 21, 3);
const hosts = rosterOf(40, 'seed', NOW);

type Line = {
  readonly name: string;
  readonly action: string;
  readonly counter: number;
  readonly unixTime: number;
  readonly columns: Record<string, string>;
  readonly severity?: number;
  readonly snapshot?: unknown[];
};

const told = (host: LabHost, count: number) => {
  const stream = new HostStream(host);
  return Array.from({ length: count }, (_, index) => stream.next(NOW + index * 1_000));
};
const lines = (host: LabHost, count: number) => told(host, count).flatMap(({ lines: said }) => said as Line[]);
const tame = hosts.filter(host => host.behaviour !== 'hostile' && !host.isOdd);

describe('what hosts log by themselves', () => {
  it('is the same for the same seed', () => {
    for (const host of hosts) expect(told(host, 50)).toEqual(told(host, 50));
  });

  it('comes from tables of all severities, under names that tell the table', () => {
    const names = new Set(tame.flatMap(host => lines(host, 60).flatMap(line => (line.name === undefined ? [] : [line.name]))));
    const severities = new Set<string>();
    for (const name of names) {
      const table = tableOfQueryName(name);
      expect(table !== null && isOsqueryTable(table)).toBe(true);
      severities.add(severityOfTables([table ?? '']).severity);
    }
    expect(severities).toEqual(new Set(['info', 'medium', 'high']));
  });

  it('has the time of its happening', () => {
    expect(lines(tame[0] as LabHost, 3).map(line => line.unixTime)).toEqual([0, 1, 2].map(seconds => NOW / 1_000 + seconds));
  });

  it('removes only what it added, with a counter that rises by one', () => {
    for (const host of tame) {
      const standing = new Set<string>();
      const counters = new Map<string, number>();
      for (const line of lines(host, 80).filter(({ action }) => action === 'added' || action === 'removed')) {
        const row = JSON.stringify([line.name, line.columns]);
        if (line.action === 'added') standing.add(row);
        else expect(standing.delete(row)).toBe(true);
        expect(line.counter).toBe((counters.get(line.name) ?? 0) + 1);
        counters.set(line.name, line.counter);
      }
    }
  });

  it('holds lines of the agent of every severity', () => {
    const severities = new Set(tame.flatMap(host => lines(host, 60).flatMap(line => (line.severity === undefined ? [] : [line.severity]))));
    expect(severities).toEqual(new Set([0, 1, 2]));
  });

  it('begins on the odd host with what makes it odd', () => {
    const odd = hosts.find(host => host.isOdd) as LabHost;
    expect(lines(odd, 1).map(({ name }) => name)).toEqual(['crontab', 'listening_ports']);
  });
});

describe('what a hostile host sends', () => {
  const hostile = hosts.find(host => host.behaviour === 'hostile') as LabHost;
  const text = JSON.stringify(told(hostile, 60));

  it.each([
    ['escapes', '\\u001b]52;'],
    ['C1 controls', '\u009b'],
    ['bidi overrides', '\u202e'],
    ['zero-width characters', '\u200b'],
    ['NUL', '\\u0000'],
    ['line breaks', '\\r\\n'],
  ])('holds %s', (_, part) => {
    expect(text).toContain(part);
  });

  it('holds large snapshots and lines that are none, within what osquery can send', () => {
    const said = told(hostile, 60).flatMap(({ lines: each }) => each as (Line | null)[]);
    expect(said.some(line => (line?.snapshot?.length ?? 0) > 100)).toBe(true);
    expect(said).toContain(null);
    for (const line of said) expect(JSON.stringify(line).length).toBeLessThan(1024 * 1024);
  });

  it('are as many rows as were asked for, spoilt', () => {
    const rows = spoilt([{ pid: '1' }, { pid: '2' }], 'seed') as Record<string, unknown>[];
    expect(rows).toHaveLength(2);
    expect(rows.flatMap(row => Object.keys(row)).length).toBeGreaterThan(4);
    expect(spoilt([{ pid: '1' }], 'seed')).toEqual(spoilt([{ pid: '1' }], 'seed'));
  });

  it('are texts of many kinds', () => {
    const random = new Random('x');
    expect(new Set(Array.from({ length: 300 }, () => hostileText(random))).size).toBeGreaterThan(20);
  });
});
