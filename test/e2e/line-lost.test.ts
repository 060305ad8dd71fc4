/** A dropped connection in the middle of a live query: what had been answered is on record, and the run does not hang open. */
import { expect, it } from 'vitest';
import { rollcall } from '../helpers/command.ts';
import { temporaryDirectory } from '../helpers/directories.ts';
import { Responder } from './responder.ts';

type Run = { readonly targeted: number; readonly answered: number; readonly timed_out: number; readonly ended_at: string | null };

it('ends by its own will when the line is lost, with the open run closed where nobody could take it up', async () => {
  const dataDir = temporaryDirectory();
  const responder = await Responder.atTheLab({ hosts: 8, dataDir });
  await responder.goesTo('Hosts');
  await responder.marks('lab-1', 'lab-silent-1');
  await responder.launches('active_connections', { seconds: 60 });
  await responder.sees('answered 1 · errors 0 · timed out 0 · waiting 1');
  responder.terminal.kill('SIGHUP');
  expect(await responder.terminal.exited).toEqual({ code: 129, signal: null });

  const { stdout } = await rollcall(['runs', '--format', 'json'], { dataDir });
  const [run] = JSON.parse(stdout) as Run[];
  expect(run).toMatchObject({ targeted: 2, answered: 1, timed_out: 1 });
  expect(run?.ended_at).not.toBeNull();
});
