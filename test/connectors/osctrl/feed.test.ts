import { describe, expect, it } from 'vitest';
import type { RawEvent } from '../../../src/core/model.ts';
import type { Connector, Cursor, EventBatch } from '../../../src/core/ports.ts';
import { faults, TOKEN } from '../../fakes/osctrl.ts';
import type { FakeQuery } from '../../fakes/osctrl-world.ts';
import { connectTo, forTest, never, type Setup, type SetupOptions } from './support.ts';

const DAY_MS = 86_400_000;
const SQL = 'SELECT name, path FROM startup_items WHERE username = "root"';

type Reading = {
  readonly events: RawEvent[];
  readonly batches: EventBatch[];
  readonly cursor: Cursor | undefined;
  readonly skipped: number;
};

/** One poll. Batches that came before a problem are kept, as the engine keeps them. */
async function poll(connector: Connector, from: Cursor | undefined, since: number): Promise<Reading & { problem?: unknown }> {
  const [feed] = connector.feeds;
  if (!feed) throw new Error('osctrl has a feed');
  const batches: EventBatch[] = [];
  let problem: unknown;
  try {
    for await (const batch of feed.read(from, since, never())) batches.push(batch);
  } catch (thrown) {
    problem = thrown;
  }
  const cursor = batches.at(-1)?.cursor ?? from;
  const skipped = batches.reduce((sum, batch) => sum + batch.skipped, 0);
  return { events: batches.flatMap(batch => batch.events), batches, cursor, skipped, ...(problem === undefined ? {} : { problem }) };
}

async function world(
  options: SetupOptions = {},
): Promise<Setup & { since: number; ask: (rows: readonly unknown[], over?: Partial<FakeQuery>) => FakeQuery }> {
  const setup = await forTest(options);
  const { world } = setup.fake;
  const node = world.addNode('web-1');
  world.addNode('web-2');
  const ask = (rows: readonly unknown[], over: Partial<FakeQuery> = {}) => {
    const query = world.addQuery(SQL, 'dev', 'another', { expected: 2, ...over });
    world.answer(query, node, 'answers', rows);
    return query;
  };
  return { ...setup, since: setup.clock.now() - DAY_MS, ask };
}

const names = (events: readonly RawEvent[]) => events.map(event => event.row.name).sort();

describe('an event of a query result', () => {
  it('is one per row, with host, table, query and the time of the result', async () => {
    const { fake, connector, clock, since, ask } = await world();
    const askedAt = clock.now();
    clock.advance(90_000);
    const query = ask(
      [
        { name: 'evil', path: '/tmp/evil' },
        { name: 'other', path: '/x' },
      ],
      { createdAt: askedAt },
    );
    const [node] = fake.world.nodes;
    const { events } = await poll(connector, undefined, since);
    expect(events).toHaveLength(2);
    expect(events[0]).toEqual({
      dedupeKey: expect.stringMatching(/^[0-9a-f]{32}$/),
      time: askedAt + 90_000,
      source: 'prod-osctrl',
      connector: 'osctrl',
      kind: 'query_row',
      eventType: 'osquery_query_row',
      title: expect.stringContaining('evil'),
      hostname: 'web-1',
      hostId: node?.uuid ?? '',
      hostUuid: node?.uuid ?? '',
      tables: ['startup_items'],
      queryName: query.name,
      action: null,
      row: { name: 'evil', path: '/tmp/evil' },
      raw: {
        query: { name: query.name, creator: 'another', query: SQL },
        uuid: node?.uuid,
        created_at: new Date(askedAt + 90_000).toISOString(),
        row: { name: 'evil', path: '/tmp/evil' },
      },
    } satisfies RawEvent);
  });

  it('is named by the host’s uuid where the account may not list hosts', async () => {
    const { fake, connector, since, ask } = await world();
    fake.accounts.set(TOKEN, { username: 'responder', admin: false, rights: { user: false, query: true, admin: false } });
    ask([{ name: 'a' }]);
    const { events } = await poll(connector, undefined, since);
    expect(events[0]?.hostname).toBe(fake.world.nodes[0]?.uuid);
  });

  it('waits for its host’s name rather than be stored without it', async () => {
    const { fake, connector, since, ask } = await world();
    ask([{ name: 'a' }]);
    const fault = { match: /nodes\/dev/, times: 1_000, strike: faults.status(503, 'busy') };
    fake.faults.push(fault);
    const first = await poll(connector, undefined, since);
    expect(first.events).toEqual([]);
    expect(first.problem).toMatchObject({ kind: 'unreachable' });
    fault.times = 0;
    const second = await poll(connector, first.cursor, since);
    expect(second.events.map(event => event.hostname)).toEqual(['web-1']);
  });

  it('has the name of a host that enrolled after the last listing', async () => {
    const { fake, connector, clock, since, ask } = await world();
    ask([{ name: 'a' }]);
    const first = await poll(connector, undefined, since);
    clock.advance(120_000);
    const late = fake.world.addNode('late-1');
    fake.world.answer(fake.world.addQuery(SQL, 'dev', 'x', { expected: 1 }), late, 'answers', [{ name: 'b' }]);
    const second = await poll(connector, first.cursor, since);
    expect(second.events.map(event => event.hostname)).toEqual(['late-1']);
  });

  it('has the same identity whenever it is read, and another one in another run of the same SQL', async () => {
    const { fake, clock, connector, since, ask } = await world();
    ask([
      { name: 'a', path: '/a' },
      { path: '/b', name: 'b' },
    ]);
    ask([{ name: 'a', path: '/a' }]);
    const first = await poll(connector, undefined, since);
    const other = connectTo(fake, clock);
    const second = await poll(other.connector, undefined, since);
    await other.close();
    expect(new Set(first.events.map(event => event.dedupeKey)).size).toBe(3);
    expect(second.events.map(event => event.dedupeKey)).toEqual(first.events.map(event => event.dedupeKey));
  });

  it('comes from active, completed, expired and hidden queries, not from deleted ones, carves or other environments', async () => {
    const { connector, since, ask } = await world();
    ask([{ name: 'active' }]);
    ask([{ name: 'completed' }], { expected: 1 });
    ask([{ name: 'expired' }], { active: false, expired: true });
    ask([{ name: 'hidden' }], { hidden: true });
    ask([{ name: 'deleted' }], { deleted: true, active: false });
    ask([{ name: 'carve' }], { type: 'carve' });
    ask([{ name: 'foreign' }], { environment: 'prod' });
    expect(names((await poll(connector, undefined, since)).events)).toEqual(['active', 'completed', 'expired', 'hidden']);
  });
});

describe('polling', () => {
  it.each(['head', '0.5.4', '0.5.1'] as const)('brings what is new and nothing twice (%s)', async generation => {
    const { fake, connector, clock, since, ask } = await world({ generation });
    ask([{ name: 'a' }]);
    const first = await poll(connector, undefined, since);
    const again = await poll(connector, first.cursor, since);
    clock.advance(30_000);
    ask([{ name: 'b' }]);
    const third = await poll(connector, again.cursor, since);
    expect(names(first.events)).toEqual(['a']);
    const all = [...first.events, ...again.events, ...third.events];
    expect(new Set(all.map(event => event.dedupeKey)).size).toBe(2);
    // 0.5.1 has no ids: what is read again there is known by its content.
    if (generation !== '0.5.1') expect(all).toHaveLength(2);
    expect(fake.count(/since=/)).toBeGreaterThan(generation === '0.5.1' ? -1 : 0);
  });

  it('reaches back to `since` by the time of the result, not of its query', async () => {
    const { fake, connector, clock, since, ask } = await world();
    const old = ask([{ name: 'early' }], { createdAt: since - 5 * DAY_MS });
    for (const result of fake.world.results) result.createdAt = since - 1;
    const [, second] = fake.world.nodes;
    fake.world.store(old, second?.uuid ?? '', JSON.stringify({ result: [{ name: 'exact' }] }), 0, since);
    old.executions += 1;
    clock.advance(1_000);
    expect(names((await poll(connector, undefined, since)).events)).toEqual(['exact']);
  });

  it.each(['head', '0.5.1'] as const)('does not miss an answer that comes late to an old query (%s)', async generation => {
    const { fake, connector, clock, since, ask } = await world({ generation });
    const query = ask([{ name: 'a' }]);
    const first = await poll(connector, undefined, since);
    clock.advance(5 * DAY_MS);
    const quiet = await poll(connector, first.cursor, since);
    expect(quiet.events).toEqual([]);
    const [, second] = fake.world.nodes;
    if (second) fake.world.answer(query, second, 'answers', [{ name: 'late' }]);
    expect(names((await poll(connector, quiet.cursor, since)).events)).toContain('late');
  });

  it('does not miss rows that come later than their counters, or earlier', async () => {
    const { fake, connector, clock, since } = await world();
    const query = fake.world.addQuery(SQL, 'dev', 'x', { expected: 2, executions: 1 });
    const [one, two] = fake.world.nodes;
    const first = await poll(connector, undefined, since);
    expect(first.events).toEqual([]);
    clock.advance(60_000);
    fake.world.store(query, one?.uuid ?? '', JSON.stringify({ result: [{ name: 'row after counter' }] }));
    const second = await poll(connector, first.cursor, since);
    expect(names(second.events)).toEqual(['row after counter']);
    clock.advance(3_600_000);
    fake.world.store(query, two?.uuid ?? '', JSON.stringify({ result: [{ name: 'row before counter' }] }));
    const third = await poll(connector, second.cursor, since);
    query.executions = 2;
    const fourth = await poll(connector, third.cursor, since);
    expect(names([...third.events, ...fourth.events])).toEqual(['row before counter']);
  });

  it('does not miss a row that was stamped before the last one read', async () => {
    const { fake, connector, clock, since, ask } = await world();
    const query = ask([{ name: 'a' }]);
    const first = await poll(connector, undefined, since);
    fake.world.store(
      query,
      fake.world.nodes[1]?.uuid ?? '',
      JSON.stringify({ result: [{ name: 'committed late' }] }),
      0,
      clock.now() - 2_000,
    );
    query.executions += 1;
    expect(names((await poll(connector, first.cursor, since)).events)).toEqual(['committed late']);
  });

  it('reaches back to `since` on 0.5.1 too, by the time of the last answer', async () => {
    const { connector, since, ask } = await world({ generation: '0.5.1' });
    const old = ask([{ name: 'old' }], { createdAt: since - DAY_MS });
    old.updatedAt = since - 1;
    ask([{ name: 'new' }]);
    expect(names((await poll(connector, undefined, since)).events)).toEqual(['new']);
  });

  it('goes on when the server was upgraded, at the second poll at the latest', async () => {
    const { fake, connector, since, ask } = await world({ generation: '0.5.1' });
    ask([{ name: 'before' }]);
    const first = await poll(connector, undefined, since);
    fake.world.generation = 'head';
    ask([{ name: 'after' }]);
    const second = await poll(connector, first.cursor, since);
    const third = await poll(connector, second.cursor, since);
    expect(names([...second.events, ...third.events])).toContain('after');
  });

  it('asks quiet queries for nothing', async () => {
    const { fake, connector, clock, since, ask } = await world();
    for (let count = 0; count < 20; count++) ask([{ name: String(count) }], { expected: 1 });
    const first = await poll(connector, undefined, since);
    clock.advance(3_600_000);
    const before = fake.requests.length;
    await poll(connector, first.cursor, since);
    expect(fake.requests.length - before).toBe(1);
  });

  it('goes on from its cursor in another process, wherever it was cut', async () => {
    const { fake, clock, connector, since, ask } = await world();
    for (let query = 0; query < 4; query++) ask(Array.from({ length: 900 }, (_, row) => ({ name: `${query}/${row}` })));
    const whole = await poll(connector, undefined, since);
    expect(whole.batches.length).toBeGreaterThan(2);
    for (const [cut, { cursor }] of whole.batches.entries()) {
      const other = connectTo(fake, clock);
      const rest = await poll(other.connector, cursor, since);
      await other.close();
      const seen = whole.batches.slice(0, cut + 1).flatMap(batch => batch.events);
      const all = [...seen, ...rest.events].map(event => event.dedupeKey);
      expect(new Set(all).size).toBe(3_600);
      expect(all).toHaveLength(3_600);
    }
  });

  it('begins anew with a cursor that it cannot read', async () => {
    const { connector, since, ask } = await world();
    ask([{ name: 'a' }]);
    for (const cursor of ['', 'nonsense', '{"v":2}', '{"v":1,"since":"x"}']) {
      expect(names((await poll(connector, cursor, since)).events)).toEqual(['a']);
    }
  });

  it('pages through long lists, and keeps its cursor bounded', async () => {
    const { fake, connector, since, ask } = await world({ patient: true });
    for (let count = 0; count < 1_100; count++)
      fake.world.addQuery(SQL, 'dev', 'x', { active: false, completed: true, createdAt: since + count });
    ask([{ name: 'newest' }]);
    const { events, cursor } = await poll(connector, undefined, since);
    expect(names(events)).toEqual(['newest']);
    expect(fake.count(/list\/all-full.*page=3/)).toBe(1);
    expect(cursor?.length).toBeLessThan(500);
  });

  it('forgets queries that are gone', async () => {
    const { fake, connector, since, ask } = await world();
    const query = ask([{ name: 'a' }]);
    const first = await poll(connector, undefined, since);
    expect(first.cursor).toContain(query.name);
    fake.world.queries.splice(0);
    expect((await poll(connector, first.cursor, since)).cursor).not.toContain(query.name);
  });
});

describe('what goes wrong in a feed', () => {
  it('is counted, with a sample, where a record cannot be read', async () => {
    const { fake, connector, since, ask } = await world();
    const query = ask([{ name: 'good' }, 'no row', null]);
    const store = (data: string) => fake.world.store(query, 'AB', data);
    store('{"result":[{"na');
    store('[]');
    query.executions += 2;
    const reading = await poll(connector, undefined, since);
    expect(names(reading.events)).toEqual(['good']);
    expect(reading.skipped).toBe(4);
    expect(reading.batches.flatMap(batch => batch.skippedSample ?? [])).toEqual([expect.stringContaining(query.name)]);
  });

  it('is counted where a query has a name that is a path, and the name goes nowhere', async () => {
    const { fake, connector, since, ask } = await world();
    ask([{ name: 'evil' }], { name: '../../../users/admin/token' });
    ask([{ name: 'good' }]);
    const reading = await poll(connector, undefined, since);
    expect(names(reading.events)).toEqual(['good']);
    expect(reading.skipped).toBe(1);
    expect(fake.count(/users\/admin/)).toBe(0);
  });

  it('does not hold up other queries when one fails, is said, and is made up for', async () => {
    const { fake, connector, since, ask, logged } = await world();
    const broken = ask([{ name: 'broken' }]);
    ask([{ name: 'good' }]);
    const fault = { match: new RegExp(`results/${broken.name}`), times: 1_000, strike: faults.status(500, 'error getting query results') };
    fake.faults.push(fault);
    const first = await poll(connector, undefined, since);
    expect(names(first.events)).toEqual(['good']);
    expect(first.problem).toBeUndefined();
    expect(connector.remarks?.()).toEqual([expect.stringContaining(broken.name)]);
    expect(logged.join('')).toContain(broken.name);
    fault.times = 0;
    const second = await poll(connector, first.cursor, since);
    expect(names(second.events)).toEqual(['broken']);
    expect(connector.remarks?.()).toEqual([]);
  });

  it('is a problem of the source when every query fails', async () => {
    const { fake, connector, since, ask } = await world();
    ask([{ name: 'a' }]);
    fake.faults.push({ match: /results\//, times: 1_000, strike: faults.status(500, 'no') });
    expect((await poll(connector, undefined, since)).problem).toMatchObject({ kind: 'unreachable' });
  });

  it('does not go through hundreds of queries when the server is down', async () => {
    const { fake, connector, since, ask } = await world();
    for (let count = 0; count < 50; count++) ask([{ name: String(count) }]);
    fake.faults.push({ match: /results\//, times: 1_000, strike: faults.status(503, 'no') });
    expect((await poll(connector, undefined, since)).problem).toMatchObject({ kind: 'unreachable' });
    expect(fake.count(/results\//)).toBeLessThan(10);
  });

  it('keeps what came before the token was revoked, and its place', async () => {
    const { fake, connector, since, ask } = await world();
    ask(Array.from({ length: 1_200 }, (_, row) => ({ name: `first ${row}` })));
    ask([{ name: 'second' }], { createdAt: since });
    const [feed] = connector.feeds;
    const got: EventBatch[] = [];
    const read = async () => {
      for await (const batch of feed?.read(undefined, since, never()) ?? []) {
        got.push(batch);
        fake.accounts.clear();
      }
    };
    await expect(read()).rejects.toMatchObject({ kind: 'auth' });
    expect(got.flatMap(batch => batch.events)).toHaveLength(1_200);
    fake.accounts.set(TOKEN, { username: 'responder', admin: false, rights: { user: true, query: true, admin: false } });
    expect(names((await poll(connector, got.at(-1)?.cursor, since)).events)).toEqual(['second']);
  });

  it('hands over what it has read, however little, before it gives up', async () => {
    const { fake, connector, clock, since, ask } = await world();
    const older = ask([{ name: 'older' }]);
    clock.advance(1_000);
    ask([{ name: 'newer' }]);
    fake.faults.push({ match: new RegExp(`results/${older.name}`), times: 1, strike: faults.json({ error: 'unauthorized' }, 401) });
    const first = await poll(connector, undefined, since);
    expect(names(first.events)).toEqual(['newer']);
    expect(first.problem).toMatchObject({ kind: 'auth' });
    expect(names((await poll(connector, first.cursor, since)).events)).toEqual(['older']);
  });

  it.each([
    ['5xx', faults.status(502, 'bad gateway')],
    ['half answers', faults.truncated()],
    ['resets', faults.reset()],
  ])('is retried when it passes: %s', async (_, strike) => {
    const { fake, connector, since, ask } = await world();
    ask([{ name: 'a' }]);
    fake.faults.push({ match: /list\/all-full/, times: 2, afterwards: true, strike });
    fake.faults.push({ match: /results\//, times: 1, afterwards: true, strike });
    const reading = await poll(connector, undefined, since);
    expect(names(reading.events)).toEqual(['a']);
    expect(reading.problem).toBeUndefined();
  });
});
