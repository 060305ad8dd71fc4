import { beforeEach, describe, expect, it } from 'vitest';
import type { Host } from '../../src/core/model.ts';
import type { Connector, LiveQueryBackend, LiveUpdate } from '../../src/core/ports.ts';
import { Problem } from '../../src/core/problem.ts';
import type { Run } from '../../src/core/run.ts';
import type { Launched } from '../../src/engine/api.ts';
import { settle } from '../helpers/fake-clock.ts';
import { aHost, usersTemplate } from '../helpers/model.ts';
import { engineWith } from './harness.ts';

/** What a host does with a query. */
type Behaviour = 'answers' | 'fails' | 'killed' | 'silent';

/** A source that keeps every sending apart. Hosts answer when the test says so. */
class Source implements LiveQueryBackend {
  readonly rejoin: boolean;
  /** Hosts by sending. */
  readonly sendings: (readonly Host[])[] = [];
  readonly followed: string[] = [];
  readonly ended: string[] = [];
  /** Sendings from this one on are refused. */
  refuseFrom = Number.POSITIVE_INFINITY;
  /** What holds a sending up while the server takes it. */
  taking: Promise<void> = Promise.resolve();
  readonly #queues = new Map<string, LiveUpdate[]>();
  readonly #wake = new Set<() => void>();

  constructor(rejoin = false) {
    this.rejoin = rejoin;
  }

  async launch(_query: unknown, hosts: readonly Host[]) {
    if (this.sendings.length + 1 >= this.refuseFrom) throw new Problem('unreachable', 'the server is gone');
    this.sendings.push(hosts);
    const remoteId = `remote-${this.sendings.length}`;
    await this.taking;
    return { remoteId };
  }

  async *updates(remoteId: string, _hosts: unknown, _options: unknown, signal: AbortSignal): AsyncIterable<LiveUpdate> {
    this.followed.push(remoteId);
    while (!signal.aborted) {
      const next = this.#queue(remoteId).shift();
      if (next) yield next;
      else {
        await new Promise<void>(resolve => {
          this.#wake.add(resolve);
          signal.addEventListener('abort', () => resolve());
        });
      }
    }
  }

  async end(remoteId: string, reason: string) {
    this.ended.push(`${remoteId} ${reason}`);
    return undefined;
  }

  #queue(remoteId: string): LiveUpdate[] {
    const queue = this.#queues.get(remoteId) ?? [];
    this.#queues.set(remoteId, queue);
    return queue;
  }

  /** The hosts of a sending (1 is the first) do something, in their order; those beyond the list answer. */
  async say(sending: number, at: number, behaviours: readonly Behaviour[] = []): Promise<void> {
    const queue = this.#queue(`remote-${sending}`);
    (this.sendings[sending - 1] ?? []).forEach(({ id: hostId }, index) => {
      const behaviour = behaviours[index] ?? 'answers';
      if (behaviour === 'answers') queue.push({ kind: 'answer', answer: { hostId, at, state: 'rows', rows: [{ username: 'root' }] } });
      else if (behaviour !== 'silent')
        queue.push({ kind: 'answer', answer: { hostId, at, state: behaviour === 'fails' ? 'error' : 'denylisted', error: 'no' } });
    });
    for (const wake of this.#wake) wake();
    await settle();
  }
}

const connectorOf = (liveQuery: LiveQueryBackend): Connector => ({
  id: 'lab',
  kind: 'direct',
  check: async () => ({ version: '', account: '', can: [], cannot: [], remarks: [] }),
  hosts: async function* () {
    yield [];
  },
  feeds: [],
  liveQuery,
});

const costly = { ...usersTemplate, cost: 'high' } as const;
const ask = { template: costly.name, params: {} };
const options = { timeoutMs: 60_000, offline: 'wait' } as const;
const hosts = (count: number) => Array.from({ length: count }, (_, index) => aHost(`web-${index}`));
const sizes = (source: Source) => source.sendings.map(({ length }) => length);

let source: Source;
let world: ReturnType<typeof engineWith>;

beforeEach(() => {
  source = new Source();
  world = engineWith([connectorOf(source)], { templates: [costly] });
});

const launch = (on: readonly Host[]): Promise<Launched> => world.engine.launch(ask, on, options);
const counts = ({ tally }: Run) => tally;

describe('a costly query', () => {
  it('goes to few hosts first, and to ever more of them as these answer', async () => {
    const { run, ended } = await launch(hosts(60));
    expect([sizes(source), run.waves]).toEqual([[5], { begun: 1, planned: 3, asked: 5, of: 60 }]);
    expect(counts(run)).toEqual({ targeted: 60, answered: 0, failed: 0, timedOut: 0, waiting: 60 });
    await source.say(1, 100);
    expect([sizes(source), run.waves]).toEqual([[5, 20], { begun: 2, planned: 3, asked: 25, of: 60 }]);
    await source.say(2, 200);
    await source.say(3, 300);
    await ended;
    expect([sizes(source), counts(run).answered, run.phase]).toEqual([[5, 20, 35], 60, 'ended']);
    expect(run.remoteIds.get('lab')).toBe('remote-1,remote-2,remote-3');
    expect(source.ended).toEqual(['remote-1 answered', 'remote-2 answered', 'remote-3 answered']);
  });

  it('does not wait for the last one of a wave, if that one could not stop it', async () => {
    await launch(hosts(60));
    await source.say(1, 100, ['silent', 'silent', 'answers', 'answers', 'silent']);
    expect(sizes(source)).toEqual([5]);
    await source.say(1, 200);
    expect(sizes(source)).toEqual([5, 20]);
  });

  it('stops by itself when too many fail, are denylisted or stay silent, and names those that were not asked', async () => {
    const { run, ended } = await launch(hosts(60));
    await source.say(1, 100, ['fails', 'killed', 'silent', 'answers', 'answers']);
    expect([sizes(source), run.open]).toEqual([[5], true]);
    await world.clock.advance(60_000);
    await ended;
    expect(sizes(source)).toEqual([5]);
    expect(counts(run)).toEqual({ targeted: 60, answered: 2, failed: 2, timedOut: 56, waiting: 0 });
    expect(run.count('not_asked')).toBe(55);
    expect(run.target('lab', 'web-59')?.reason).toBe('stopped after 3 of 5 hosts failed or stayed silent');
    expect(run.notes).toContain('Stopped after wave 1 of 3: 55 not asked, for 3 of 5 hosts failed or stayed silent.');
    expect(world.audit.map(([action]) => action)).toEqual(['launch', 'waves stopped']);
  });

  it('goes on listening to those that were asked when it stops', async () => {
    const { run } = await launch(hosts(60));
    await source.say(1, 100, ['fails', 'fails', 'fails', 'silent', 'silent']);
    expect([run.open, run.count('waiting'), run.count('not_asked')]).toEqual([true, 2, 55]);
  });

  it('gives every host its time from its own wave on', async () => {
    const { run, ended } = await launch(hosts(10));
    await world.clock.advance(50_000);
    await source.say(1, world.clock.now(), ['answers', 'answers', 'answers', 'silent', 'answers']);
    await world.clock.advance(10_000);
    expect(run.targets.filter(({ state }) => state === 'timed_out').map(({ key }) => key)).toEqual(['web-6']);
    expect([run.open, run.count('waiting')]).toEqual([true, 5]);
    await world.clock.advance(50_000);
    await ended;
    expect(run.count('timed_out')).toBe(6);
    expect(source.ended).toEqual(['remote-1 deadline', 'remote-2 deadline']);
  });

  it('marks what a host of an earlier wave says after its time as late, though the run goes on', async () => {
    const { run } = await launch(hosts(10));
    await source.say(1, world.clock.now(), ['silent', 'answers', 'answers', 'silent', 'silent']);
    await world.clock.advance(30_000);
    await source.say(1, world.clock.now(), ['silent']);
    await world.clock.advance(31_000);
    expect(run.target('lab', 'web-0')?.state).toBe('timed_out');
    await source.say(1, world.clock.now());
    expect(run.target('lab', 'web-0')).toMatchObject({ state: 'rows', late: true, afterMs: 61_000 });
    expect([run.open, run.count('waiting')]).toEqual([true, 5]);
  });

  it('asks offline hosts along with the last wave, and does not wait for them before that', async () => {
    const away = ['old-1', 'old-2', 'old-3', 'old-4'].map(name => aHost(name, { status: 'offline' }));
    const { run, ended } = await launch([...away, ...hosts(10)]);
    await source.say(1, 100);
    expect(source.sendings[1]?.map(({ hostname }) => hostname)).toEqual(expect.arrayContaining(['old-1', 'old-4']));
    await source.say(2, 200, ['answers', 'answers', 'answers', 'answers', 'answers', 'silent', 'silent', 'silent', 'silent']);
    await world.clock.advance(60_000);
    await ended;
    expect([run.count('offline'), run.count('rows'), run.notes]).toEqual([4, 10, []]);
  });

  it('is in the audit wave by wave, before each leaves', async () => {
    await launch(hosts(10));
    expect(world.audit).toEqual([['launch', expect.objectContaining({ waves: [5, 5] })]]);
    await source.say(1, 100);
    const asked = source.sendings[1]?.map(({ id, hostname }) => ({ source: 'lab', id, hostname }));
    expect(world.audit[1]).toEqual(['wave', { run: 'run-1', wave: 2, of: 2, hosts: asked }]);
  });

  it('that a server takes no more is stopped, with its words', async () => {
    source.refuseFrom = 2;
    const launched = await launch(hosts(60));
    await source.say(1, 100);
    await launched.ended;
    const { run } = launched;
    expect(counts(run)).toEqual({ targeted: 60, answered: 5, failed: 0, timedOut: 55, waiting: 0 });
    expect([run.count('timed_out'), run.count('not_asked')]).toEqual([20, 35]);
    expect(run.notes).toContain('the server is gone');
    expect(launched.problem()?.kind).toBe('unreachable');
  });

  it('that no source takes throws, and asks nobody', async () => {
    source.refuseFrom = 1;
    await expect(launch(hosts(60))).rejects.toThrow('the server is gone');
    const [run] = world.runs();
    expect([run?.phase, run?.count('not_asked')]).toEqual(['ended', 55]);
  });

  it('costs nobody anything any more when it is cancelled between two waves', async () => {
    const { run, ended } = await launch(hosts(60));
    await source.say(1, 100, ['answers', 'answers', 'silent', 'silent', 'silent']);
    await world.engine.cancel(run.id);
    await ended;
    await source.say(1, 200);
    expect(sizes(source)).toEqual([5]);
    expect([run.phase, run.count('cancelled'), run.count('not_asked'), source.ended]).toEqual(['cancelled', 0, 55, ['remote-1 cancelled']]);
  });

  it('is taken back from a server that was just taking it when it was cancelled', async () => {
    const { run, ended } = await launch(hosts(60));
    const taken = Promise.withResolvers<void>();
    source.taking = taken.promise;
    await source.say(1, 100);
    await world.engine.cancel(run.id);
    await ended;
    taken.resolve();
    await settle();
    expect(source.ended).toContain('remote-2 cancelled');
    expect(sizes(source)).toEqual([5, 20]);
  });

  it('goes out in waves again when the missing hosts are asked once more', async () => {
    const first = await launch(hosts(60));
    await source.say(1, 100, ['fails', 'fails', 'fails']);
    await first.ended;
    const { run } = first;
    const missing = run.targets.filter(({ state }) => state !== 'rows');
    const second = await world.engine.again(run.id, missing, options);
    expect(sizes(source)).toEqual([5, 5]);
    expect(run.target('lab', 'web-59')).toMatchObject({ state: 'not_asked' });
    for (const sending of [2, 3, 4]) await source.say(sending, 200);
    await second.ended;
    expect([sizes(source), counts(run).answered]).toEqual([[5, 5, 20, 33], 60]);
  });
});

describe('a costly query whose process went away', () => {
  it('is taken up with the waves that were out, and sends no further one', async () => {
    source = new Source(true);
    world = engineWith([connectorOf(source)], { templates: [costly] });
    const { run } = await launch(hosts(60));
    await source.say(1, 100);
    await world.engine.stop(true);
    expect([run.open, sizes(source), source.ended]).toEqual([true, [5, 20], ['remote-1 answered']]);

    const next = new Source(true);
    next.sendings.push(...source.sendings);
    const after = engineWith([connectorOf(next)], { templates: [costly] });
    after.store.saveRun(run);
    after.engine.rejoin(run.id);
    await next.say(2, 300);
    expect(next.followed).toContain('remote-2');
    expect([sizes(next), run.phase, run.count('rows'), run.count('not_asked')]).toEqual([[5, 20], 'ended', 25, 35]);
    expect(run.target('lab', 'web-59')?.reason).toBe('rollcall was left before its wave');
  });
});
