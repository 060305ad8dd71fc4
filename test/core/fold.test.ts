import { describe, expect, it } from 'vitest';
import { canBeNew, contentOf, foldKey, isInventory } from '../../src/core/fold.ts';
import { judge } from '../../src/core/judge.ts';
import type { FeedEvent, RawEvent } from '../../src/core/model.ts';
import { aRawEvent } from '../helpers/model.ts';

const event = (over: Partial<RawEvent> = {}): FeedEvent => judge(aRawEvent(over), 0);
const process = (row: RawEvent['row'], over: Partial<RawEvent> = {}) => event({ tables: ['processes'], row, ...over });

describe('foldKey', () => {
  const nginx = process({ pid: '1', name: 'nginx', path: '/usr/sbin/nginx', start_time: '5' });

  it('is the same for rows that differ in what changes each time', () => {
    const again = process({ path: '/usr/sbin/nginx', name: 'nginx', start_time: '99', pid: '2' }, { dedupeKey: 'k2', time: 7 });
    expect(foldKey(again)).toBe(foldKey(nginx));
  });

  it.each<[string, FeedEvent]>([
    ['another value', process({ name: 'nginx', path: '/tmp/nginx' })],
    ['another host', process(nginx.row, { hostId: 'web-2' })],
    ['another source', process(nginx.row, { source: 'prod' })],
    ['another table', process(nginx.row, { tables: ['process_events'] })],
    ['another direction', process(nginx.row, { action: 'removed' })],
    ['another rule', { ...nginx, rules: ['deleted-binary'] }],
    ['another severity', { ...nginx, severity: 'critical' }],
  ])('is another one for %s', (_, other) => {
    expect(foldKey(other)).not.toBe(foldKey(nginx));
  });

  it('leaves out the local port of a connection, not that of a listener', () => {
    const socket = (local: string, remote: string) =>
      foldKey(event({ tables: ['process_open_sockets'], row: { local_port: local, remote_port: remote, remote_address: '192.0.2.1' } }));
    expect(socket('40001', '443')).toBe(socket('40002', '443'));
    expect(socket('40001', '443')).not.toBe(socket('40001', '444'));
    expect(socket('22', '0')).not.toBe(socket('23', '0'));
  });
});

describe('novelty', () => {
  it('gives the same content on every host, whichever way the row came', () => {
    const one = contentOf(event());
    expect(contentOf(event({ hostId: 'web-2', action: 'snapshot' }))).toBe(one);
    expect(contentOf(event({ row: { port: '1' } }))).not.toBe(one);
    expect(Number.isSafeInteger(one)).toBe(true);
  });

  it('is for rows that are there', () => {
    expect(canBeNew(event())).toBe(true);
    expect(canBeNew(event({ action: 'removed' }))).toBe(false);
    expect(canBeNew(event({ kind: 'status' }))).toBe(false);
    expect([isInventory(event()), isInventory(event({ action: 'snapshot' })), isInventory(event({ action: null }))]).toEqual([
      false,
      true,
      true,
    ]);
  });
});
