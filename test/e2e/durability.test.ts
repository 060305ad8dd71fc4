/** A row on screen is a row on disk: whatever ends the process, no event that was shown is lost, and none comes twice. */
import { expect, it } from 'vitest';
import { rollcall } from '../helpers/command.ts';
import { temporaryDirectory } from '../helpers/directories.ts';
import { Responder } from './responder.ts';

type Event = { readonly id: string; readonly hostname: string; readonly title: string };

async function storedEvents(dataDir: string): Promise<Event[]> {
  const { code, stdout } = await rollcall(['feed', '--lab', '8', '--since', '1h', '--format', 'jsonl'], { dataDir });
  expect(code).toBe(0);
  return stdout
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line) as Event);
}

/** Hosts of the events that a feed shows, row by row. */
const shownHosts = (lines: readonly string[]) => lines.flatMap(line => /\b(lab-(?:[a-z]+-)?\d+)\b/.exec(line)?.[1] ?? []);

it('kill -9 loses no event that was on the screen', async () => {
  const dataDir = temporaryDirectory();
  const responder = await Responder.atTheLab({ hosts: 8, dataDir, cols: 160, rows: 40 });
  await responder.sees(screen => shownHosts(screen.split('\n')).length > 5, 40_000);
  responder.terminal.kill('SIGKILL');
  await responder.terminal.exited;
  const shown = shownHosts(responder.terminal.lines());

  const events = await storedEvents(dataDir);
  expect(events.length).toBeGreaterThanOrEqual(shown.length);
  for (const host of new Set(shown)) {
    expect(events.filter(event => event.hostname === host).length).toBeGreaterThanOrEqual(shown.filter(name => name === host).length);
  }
  expect(new Set(events.map(event => event.id)).size).toBe(events.length);
});
