import { describe, expect, it } from 'vitest';
import type { NodeClient, ServerReply } from '../../src/agent/client.ts';
import { Denylist } from '../../src/agent/denylist.ts';
import { DistributedQueries, type QueryOutcome } from '../../src/agent/distributed.ts';
import { Problem } from '../../src/core/problem.ts';
import { FakeClock } from '../helpers/fake-clock.ts';

const never = new AbortController().signal;

type Written = {
  readonly queries: Record<string, unknown>;
  readonly statuses: Record<string, number>;
  readonly messages: Record<string, string>;
  readonly stats: Record<string, unknown>;
};

/** A node whose statements give what the test says, before a server that replies what it says. */
function node(kept = new Map<string, string>()) {
  const clock = new FakeClock();
  const server = { reply: {} as ServerReply, writable: true, written: [] as Written[] };
  const client = {
    read: async () => server.reply,
    write: async (body: Written) => {
      server.written.push(body);
      if (!server.writable) throw new Problem('unreachable', 'busy');
      return {};
    },
  } as unknown as NodeClient;
  const outcomes = new Map<string, QueryOutcome>();
  const ran: string[] = [];
  const run = async (sql: string) => {
    ran.push(sql);
    return outcomes.get(sql) ?? { rows: [{ a: '1' }] };
  };
  const state = { get: (key: string) => kept.get(key), set: (key: string, value: string) => void kept.set(key, value) };
  const queries = new DistributedQueries({ client, run, denylist: new Denylist(state, clock), clock });
  return { server, queries, outcomes, ran, clock, kept, run };
}

describe('live queries', () => {
  it('are answered together: rows, statuses, messages and stats by id', async () => {
    const { server, queries, outcomes } = node();
    server.reply = { queries: { one: 'GOOD', two: 'BAD' } };
    outcomes.set('BAD', { error: 'no such table: x' });
    expect(await queries.round(never)).toBe(2);
    expect(server.written).toEqual([
      {
        queries: { one: [{ a: '1' }], two: [] },
        statuses: { one: 0, two: 1 },
        messages: { one: '', two: 'no such table: x' },
        stats: { one: expect.objectContaining({ wall_time_ms: expect.any(Number) }), two: expect.anything() },
      },
    ]);
  });

  it('write nothing when nothing was asked', async () => {
    const { server, queries } = node();
    server.reply = { queries: {}, node_invalid: false };
    expect(await queries.round(never)).toBe(0);
    expect(server.written).toEqual([]);
  });

  it('keep results that could not be written, and send them with the next', async () => {
    const { server, queries, ran } = node();
    server.reply = { queries: { one: 'A' } };
    server.writable = false;
    await expect(queries.round(never)).rejects.toBeInstanceOf(Problem);
    server.writable = true;
    server.reply = { queries: { two: 'B' } };
    await queries.round(never);
    expect(ran).toEqual(['A', 'B']);
    expect(Object.keys(server.written.at(-1)?.queries ?? {})).toEqual(['one', 'two']);
  });

  it('run only where their discovery finds something, or where they have none', async () => {
    const { server, queries, outcomes, ran } = node();
    server.reply = { queries: { yes: 'A', no: 'B', bare: 'C' }, discovery: { yes: 'FOUND', no: 'EMPTY' } };
    outcomes.set('EMPTY', { rows: [] });
    await queries.round(never);
    expect(ran).toEqual(['FOUND', 'EMPTY', 'A', 'C']);
  });

  it('are all left alone when a discovery fails, and those after an empty one too', async () => {
    const { server, queries, outcomes } = node();
    server.reply = { queries: { one: 'A' }, discovery: { other: 'BAD' } };
    outcomes.set('BAD', { error: 'syntax error' });
    expect(await queries.round(never)).toBe(0);
    server.reply = { queries: { one: 'A', two: '', three: 'C' } };
    expect(await queries.round(never)).toBe(1);
  });

  it.each([
    [60, true],
    ['60', false],
  ])('are asked for more often after accelerate: %j', async (accelerate, accelerated) => {
    const { server, queries, clock } = node();
    server.reply = { queries: {}, accelerate };
    await queries.round(never);
    expect(queries.accelerated).toBe(accelerated);
    server.reply = {};
    await clock.advance(60_000);
    expect(queries.accelerated).toBe(false);
  });
});

describe('a statement during which the process died', () => {
  it('is not run again for a day', async () => {
    const kept = new Map<string, string>();
    const dying = node(kept);
    new Denylist({ get: key => kept.get(key), set: (key, value) => void kept.set(key, value) }, dying.clock).begin('DEADLY');

    const { server, queries, ran, clock } = node(kept);
    server.reply = { queries: { one: 'DEADLY', two: 'GOOD' } };
    await queries.round(never);
    expect(ran).toEqual(['GOOD']);
    expect(server.written[0]).toMatchObject({ statuses: { one: 1, two: 0 }, messages: { one: 'distributed query is denylisted' } });
    await clock.advance(86_400_000);
    await queries.round(never);
    expect(ran).toContain('DEADLY');
  });

  it('is another one than a statement that came back, even with an error', async () => {
    const { server, queries, outcomes, ran, kept } = node();
    outcomes.set('BAD', { error: 'x' });
    server.reply = { queries: { one: 'BAD' } };
    await queries.round(never);
    const again = node(kept);
    again.server.reply = { queries: { two: 'BAD' } };
    await again.queries.round(never);
    expect([ran, again.ran]).toEqual([['BAD'], ['BAD']]);
  });
});
