/** Live queries on the fake Fleet, for tests: started, read to their end, and taken apart. */
import { expect } from 'vitest';
import type { Host } from '../../../src/core/model.ts';
import type { LaunchOptions, LiveUpdate } from '../../../src/core/ports.ts';
import { Problem } from '../../../src/core/problem.ts';
import type { FakeFleet } from '../../fakes/fleet.ts';
import { allHosts, collectUpdates, contractQuery } from '../contract.ts';
import { type Connected, type ConnectOptions, connectForTest, never } from './support.ts';

export const RUN = /^POST .*\/queries\/run$/;
export const WAIT: LaunchOptions = { timeoutMs: 60_000, offline: 'wait' };
export const SKIP: LaunchOptions = { timeoutMs: 60_000, offline: 'skip' };

/** The `Problem` that the work ends with. */
export const failure = (work: Promise<unknown>): Promise<Problem> =>
  work.then(
    () => expect.fail('it did not fail'),
    thrown => (thrown instanceof Problem ? thrown : Promise.reject(thrown)),
  );

export type Started = Connected & { readonly hosts: readonly Host[]; readonly remoteId: string };

/** Launches the contract's query on the hosts that `pick` takes. */
export async function start(
  fleet: FakeFleet,
  pick: (host: Host) => boolean = () => true,
  options: LaunchOptions = WAIT,
  how: ConnectOptions = {},
): Promise<Started> {
  const connected = connectForTest(fleet, how);
  return startOn(connected, (await allHosts(connected.connector)).filter(pick), options);
}

export async function startOn(connected: Connected, hosts: readonly Host[], options: LaunchOptions = WAIT): Promise<Started> {
  const { remoteId } = await connected.live.launch(contractQuery(), hosts, options, never());
  return { ...connected, hosts, remoteId };
}

/** All updates, until they end by themselves or `done` says so. */
export const updatesOf = (
  { live, remoteId, hosts }: Started,
  options = WAIT,
  done: (seen: readonly LiveUpdate[]) => boolean = () => false,
): Promise<LiveUpdate[]> => collectUpdates(live, remoteId, hosts, done, options);

export const notes = (updates: readonly LiveUpdate[]): string[] => updates.flatMap(update => (update.kind === 'note' ? [update.text] : []));

export const silent = (updates: readonly LiveUpdate[]): [id: string, state: string, reason: string][] =>
  updates.flatMap(update =>
    update.kind === 'silent' ? update.hostIds.map((id): [string, string, string] => [id, update.state, update.reason]) : [],
  );
