/** Hosts, events and templates with values of our own, for tests. */
import type { Host, RawEvent } from '../../src/core/model.ts';
import { parseTemplate } from '../../src/core/template.ts';

export const aHost = (hostname: string, over: Partial<Host> = {}): Host => ({
  id: hostname,
  source: 'lab',
  kind: 'direct',
  hostname,
  displayName: hostname,
  uuid: `${hostname}-0000-4000-8000-000000000000`,
  platform: 'ubuntu',
  osVersion: 'Ubuntu 24.04',
  osqueryVersion: '5.19.0',
  status: 'online',
  lastSeen: Date.UTC(2026, 10, 21, 2, 59, 0),
  ip: '192.0.2.7',
  labels: [],
  ...over,
});

export const aRawEvent = (over: Partial<RawEvent> = {}): RawEvent => ({
  dedupeKey: 'k1',
  time: Date.UTC(2026, 10, 21, 2, 59, 30),
  source: 'lab',
  connector: 'direct',
  kind: 'query_row',
  eventType: 'osquery_query_row',
  title: 'listening_ports added: 0.0.0.0:4444',
  hostname: 'web-1',
  hostId: 'web-1',
  hostUuid: 'web-1-0000-4000-8000-000000000000',
  tables: ['listening_ports'],
  queryName: 'listening_ports',
  action: 'added',
  row: { port: '4444', address: '0.0.0.0' },
  raw: { name: 'listening_ports' },
  ...over,
});

/** A template with one optional integer, as small as they come. */
export const usersTemplate = parseTemplate({
  name: 'some_users',
  meta: {
    title: 'Some users',
    why: 'Who is known here',
    platforms: ['linux'],
    params: [{ name: 'limit', title: 'Rows at most', type: 'int', min: 1, max: 100, default: 10 }],
    cost: 'low',
  },
  sql: 'SELECT username FROM users LIMIT :limit',
  sample: [{ username: 'root' }],
});
