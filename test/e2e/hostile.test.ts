/** Nothing that a host says reaches the terminal as anything but text. */
import { expect, it } from 'vitest';
import { foreignSequences } from '../helpers/escapes.ts';
import { Responder, type ScreenName } from './responder.ts';

/** Keys that open on each screen what it has to show. */
const LOOKS: ReadonlyArray<readonly [screen: ScreenName, keys: readonly string[]]> = [
  ['Feed', ['/', ...'lab-hostile', 'enter', 'enter', 'v', 'esc']],
  ['Hosts', ['down', 'up']],
  ['Launch', ['tab', 'tab', 'esc']],
  ['Results', ['v', 'v', 'tab', 'tab', 'enter']],
  ['Sources', ['tab', 'down']],
];

it('shows what hostile hosts send on every screen, and writes no sequence of theirs', async () => {
  const responder = await Responder.atTheLab({ hosts: 24, cols: 160, rows: 50 });
  await responder.goesTo('Hosts');
  await responder.sees('lab-hostile-1');
  await responder.marks('lab-hostile-1', 'lab-1');
  await responder.launches('running_processes', { seconds: 6 });
  await responder.waitsForTheEnd();
  await responder.sees(/lab-hostile-1\s+(rows|error)/);
  await responder.presses('enter');
  for (const [screen, keys] of LOOKS) {
    await responder.goesTo(screen);
    await responder.presses(...keys);
  }
  await responder.presses('?');
  await responder.isOn('Help');
  await responder.presses('esc');
  await responder.goesTo('Feed');
  await responder.presses('q');
  await responder.terminal.exited;
  expect(foreignSequences(responder.terminal.raw())).toEqual([]);
});
