import { describe, expect, it } from 'vitest';
import { exitCodeOf, hostLine, hostToJson, runSummary, runToJson, summaryLine, templateToJson } from '../../src/core/aisoc.ts';
import type { Host, HostAnswer, Row } from '../../src/core/model.ts';
import { Run } from '../../src/core/run.ts';
import { aHost, usersTemplate } from '../helpers/model.ts';

const START = Date.UTC(2026, 6, 29, 12, 0, 0);

const aRun = (hosts: readonly Host[], sources: readonly string[] = ['lab']) =>
  new Run(
    {
      id: 'run-1',
      template: 'some_users',
      digest: 'sha256:00',
      sql: 'SELECT 1',
      params: { limit: 100 },
      sources,
      startedAt: START,
      timeoutMs: 60_000,
    },
    hosts,
  );

const rows = (hostId: string, found: readonly Row[]): HostAnswer => ({ hostId, at: START + 1_500, state: 'rows', rows: found });
const failed = (hostId: string, error: string): HostAnswer => ({ hostId, at: START + 2_000, state: 'error', error });

/** One host of every fate: rows, none, an error, denylisted, silent, offline. */
function mixedRun(): Run {
  const run = aRun(['web-1', 'web-2', 'win-4', 'win-5', 'db-9', 'old-3'].map(name => aHost(name)));
  run.remoteIds.set('lab', 'remote-7');
  run.answer('lab', rows('web-1', [{ pid: '1234', name: null }]));
  run.answer('lab', rows('web-2', []));
  run.answer('lab', failed('win-4', 'no such table: crontab'));
  run.answer('lab', { hostId: 'win-5', at: START + 3_000, state: 'denylisted', error: '' });
  run.silence('lab', 'old-3', 'offline', 'not seen for 3 d');
  run.end(START + 60_000, 'ended');
  return run;
}

describe('runToJson', () => {
  it('is the documented answer, key by key', () => {
    expect(JSON.stringify(runToJson(mixedRun()))).toBe(
      JSON.stringify({
        results: { 'web-1': [{ pid: '1234', name: null }], 'web-2': [] },
        partial: true,
        timed_out_hosts: ['db-9', 'old-3'],
        errors: { 'win-4': 'no such table: crontab', 'win-5': 'the query failed on this host, without a message' },
        offline_hosts: ['old-3'],
        run: {
          id: 'run-1',
          source: 'lab',
          template: 'some_users',
          digest: 'sha256:00',
          sql: 'SELECT 1',
          params: { limit: 100 },
          started_at: '2026-07-29T12:00:00.000Z',
          ended_at: '2026-07-29T12:01:00.000Z',
          targeted: 6,
          answered: 2,
          failed: 2,
          timed_out: 2,
          remote_id: 'remote-7',
        },
      }),
    );
  });

  it('is not partial when every host answered, with rows or an error', () => {
    const run = aRun([aHost('a'), aHost('b')]);
    run.answer('lab', rows('a', []));
    run.answer('lab', failed('b', 'x'));
    run.end(START + 10, 'ended');
    expect(runToJson(run)).toMatchObject({ partial: false, timed_out_hosts: [], offline_hosts: [] });
  });

  it('counts whoever has not answered an open run among the silent', () => {
    const run = aRun([aHost('a'), aHost('b')]);
    run.answer('lab', rows('a', []));
    expect(runToJson(run)).toMatchObject({
      partial: true,
      timed_out_hosts: ['b'],
      run: { ended_at: null, answered: 1, timed_out: 1, targeted: 2 },
    });
  });

  it('keeps hosts apart that share a name, and takes any name for a key', () => {
    const run = aRun([aHost('a', { id: '1', uuid: '11111111-x' }), aHost('a', { id: '2', uuid: '22222222-x' }), aHost('__proto__')]);
    for (const { id } of run.targets.map(target => target.host)) run.answer('lab', rows(id, []));
    run.end(START + 10, 'ended');
    expect(Object.keys(runToJson(run).results)).toEqual(['a (11111111)', 'a (22222222)', '__proto__']);
  });
});

describe('runSummary', () => {
  it('has no remote id when no server took the query, and all of them when several did', () => {
    expect(runSummary(aRun([aHost('a')])).remote_id).toBeNull();
    const run = aRun([aHost('a', { source: 's1' }), aHost('a', { source: 's2' })], ['s1', 's2']);
    run.remoteIds.set('s2', 'r2');
    run.remoteIds.set('s1', 'r1');
    expect(runSummary(run)).toMatchObject({ source: 's1,s2', remote_id: 'r1,r2' });
  });
});

describe('hostLine', () => {
  it('says for each host how it ended', () => {
    const lines = mixedRun().targets.map(hostLine);
    expect(JSON.stringify(lines[0])).toBe(
      '{"host":"web-1","host_id":"web-1","state":"rows","rows":[{"pid":"1234","name":null}],"error":null,"after_ms":1500}',
    );
    expect(lines.slice(1)).toMatchObject([
      { state: 'no_rows', rows: [], error: null, after_ms: 1_500 },
      { state: 'error', rows: [], error: 'no such table: crontab', after_ms: 2_000 },
      { state: 'error', error: 'the query failed on this host, without a message' },
      { state: 'timed_out', rows: [], error: null, after_ms: null },
      { state: 'offline', rows: [], error: null, after_ms: null },
    ]);
  });

  it('calls a cancelled host timed out', () => {
    const run = aRun([aHost('a')]);
    run.end(START + 5, 'cancelled');
    expect(run.targets.map(hostLine)).toMatchObject([{ state: 'timed_out' }]);
  });
});

describe('summaryLine', () => {
  it('is the answer without its rows', () => {
    const run = mixedRun();
    const { results, ...rest } = runToJson(run);
    expect(Object.keys(results)).not.toEqual([]);
    expect(summaryLine(run)).toEqual({ summary: rest });
  });
});

describe('exitCodeOf', () => {
  it('is 0 when every host answered, 3 when some did, 4 when none did', () => {
    expect(exitCodeOf(mixedRun())).toBe(3);
    const silent = aRun([aHost('a')]);
    silent.end(START + 5, 'ended');
    expect(exitCodeOf(silent)).toBe(4);
    const erring = aRun([aHost('a')]);
    erring.answer('lab', failed('a', 'x'));
    expect(exitCodeOf(erring)).toBe(0);
  });
});

describe('hostToJson', () => {
  it('is the documented object, key by key', () => {
    expect(JSON.stringify(hostToJson(aHost('web-1', { labels: ['web'] })))).toBe(
      JSON.stringify({
        id: 'web-1',
        hostname: 'web-1',
        display_name: 'web-1',
        uuid: 'web-1-0000-4000-8000-000000000000',
        platform: 'ubuntu',
        os_version: 'Ubuntu 24.04',
        osquery_version: '5.19.0',
        status: 'online',
        last_seen: '2026-11-21T02:59:00.000Z',
        ip: '192.0.2.7',
        labels: ['web'],
        source: 'lab',
        kind: 'direct',
      }),
    );
    expect(hostToJson(aHost('x', { lastSeen: null })).last_seen).toBeNull();
  });
});

describe('templateToJson', () => {
  it('is the documented object, with each parameter and its limits', () => {
    const json = templateToJson(usersTemplate);
    expect(Object.keys(json)).toEqual([
      'name',
      'title',
      'why',
      'platforms',
      'params',
      'sql',
      'digest',
      'attack',
      'cost',
      'stack',
      'volatile',
      'key',
      'secrets',
      'events',
    ]);
    expect(json).toMatchObject({ key: [], secrets: [], events: null });
    expect(json.params).toEqual([{ name: 'limit', type: 'int', required: false, default: 10, title: 'Rows at most', min: 1, max: 100 }]);
  });

  it('tells required parameters, choices and lengths', () => {
    const params = [
      { name: 'a', title: 'A', type: 'enum' as const, values: ['x'] },
      { name: 'b', title: 'B', type: 'text' as const, maxLength: 9, default: 'y' },
      { name: 'c', title: 'C', type: 'time' as const },
    ];
    expect(templateToJson({ ...usersTemplate, params }).params).toEqual([
      { name: 'a', type: 'enum', required: true, default: null, title: 'A', values: ['x'] },
      { name: 'b', type: 'text', required: false, default: 'y', title: 'B', max_length: 9 },
      { name: 'c', type: 'time', required: true, default: null, title: 'C' },
    ]);
  });
});
