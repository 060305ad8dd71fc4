/** Files fetched from hosts, over scripted endpoints. */
import { homedir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { NO_POLICY, type Policy } from '../../src/core/policy.ts';
import type { Carve, Connector, LiveUpdate } from '../../src/core/ports.ts';
import { Problem } from '../../src/core/problem.ts';
import { createCarving } from '../../src/engine/carving.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { aHost } from '../helpers/model.ts';

const aCarve = (over: Partial<Carve> = {}): Carve => ({
  id: 'c1',
  source: 'jump',
  hostId: 'web-1',
  hostname: 'web-1',
  path: '/etc/motd',
  state: 'complete',
  runId: 'remote-1',
  requestedAt: 1_000,
  completedAt: 2_000,
  size: 100,
  received: 100,
  sha256: 'ab',
  format: 'tar',
  file: '/data/c1.tar',
  ...over,
});

/** A direct endpoint that has these carves, and whose hosts say this. */
function endpoint(carves: readonly Carve[], updates: readonly LiveUpdate[] = []) {
  const [sent, extracted]: [string[], (string | undefined)[]] = [[], []];
  const connector = {
    id: 'jump',
    kind: 'direct',
    feeds: [],
    check: async () => ({ version: '', account: '', can: [], cannot: [], remarks: [] }),
    async *hosts() {
      yield [];
    },
    carves: {
      list: async () => carves,
      async files(_id: string, directory: string | undefined) {
        extracted.push(directory);
        return [];
      },
    },
    liveQuery: {
      rejoin: false,
      async launch({ sql }: { readonly sql: string }) {
        sent.push(sql);
        return { remoteId: 'remote-1' };
      },
      async *updates(_id: string, _hosts: unknown, _options: unknown, signal: AbortSignal) {
        yield* updates;
        await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()));
      },
      end: async () => undefined,
    },
  } satisfies Connector;
  return { connector, sent, extracted };
}

const hosts = [aHost('web-1', { source: 'jump' }), aHost('web-2', { source: 'jump' })];

function carvingOf(connectors: readonly Connector[], policy: Policy = NO_POLICY) {
  const stop = new AbortController();
  const clock = new FakeClock();
  return { clock, stop, carving: createCarving({ engine: { connectors, policy }, clock, signal: stop.signal }) };
}

const silent = (id: string): LiveUpdate => ({ kind: 'silent', state: 'offline', hostIds: [id], reason: 'not enrolled any more' });
const answered = (id: string, over: Record<string, unknown>): LiveUpdate =>
  ({ kind: 'answer', answer: { hostId: id, at: 0, state: 'rows', rows: [], ...over } }) as LiveUpdate;

describe('a carve', () => {
  it('ends when every host has sent its file or will not', async () => {
    const { connector, sent } = endpoint([aCarve()], [silent('web-2')]);
    const { carving, clock } = carvingOf([connector]);
    const order = await carving.launch('/etc/motd', hosts);
    await clock.advance(1_000);
    await order.ended;
    expect(sent).toEqual([expect.stringContaining("path = '/etc/motd'")]);
    expect(await order.progress()).toEqual({ hosts: 2, complete: 1, failed: 1, received: 100, size: 100 });
    expect([...order.failed].map(([host, reason]) => [host.hostname, reason])).toEqual([['web-2', 'not enrolled any more']]);
    expect([order.over, carving.orders()]).toEqual([true, [order]]);
  });

  it.each([
    ['fails', { state: 'error', error: 'no such table: carves' }, 'no such table: carves'],
    ['begins nothing', {}, 'the host began no carve: is the path right, and the carver on?'],
  ])('of a host that %s says why', async (_what, answer, reason) => {
    const { carving, clock } = carvingOf([endpoint([], [answered('web-1', answer)]).connector]);
    const order = await carving.launch('/etc/motd', hosts.slice(0, 1));
    await clock.advance(1_000);
    await order.ended;
    expect([...order.failed.values()]).toEqual([reason]);
  });

  it('of others is not taken for its own', async () => {
    const { carving } = carvingOf([endpoint([aCarve(), aCarve({ id: 'c2', runId: 'somebody-else' })], [silent('web-2')]).connector]);
    const order = await carving.launch('/etc/motd', hosts);
    expect((await order.carves()).map(({ id }) => id)).toEqual(['c1']);
    expect((await carving.list()).map(({ id }) => id)).toEqual(['c1', 'c2']);
  });

  it('is waited for as long as was asked, and no longer than the console lives', async () => {
    const { carving, clock, stop } = carvingOf([endpoint([]).connector]);
    const short = await carving.launch('/etc/motd', hosts, 1_000);
    const long = await carving.launch('/etc/motd', hosts);
    await clock.advance(1_500);
    await short.ended;
    expect([short.over, long.over]).toEqual([true, false]);
    stop.abort();
    await long.ended;
    expect(long.over).toBe(true);
  });
});

describe('nothing is sent', () => {
  it('to hosts whose source cannot carve, and it is said which', async () => {
    const { connector, sent } = endpoint([]);
    const { carves: _none, ...other } = { ...endpoint([]).connector, id: 'prod' };
    const { carving } = carvingOf([connector, other]);
    const stranger = aHost('db-1', { source: 'prod' });
    expect([carving.blocked(stranger), carving.blocked(hosts[0] ?? stranger)]).toEqual([
      "source 'prod' cannot carve files: only a direct endpoint can",
      undefined,
    ]);
    await expect(carving.launch('/etc/motd', [...hosts, stranger])).rejects.toMatchObject({ kind: 'auth' });
    expect(sent).toEqual([]);
  });

  it('for a path that the carver would take for something else, or against the policy', async () => {
    const { connector, sent } = endpoint([]);
    const { carving } = carvingOf([connector]);
    expect(carving.refusal('/etc/motd')).toBeUndefined();
    expect(carving.refusal('/etc/*')).toContain('wildcards');
    await expect(carving.launch('etc/motd', hosts)).rejects.toMatchObject({ kind: 'refused' });
    const strict = carvingOf([connector], { ...NO_POLICY, templates: {} });
    expect(strict.carving.refusal('/etc/motd')).toContain('the policy of this machine does not name it');
    await expect(strict.carving.launch('/etc/motd', hosts)).rejects.toBeInstanceOf(Problem);
    const few = carvingOf([connector], { ...NO_POLICY, maxHosts: 1 });
    await expect(few.carving.launch('/etc/motd', hosts)).rejects.toMatchObject({ kind: 'refused' });
    expect(sent).toEqual([]);
  });
});

it('files are extracted where they were said to be: from here, or from the home directory', async () => {
  const { connector, extracted } = endpoint([aCarve()]);
  const { carving, stop } = carvingOf([connector]);
  await carving.files(aCarve(), stop.signal);
  expect((await carving.extract(aCarve(), 'evidence', stop.signal)).directory).toBe(path.resolve('evidence'));
  await carving.extract(aCarve(), '~/evidence', stop.signal);
  expect(extracted).toEqual([undefined, path.resolve('evidence'), path.join(homedir(), 'evidence')]);
  await expect(carving.files(aCarve({ source: 'gone' }), stop.signal)).rejects.toMatchObject({ kind: 'usage' });
});
