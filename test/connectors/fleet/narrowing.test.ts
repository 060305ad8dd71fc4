import { describe, expect, it } from 'vitest';
import { allHosts, answersIn } from '../contract.ts';
import { failure, notes, silent, start, startOn, updatesOf, WAIT } from './live.ts';
import { connectForTest, fleetForTest } from './support.ts';

describe('targets that the server narrows', () => {
  it('names the hosts of teams that the account may not query', async () => {
    const fleet = await fleetForTest();
    fleet.addHost('mine', { teamId: 1 });
    fleet.addHost('theirs', { teamId: 2 });
    const user = fleet.addUser('bo@example.com', [
      { id: 1, role: 'maintainer' },
      { id: 2, role: 'observer' },
    ]);
    const updates = await updatesOf(await start(fleet, undefined, WAIT, { secret: user.token }));
    expect(notes(updates)).toEqual([expect.stringMatching(/left out 1 of the 2 hosts picked: theirs \(outside of this account’s teams/)]);
    expect(silent(updates)).toEqual([['2', 'timed_out', expect.stringMatching(/^not asked: Fleet left it out/)]]);
    expect(answersIn(updates).map(({ hostId }) => hostId)).toEqual(['1']);
  });

  it('names a host that was deleted since it was listed', async () => {
    const fleet = await fleetForTest();
    for (const name of ['a', 'b']) fleet.addHost(name);
    const connected = connectForTest(fleet);
    const hosts = await allHosts(connected.connector);
    fleet.hosts.pop();
    const started = await startOn(connected, hosts);
    const updates = await updatesOf(started);
    expect(silent(updates).map(([id]) => id)).toEqual(['2']);
  });

  it('says so even when the hosts cannot be told', async () => {
    const fleet = await fleetForTest();
    for (const name of ['a', 'b']) fleet.addHost(name, { live: 'silent' });
    const connected = connectForTest(fleet);
    const hosts = await allHosts(connected.connector);
    fleet.hosts.pop();
    fleet.fault(/\/hosts\?/, { kind: 'reply', status: 500 }, 100);
    const started = await startOn(connected, hosts);
    const updates = await updatesOf(started, WAIT, seen => notes(seen).length > 0);
    expect(notes(updates)[0]).toMatch(/left out 1 of the 2 hosts picked \(/);
    expect(silent(updates)).toEqual([]);
  });

  it('is refused when none is left', async () => {
    const fleet = await fleetForTest();
    fleet.addHost('mine', { teamId: 1 });
    fleet.addHost('theirs', { teamId: 2 });
    const user = fleet.addUser('bo@example.com', [
      { id: 1, role: 'maintainer' },
      { id: 2, role: 'observer' },
    ]);
    const problem = await failure(start(fleet, ({ hostname }) => hostname === 'theirs', WAIT, { secret: user.token }));
    expect(problem).toMatchObject({ kind: 'auth' });
    expect(problem.message).toMatch(/takes none of the 1 host picked: .*outside of the teams/);
  });
});
