/** The console as a process: draws first, then opens the sources behind it, and closes them when it is left. */
import { SCREENS } from '../../screens/index.ts';
import type { Directories } from '../adapters/directories.ts';
import type { StoredEvent } from '../core/ports.ts';
import { toProblem } from '../core/problem.ts';
import { clean } from '../core/sanitize.ts';
import { createState } from '../state/index.ts';
import { openConsole } from '../ui/console.tsx';
import { paintSchedule } from '../ui/frames.ts';
import type { Terminal } from '../ui/theme.ts';
import { DEFAULT_TIMEOUT_S } from './args.ts';
import { FeedTail } from './feed-tail.ts';
import type { CommonOptions } from './parse.ts';
import type { Rollcall } from './wire.ts';

/** Stored events and runs that are on screen at once after a start; the rest is found in the store. */
const EVENTS_AT_START = 1_000;
const RUNS_AT_START = 50;
/** ms between looks for what other processes on this data directory have stored. */
const TAIL_MS = 1_000;
/** The connection to the terminal broke (SIGHUP): the person comes back, and open runs are taken up again then. */
const LINE_LOST = 129;

/** Runs the console on this process's terminal. Resolves with the exit code, the terminal as it was. */
export async function runConsole(common: CommonOptions, directories: Directories, terminal: Terminal): Promise<number> {
  const { stdin, stdout, stderr } = process;
  const state = createState(paintSchedule(stdout), Date.now);
  let rollcall: Rollcall | undefined;
  let tailing: NodeJS.Timeout | undefined;

  const start = async () => {
    const { openRollcall } = await import('./wire.ts');
    const { lab, sources } = common;
    let tail: FeedTail | undefined;
    const observer = { ...state.observer, events: (added: readonly StoredEvent[]) => (tail ? tail.own(added) : state.feed.add(added)) };
    rollcall = await openRollcall({ ...directories, lab, sources, observer });
    const { engine, store, settings, connect } = rollcall;
    const { createSourceAdmin } = await import('./source-admin.ts');
    const sourceAdmin = createSourceAdmin({ settings, connect, open: connector => engine.add(connector) });
    const before = store.page({ order: 'desc', limit: EVENTS_AT_START }).toSorted((a, b) => a.seq - b.seq);
    state.feed.add(before);
    tail = new FeedTail(store, before.at(-1)?.seq ?? 0, events => state.feed.add(events));
    tailing = setInterval(() => tail?.poll(), TAIL_MS);
    for (const run of engine.runs(RUNS_AT_START).toReversed()) state.observer.run(run);
    engine.start();
    engine.rejoin(RUNS_AT_START);
    return {
      engine,
      raw: (seq: number) => store.page({ order: 'desc', limit: 1, beforeSeq: seq + 1 })[0]?.event,
      ...(lab === undefined ? { sourceAdmin } : {}),
      ...(engine.connectors.length === 0 ? { screen: 'welcome' as const } : {}),
    };
  };

  const end = await openConsole({
    screens: SCREENS,
    state,
    terminal,
    timeoutS: common.timeoutS ?? DEFAULT_TIMEOUT_S,
    now: Date.now,
    stdin,
    stdout,
    start,
  });
  clearInterval(tailing);
  if (end.error !== undefined) {
    const { message, kind, detail } = toProblem(end.error);
    rollcall?.log.write('error', message, { kind, detail });
    stderr.write(`rollcall: ${clean(message)}\n`);
  }
  await rollcall?.close(end.code === LINE_LOST);
  return end.code;
}
