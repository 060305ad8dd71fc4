import { describe, expect, it } from 'vitest';
import { allHosts, answersIn } from '../contract.ts';
import { notes, RUN, SKIP, silent, start, startOn, updatesOf } from './live.ts';
import { connectForTest, fleetForTest, never } from './support.ts';

describe('without a WebSocket', () => {
  it('asks host by host, says so, and gives the same answers', async () => {
    const fleet = await fleetForTest();
    fleet.webSocket = 'refuse';
    fleet.addHost('rows', { rows: [{ a: '1' }, null, { b: '2' }] });
    fleet.addHost('empty', { live: 'empty' });
    fleet.addHost('sql', { live: 'error', error: 'no such table: x' });
    fleet.addHost('denied', { live: 'denylisted' });
    fleet.addHost('off', { status: 'offline' });
    fleet.addHost('mute', { live: 'silent' });
    const updates = await updatesOf(await start(fleet));
    const answers = new Map(answersIn(updates).map(answer => [answer.hostId, answer]));
    expect(answers.get('1')).toMatchObject({ state: 'rows', rows: [{ a: '1' }, { b: '2' }] });
    expect(answers.get('2')).toMatchObject({ state: 'rows', rows: [] });
    expect(answers.get('3')).toMatchObject({ state: 'error', error: 'no such table: x' });
    expect(answers.get('4')).toMatchObject({ state: 'denylisted' });
    expect(silent(updates).map(([id, state]) => [id, state])).toEqual([
      ['5', 'offline'],
      ['6', 'timed_out'],
    ]);
    expect(notes(updates)[0]).toMatch(/gives no WebSocket here \(status 400\).*one by one, 6 at a time/);
    expect(fleet.count(RUN)).toBe(0);
  });

  it('waits for a handshake that a proxy swallows no longer than 10 s', async () => {
    const fleet = await fleetForTest();
    fleet.webSocket = 'swallow';
    fleet.addHost('a');
    const connected = connectForTest(fleet);
    const starting = startOn(connected, await allHosts(connected.connector));
    await expect.poll(() => fleet.count(/^UPGRADE/)).toBe(1);
    await connected.clock.advance(10_000);
    const updates = await updatesOf(await starting);
    expect(notes(updates)[0]).toMatch(/gives no WebSocket here \(timeout\)/);
    expect(answersIn(updates)).toHaveLength(1);
  });

  it('asks each host once, whatever happens, and goes on with the others', async () => {
    const fleet = await fleetForTest();
    fleet.webSocket = 'refuse';
    for (let index = 0; index < 20; index += 1) fleet.addHost(`host-${index}`);
    fleet.fault(/\/hosts\/3\/query/, { kind: 'reset' }, 100);
    fleet.fault(/\/hosts\/4\/query/, { kind: 'reply', status: 500 }, 100);
    const updates = await updatesOf(await start(fleet));
    expect(answersIn(updates)).toHaveLength(18);
    expect(silent(updates).sort()).toEqual([
      ['3', 'timed_out', 'not answered (connection lost)'],
      ['4', 'timed_out', 'not answered (connection lost)'],
    ]);
    expect(fleet.count(/\/query$/)).toBe(20);
  });

  it('stops at once when live queries turn out to be disabled, behind a 200', async () => {
    const fleet = await fleetForTest();
    fleet.webSocket = 'refuse';
    for (let index = 0; index < 20; index += 1) fleet.addHost(`host-${index}`);
    const started = await start(fleet);
    fleet.settings.liveQueryDisabled = true;
    await expect(updatesOf(started)).rejects.toMatchObject({ kind: 'auth' });
    expect(fleet.count(/\/query$/)).toBeLessThan(20);
  });

  it('does not ask hosts that are to be skipped, and asks no more once it has ended', async () => {
    const fleet = await fleetForTest();
    Object.assign(fleet, { webSocket: 'refuse', restPeriodMs: 15_000 });
    fleet.addHost('off', { status: 'offline' });
    for (let index = 0; index < 10; index += 1) fleet.addHost(`mute-${index}`, { live: 'silent' });
    const started = await start(fleet, undefined, SKIP);
    const reading = updatesOf(started, SKIP);
    await expect.poll(() => fleet.askedOneByOne.length).toBe(6);
    expect(await started.live.end(started.remoteId, 'deadline', never())).toMatch(/4 hosts .* had not been asked yet/);
    fleet.campaigns.release();
    const updates = await reading;
    expect(answersIn(updates)).toHaveLength(6);
    expect(silent(updates)).toEqual([['1', 'offline', expect.stringMatching(/^offline/)]]);
    expect(fleet.askedOneByOne).toHaveLength(6);
  });
});
