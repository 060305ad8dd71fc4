/** The main job, end to end: see events, pick hosts, ask them, and know of each what it said. */
import { createServer } from 'node:net';
import os from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { Responder, tallyOf, total } from './responder.ts';

const servers: ReturnType<typeof createServer>[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** Opens a port on this machine, as an intruder would. */
async function listener(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  servers.push(server);
  await new Promise(resolve => server.once('listening', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

describe('the feed', () => {
  it('fills with the events of the lab, without set-up', async () => {
    const responder = await Responder.atTheLab();
    await responder.sees(/lab-\d+/, 40_000);
  });

  it('shows a listener that is opened on this machine', async () => {
    const responder = await Responder.atTheLab({ hosts: 8, cols: 160 });
    await responder.sees(/lab-\d+/, 40_000);
    const port = await listener();
    await responder.presses('/');
    await responder.types(String(port));
    await responder.presses('enter');
    await responder.sees(shown => shown.split('\n').some(line => line.includes(os.hostname()) && line.includes(String(port))), 40_000);
  });
});

describe('the hosts', () => {
  it('are listed with who is here and who is gone', async () => {
    const responder = await Responder.atTheLab({ hosts: 8 });
    await responder.goesTo('Hosts');
    await responder.sees(new RegExp(`${os.hostname()}\\s+online`));
    await responder.sees(/lab-offline-1\s+offline/, 60_000);
  });

  it('are found by a few letters, marked, and unmarked', async () => {
    const responder = await Responder.atTheLab({ hosts: 24 });
    await responder.goesTo('Hosts');
    await responder.sees('lab-silent-1');
    await responder.presses('/');
    await responder.types('silent');
    await responder.sees(screen => !screen.includes('lab-error-1'));
    await responder.presses('enter', 'A');
    await responder.sees(/\*.*lab-silent-1/);
    await responder.presses('esc');
    await responder.sees('lab-error-1');
    await responder.presses('U');
    await responder.sees(screen => !/^.\*/m.test(screen));
  });
});

describe('a live query', () => {
  it('says of every marked host what it answered, or that it did not', async () => {
    const targets = [os.hostname(), 'lab-1', 'lab-2', 'lab-3', 'lab-error-1', 'lab-silent-1', 'lab-offline-1'];
    const responder = await Responder.atTheLab({ cols: 140, rows: 50 });
    const tallies: number[] = [];
    responder.terminal.onPaint(() => {
      const tally = tallyOf(responder.screen);
      if (tally) tallies.push(total(tally));
    });

    await responder.goesTo('Hosts');
    await responder.sees('lab-silent-1');
    await responder.marks(...targets);
    await responder.launches('running_processes', { seconds: 8 });

    expect(await responder.waitsForTheEnd()).toEqual({ answered: 4, errors: 1, timedOut: 2, waiting: 0 });
    expect(new Set(tallies)).toEqual(new Set([targets.length]));
    for (const name of targets) await responder.sees(name);
    await responder.sees(/lab-silent-1.*timed out/);
    await responder.sees(/lab-offline-1.*offline/);
  });
});
