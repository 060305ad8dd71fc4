import { describe, expect, it } from 'vitest';
import { dedupeKey as dedupeOf } from '../../src/core/dedupe.ts';
import { eventToJson, judge } from '../../src/core/judge.ts';
import { aRawEvent } from '../helpers/model.ts';

const SEEN = Date.UTC(2026, 10, 21, 3, 0, 0);

describe('judge', () => {
  it('takes the severity of the table, and says so', () => {
    const event = judge(aRawEvent({ tables: ['crontab'] }), SEEN);
    expect(event).toMatchObject({
      severity: 'high',
      severityReason: 'table crontab: high',
      table: 'crontab',
      attack: ['T1053.003'],
      seenAt: SEEN,
    });
  });

  it('takes the most severe of several tables', () => {
    const event = judge(aRawEvent({ tables: ['users', 'startup_items', 'uptime'] }), SEEN);
    expect(event).toMatchObject({ severity: 'high', table: 'startup_items', attack: ['T1547'] });
    expect(event.severityReason).toBe('table startup_items: high, the most severe of users, startup_items, uptime');
  });

  it('calls an event of no known table medium, without a technique', () => {
    expect(judge(aRawEvent({ tables: [] }), SEEN)).toMatchObject({
      severity: 'medium',
      severityReason: 'table unknown: medium',
      table: null,
      attack: [],
    });
  });

  it('leaves a severity alone that the connector gave', () => {
    const judged = { severity: 'low', reason: 'host went offline' } as const;
    expect(judge(aRawEvent({ kind: 'host', eventType: 'host_status', tables: [], judged }), SEEN)).toMatchObject({
      severity: 'low',
      severityReason: 'host went offline',
      table: null,
    });
  });

  it('gives the same record the same id, and others another', () => {
    const dedupeKey = dedupeOf(['k1']);
    const { id } = judge(aRawEvent({ dedupeKey }), SEEN);
    expect(id).toMatch(/^[0-9a-f]{24}$/);
    expect(judge(aRawEvent({ dedupeKey, title: 'worded anew', time: 5 }), SEEN + 1).id).toBe(id);
    expect(judge(aRawEvent({ dedupeKey: dedupeOf(['k2']) }), SEEN).id).not.toBe(id);
  });

  it('hands over everything else as it was, and nothing more', () => {
    const { tables, judged, ...kept } = aRawEvent();
    const event = judge({ ...kept, tables }, SEEN);
    expect(event).toMatchObject(kept);
    expect(event).not.toHaveProperty('tables');
    expect(judged).toBeUndefined();
    expect(event).not.toHaveProperty('judged');
  });
});

describe('eventToJson', () => {
  it('is the documented object, key by key', () => {
    const event = judge(aRawEvent(), SEEN);
    expect(JSON.stringify(eventToJson(event))).toBe(
      JSON.stringify({
        id: event.id,
        dedupe_key: 'k1',
        time: '2026-11-21T02:59:30.000Z',
        seen_at: '2026-11-21T03:00:00.000Z',
        source: 'lab',
        connector: 'direct',
        category: 'endpoint',
        kind: 'query_row',
        event_type: 'osquery_query_row',
        severity: 'medium',
        severity_reason: 'table listening_ports: medium',
        title: 'listening_ports added: 0.0.0.0:4444',
        hostname: 'web-1',
        host_id: 'web-1',
        host_uuid: 'web-1-0000-4000-8000-000000000000',
        osquery_table: 'listening_ports',
        query_name: 'listening_ports',
        action: 'added',
        attack: [],
        row: { port: '4444', address: '0.0.0.0' },
        raw: { name: 'listening_ports' },
        rules: [],
        new: null,
        triage: { state: 'new', who: null, at: null, until: null, reason: '', comments: 0 },
      }),
    );
  });
});
