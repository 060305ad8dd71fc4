import { expect, it } from 'vitest';
import type { Connector, Cursor, EventBatch, EventFeed } from '../../src/core/ports.ts';
import { Problem } from '../../src/core/problem.ts';
import { compileRules } from '../../src/core/rules/compile.ts';
import { inForce, parseRules } from '../../src/core/rules/rule.ts';
import { settle } from '../helpers/fake-clock.ts';
import { aHost, aRawEvent } from '../helpers/model.ts';
import { engineWith } from './harness.ts';

const batch = (cursor: Cursor, ...keys: string[]): EventBatch => ({
  events: keys.map(dedupeKey => aRawEvent({ dedupeKey })),
  skipped: 0,
  cursor,
});

/** A polled feed that answers each pass from a script: batches, or a failure. */
function scriptedFeed(name: string, passes: (EventBatch[] | Problem)[]): EventFeed & { readonly asked: (Cursor | undefined)[] } {
  const asked: (Cursor | undefined)[] = [];
  return {
    name,
    asked,
    cadence: { everyMs: 300_000 },
    async *read(from) {
      asked.push(from);
      const pass = passes.shift() ?? [];
      if (pass instanceof Problem) throw pass;
      yield* pass;
    },
  };
}

const connectorWith = (...feeds: EventFeed[]): Connector => ({
  id: 'prod',
  kind: 'osctrl',
  check: async () => ({ version: '', account: '', can: [], cannot: [], remarks: [] }),
  hosts: async function* () {
    yield [aHost('web-1', { source: 'prod' })];
  },
  feeds,
});

it('stores events before it shows them, each once, and goes on from the stored cursor', async () => {
  const feed = scriptedFeed('queries', [[batch('c1', 'a', 'b')], [batch('c2', 'b', 'c')]]);
  const { engine, clock, store, shown } = engineWith([connectorWith(feed)]);
  engine.start();
  await settle();
  expect(shown.map(({ event }) => event.dedupeKey)).toEqual(['a', 'b']);
  await clock.advance(300_000);
  expect(feed.asked).toEqual([undefined, 'c1']);
  expect(shown.map(({ event }) => event.dedupeKey)).toEqual(['a', 'b', 'c']);
  expect(store.events).toHaveLength(3);
  await engine.stop();
});

it('a failing feed turns the source yellow, then red, tries again alone, and recovers to green', async () => {
  const down = () => new Problem('unreachable', 'osctrl does not answer');
  const feed = scriptedFeed('queries', [down(), down(), down(), [batch('c1', 'a')]]);
  const { engine, clock, health, notices } = engineWith([connectorWith(feed)]);
  engine.start();
  await settle();
  expect(health('prod')).toMatchObject({ level: 'degraded', reason: 'osctrl does not answer' });
  await clock.advance(5_000);
  expect(health('prod')?.level).toBe('down');
  await clock.advance(60_000);
  expect(health('prod')).toMatchObject({ level: 'ok', reason: '', reconnects: 1, events: 1 });
  expect(notices.filter(({ level }) => level === 'warn')).toHaveLength(1);
  await engine.stop();
});

it('one broken feed does not hold up another of the same source', async () => {
  const broken = scriptedFeed('reports', [new Problem('unreachable', 'slow report')]);
  const good = scriptedFeed('posture', [[batch('c1', 'a')]]);
  const { engine, shown, health } = engineWith([connectorWith(broken, good)]);
  engine.start();
  await settle();
  expect(shown).toHaveLength(1);
  expect(health('prod')).toMatchObject({ level: 'degraded', reason: 'slow report' });
  await engine.stop();
});

it('a pushed feed is acknowledged only after its batch was stored', async () => {
  const order: string[] = [];
  const pushed: EventFeed = {
    name: 'log',
    cadence: 'push',
    async *read(_from, _since, signal) {
      yield batch('1', 'a');
      order.push('acknowledged');
      await new Promise(resolve => signal.addEventListener('abort', resolve));
    },
  };
  const { engine, store } = engineWith([connectorWith(pushed)]);
  const append = store.append;
  store.append = (events, position) => {
    order.push('stored');
    return append(events, position);
  };
  engine.listen();
  await settle();
  expect(order).toEqual(['stored', 'acknowledged']);
  await engine.stop();
});

/** Two batches for whoever asks next, then silence; `stopped` counts the readers that were told to end. */
function pushedFeed(...batches: EventBatch[]) {
  const told = { acknowledged: 0, stopped: 0 };
  const feed: EventFeed = {
    name: 'log',
    cadence: 'push',
    readers: 2,
    async *read(_from, _since, signal) {
      for (let next = batches.shift(); next; next = batches.shift()) {
        yield next;
        told.acknowledged += 1;
      }
      if (!signal.aborted) await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()));
      told.stopped += 1;
    },
  };
  return { feed, told };
}

it('a feed whose batches have no order is read side by side: one is judged while another is written', async () => {
  const { feed, told } = pushedFeed(batch('1', 'a'), batch('2', 'b'));
  const { engine, store, shown } = engineWith([connectorWith(feed)]);
  const append = store.append;
  const writing: (() => void)[] = [];
  store.append = async (events, position) => {
    await new Promise<void>(resolve => writing.push(resolve));
    return append(events, position);
  };
  engine.listen();
  await settle();
  expect([writing.length, told.acknowledged]).toEqual([2, 0]);
  writing[1]?.();
  await settle();
  expect([shown.map(({ event }) => event.dedupeKey), told.acknowledged]).toEqual([['b'], 1]);
  writing[0]?.();
  await settle();
  expect([shown.map(({ event }) => event.dedupeKey), told.acknowledged]).toEqual([['b', 'a'], 2]);
  await engine.stop();
});

it('a feed that fails one of its readers fails as a whole, once, and is read again', async () => {
  const { feed, told } = pushedFeed(batch('1', 'a'), batch('2', 'b'));
  const { engine, clock, store, notices, health } = engineWith([connectorWith(feed)]);
  const append = store.append;
  let failures = 0;
  store.append = async (events, position) => {
    if (events[0]?.dedupeKey === 'a' && ++failures === 1) throw new Problem('storage', 'The disk is full');
    return append(events, position);
  };
  engine.listen();
  await settle();
  expect(notices.map(({ text }) => text)).toEqual(['The disk is full']);
  expect(health('prod')?.reason).toBe('The disk is full');
  expect(told).toEqual({ acknowledged: 1, stopped: 1 });
  await clock.advance(60_000);
  expect(health('prod')?.reason).toBe('');
  await engine.stop();
  expect(told.stopped).toBe(3);
});

it('polls every source once for a command and reports each failure', async () => {
  const good = scriptedFeed('queries', [[batch('c1', 'a')]]);
  const bad: Connector = { ...connectorWith(scriptedFeed('queries', [new Problem('auth', 'bad token')])), id: 'other' };
  const { engine, shown } = engineWith([connectorWith(good), bad]);
  const failures = await engine.pollOnce(0, new AbortController().signal);
  expect(failures.map(({ source, problem, whole }) => [source, problem.kind, whole])).toEqual([['other', 'auth', true]]);
  expect(shown).toHaveLength(1);
});

it('polls a source that only pushes by asking whether it is there', async () => {
  const pushed: EventFeed = {
    name: 'log',
    cadence: 'push',
    async *read(_from, _since, signal) {
      await new Promise(resolve => signal.addEventListener('abort', resolve));
    },
  };
  const gone: Connector = {
    ...connectorWith(pushed),
    id: 'gone',
    check: () => Promise.reject(new Problem('unreachable', 'the port is taken')),
  };
  const { engine } = engineWith([connectorWith(pushed), gone]);
  const failures = await engine.pollOnce(0, new AbortController().signal);
  expect(failures).toMatchObject([{ source: 'gone', problem: { message: 'the port is taken' }, whole: true }]);
  await engine.stop();
});

it('a source of which one feed could be read has not failed as a whole', async () => {
  const source = connectorWith(
    scriptedFeed('posture', [[batch('c1', 'a')]]),
    scriptedFeed('reports', [new Problem('unreachable', 'slow report')]),
  );
  const { engine, shown } = engineWith([source]);
  const failures = await engine.pollOnce(0, new AbortController().signal);
  expect(failures).toMatchObject([{ source: 'prod', problem: { message: 'slow report' }, whole: false }]);
  expect(shown).toHaveLength(1);
});

it('lists hosts of all sources and says which source could not', async () => {
  const failing: Connector = {
    ...connectorWith(),
    id: 'other',
    hosts: () => ({
      [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Problem('auth', 'no right to list nodes')) }),
    }),
  };
  const { engine, health } = engineWith([connectorWith(), failing]);
  const failures = await engine.refreshHosts();
  expect(engine.hosts().map(({ hostname }) => hostname)).toEqual(['web-1']);
  expect(failures.get('other')?.message).toBe('no right to list nodes');
  expect(health('other')?.level).toBe('down');
});

it('takes a flood in parts, and keeps the cursor for the last one', async () => {
  const keys = Array.from({ length: 4_500 }, (_, index) => `k${index}`);
  const { engine, store, shown } = engineWith([connectorWith(scriptedFeed('queries', [[batch('c1', ...keys)]]))]);
  const parts: (readonly [events: number, cursor: Cursor | undefined])[] = [];
  const append = store.append;
  store.append = (events, position) => {
    parts.push([events.length, position?.cursor]);
    return append(events, position);
  };
  await engine.pollOnce(0, new AbortController().signal);
  expect(shown.map(({ event }) => event.dedupeKey)).toEqual(keys);
  expect(parts).toEqual([
    [2_048, undefined],
    [2_048, undefined],
    [404, 'c1'],
  ]);
});

it('says what keeps the events of a source away although nothing failed, once, and that it is over', async () => {
  let full = false;
  const hindrance = () => (full ? 'disk full: nothing is taken from hosts' : undefined);
  const { engine, clock, health, notices } = engineWith([
    { ...connectorWith(scriptedFeed('queries', [])), hindrance, hostsEveryMs: 2_000 },
  ]);
  engine.start();
  await settle();
  expect(health('prod')?.level).toBe('ok');
  full = true;
  await clock.advance(6_000);
  expect(health('prod')).toMatchObject({ level: 'degraded', reason: 'disk full: nothing is taken from hosts' });
  full = false;
  await clock.advance(6_000);
  expect(health('prod')).toMatchObject({ level: 'ok', reason: '' });
  expect(notices.map(({ level, text }) => [level, text])).toEqual([
    ['warn', 'prod: disk full: nothing is taken from hosts.'],
    ['info', 'prod takes events again.'],
  ]);
  await engine.stop();
});

it('says how far behind what it shows is: since when all feeds are read to their end, and how long the newest event took', async () => {
  const first = scriptedFeed('queries', [[], [], new Problem('unreachable', 'no answer')]);
  const second = scriptedFeed('reports', [new Problem('unreachable', 'no answer'), []]);
  const { engine, clock, health } = engineWith([connectorWith(first, second)]);
  const start = clock.now();
  engine.start();
  await settle();
  expect(health('prod')).toMatchObject({ delay: null, caughtUpAt: null });
  await clock.advance(100_000);
  expect(health('prod')?.caughtUpAt).toBe(start);
  await clock.advance(250_000);
  const retried = health('prod')?.caughtUpAt ?? 0;
  expect(retried).toBeGreaterThan(start);
  await clock.advance(250_000);
  expect(health('prod')?.caughtUpAt).toBe(start + 300_000);
  await engine.stop();
});

it('says what the newest delivery took', async () => {
  const times = [7_000, 4_000];
  const { engine, clock, health } = engineWith([
    connectorWith({
      name: 'logs',
      cadence: 'push',
      async *read(_from, _since, signal) {
        const events = times.map(ms => aRawEvent({ dedupeKey: `${ms}`, time: clock.now() - ms }));
        yield { events, skipped: 2, cursor: 'c1' };
        await new Promise(resolve => signal.addEventListener('abort', resolve));
      },
    }),
  ]);
  engine.start();
  await settle();
  expect(health('prod')).toMatchObject({ delay: 4_000, lastEvent: clock.now() - 4_000, events: 2, skipped: 2 });
  expect(health('prod')).not.toHaveProperty('caughtUpAt');
  await engine.stop();
});

it('rules look at the platform that the source says of the host', async () => {
  const rule = (id: string, platform: string) => ({
    id,
    title: 'A rule',
    why: 'Because',
    platform,
    table: 'listening_ports',
    at_least: 'high',
    matches: { row: {} },
    spares: { row: {}, platform: 'darwin' },
  });
  const parsed = parseRules([rule('for-windows', 'windows'), rule('for-linux', 'linux')]);
  const rules = compileRules('entries' in parsed ? inForce(parsed.entries) : []);
  const event = (dedupeKey: string, hostId: string) => aRawEvent({ dedupeKey, hostId, source: 'prod' });
  const feed = scriptedFeed('queries', [[], [{ events: [event('a', 'web-1'), event('b', 'unlisted')], skipped: 0, cursor: 'c1' }]]);
  const { engine, clock, shown } = engineWith([connectorWith(feed)], { rules });
  engine.start();
  await clock.advance(300_000);
  expect(shown.map(({ event }) => event.rules)).toEqual([['for-linux'], ['for-windows', 'for-linux']]);
  await engine.stop();
});
