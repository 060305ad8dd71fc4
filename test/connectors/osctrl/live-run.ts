/** A live query on the fake, and ways to follow it. */
import { expect } from 'vitest';
import type { Host, HostAnswer } from '../../../src/core/model.ts';
import type { LaunchOptions, LiveUpdate } from '../../../src/core/ports.ts';
import { isAbort } from '../../../src/core/problem.ts';
import type { FakeQuery, NodeBehaviour } from '../../fakes/osctrl-world.ts';
import { allHosts, answersIn, collectUpdates, contractQuery } from '../contract.ts';
import { forTest, never, type Setup, type SetupOptions } from './support.ts';

export const OPTIONS: LaunchOptions = { timeoutMs: 60_000, offline: 'wait' };
/** Requests that follow a run. */
export const READ = /GET .*\/(results\/)?query_/;

export type Run = Setup & {
  readonly hosts: Host[];
  readonly remoteId: string;
  readonly query: FakeQuery;
  /** By hostname. */
  readonly byName: (updates: readonly LiveUpdate[]) => Record<string, HostAnswer>;
  follow(done?: (updates: readonly LiveUpdate[]) => boolean, options?: LaunchOptions): Promise<LiveUpdate[]>;
  /** What comes while the server is asked `count` times. */
  watch(count: number): Promise<LiveUpdate[]>;
};

/** A run on one host per behaviour, called after it (`answers`, `answers2` ...). */
export async function run(behaviours: readonly NodeBehaviour[], options: SetupOptions = {}): Promise<Run> {
  const setup = await forTest(options);
  const { world } = setup.fake;
  for (const [index, behaviour] of behaviours.entries()) {
    world.addNode(behaviours.indexOf(behaviour) === index ? behaviour : `${behaviour}${index + 1}`, behaviour);
  }
  const hosts = await allHosts(setup.connector);
  const { remoteId } = await setup.live.launch(contractQuery(), hosts, OPTIONS, never());
  const byName = (updates: readonly LiveUpdate[]) =>
    Object.fromEntries(answersIn(updates).map(answer => [hosts.find(host => host.id === answer.hostId)?.hostname ?? '?', answer]));
  const follow: Run['follow'] = (done = () => false, given = OPTIONS) => collectUpdates(setup.live, remoteId, hosts, done, given);
  const watch: Run['watch'] = async count => {
    const stop = new AbortController();
    const updates: LiveUpdate[] = [];
    const asked = setup.fake.count(READ);
    const reading = (async () => {
      for await (const update of setup.live.updates(remoteId, hosts, OPTIONS, stop.signal)) updates.push(update);
    })();
    await expect.poll(() => setup.fake.count(READ) - asked).toBeGreaterThan(count);
    stop.abort();
    await expect(reading).rejects.toSatisfy(isAbort);
    return updates;
  };
  return { ...setup, hosts, remoteId, query: world.query(remoteId), byName, follow, watch };
}

/** The remarks among updates. */
export const notes = (updates: readonly LiveUpdate[]): string[] => updates.flatMap(update => (update.kind === 'note' ? [update.text] : []));
