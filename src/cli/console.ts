/** The console as a process: draws first, then opens the sources behind it, and closes them when it is left. */
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { SCREENS } from '../../screens/index.ts';
import type { Directories } from '../adapters/directories.ts';
import type { EventArchive, StoredEvent } from '../core/ports.ts';
import { toProblem } from '../core/problem.ts';
import { clean } from '../core/sanitize.ts';
import type { History } from '../state/feed.ts';
import { createState } from '../state/index.ts';
import { createTriage } from '../state/triage.ts';
import { openConsole } from '../ui/console.tsx';
import { paintSchedule } from '../ui/frames.ts';
import type { Terminal } from '../ui/theme.ts';
import { DEFAULT_TIMEOUT_S } from './args.ts';
import { FeedTail } from './feed-tail.ts';
import type { CommonOptions } from './parse.ts';
import { repeat } from './repeat.ts';
import { RunTail } from './run-tail.ts';
import { auditedTriage } from './triage-audit.ts';
import type { Rollcall } from './wire.ts';

/** Stored events that are on screen at once after a start; the rest is found in the store. */
const EVENTS_AT_START = 1_000;
/** ms between looks for what other processes on this data directory have stored. */
const TAIL_MS = 1_000;
/** The connection to the terminal broke (SIGHUP): the person comes back, and open runs are taken up again then. */
const LINE_LOST = 129;

/** Shows all that other processes have stored. */
async function catchUp(tail: FeedTail | undefined): Promise<void> {
  while (tail?.poll()) await setImmediate();
}

/** Older events, read when keys have had their turn. */
const historyOf = (archive: EventArchive): History => ({
  async before(seq, limit) {
    await setImmediate();
    return archive.before(seq, limit);
  },
});

/** Runs the console on this process's terminal. Resolves with the exit code, the terminal as it was. */
export async function runConsole(common: CommonOptions, directories: Directories, terminal: Terminal): Promise<number> {
  const { stdin, stdout, stderr } = process;
  const state = createState(paintSchedule(stdout), Date.now);
  const triage = createTriage({ now: Date.now });
  const leaving = new AbortController();
  let rollcall: Rollcall | undefined;

  const start = async () => {
    const { openRollcall } = await import('./wire.ts');
    const { lab, sources } = common;
    let tail: FeedTail | undefined;
    const observer = { ...state.observer, events: (added: readonly StoredEvent[]) => (tail ? tail.own(added) : state.feed.add(added)) };
    rollcall = await openRollcall({ ...directories, lab, sources, observer });
    const { engine, store, settings, audit, log, who, connect, rules } = rollcall;
    const { createSourceAdmin } = await import('./source-admin.ts');
    const { createCarving } = await import('../engine/carving.ts');
    const { systemClock } = await import('../adapters/clock.ts');
    const { createClipboard } = await import('../adapters/clipboard.ts');
    const { createExporter } = await import('./evidence-console.ts');
    const sourceAdmin = createSourceAdmin({ settings, connect, open: connector => engine.add(connector) });
    const before = store.before(Number.MAX_SAFE_INTEGER, EVENTS_AT_START).toReversed();
    state.feed.add(before);
    state.feed.precededBy(store.count() - before.length);
    tail = new FeedTail(store, before.at(-1)?.seq ?? 0, events => state.feed.add(events));
    triage.open(auditedTriage(store, audit), who);
    const failed = (thrown: unknown) => {
      const { message, kind, detail } = toProblem(thrown);
      log.write('warn', message, { kind, detail });
      observer.notice({ level: 'warn', text: message });
    };
    const others = { clock: systemClock, everyMs: TAIL_MS, signal: leaving.signal, failed };
    void repeat(() => catchUp(tail), others);
    void repeat(triage.refresh, others);
    const runs = new RunTail(engine, state);
    void repeat(() => runs.poll(), others);
    rollcall.retain();
    engine.start();
    runs.poll();
    return {
      engine,
      raw(seq: number) {
        const [found] = store.page({ order: 'desc', limit: 1, beforeSeq: seq + 1 });
        return found?.seq === seq ? found.event : undefined;
      },
      history: historyOf(store),
      hostChanges: store,
      kept: store,
      clipboard: createClipboard({
        write: sequence => stdout.write(sequence),
        env: process.env,
        file: path.join(directories.dataDir, 'clipboard.txt'),
      }),
      exporter: createExporter({
        dataDir: directories.dataDir,
        who,
        audit,
        store,
        get templates() {
          return engine.templates;
        },
        get sources() {
          return settings.sources();
        },
        now: Date.now,
      }),
      ruleTitle: (id: string) => rules.find(rule => rule.id === id)?.title,
      histogram: store,
      carving: createCarving({ engine, clock: systemClock, signal: leaving.signal }),
      alarm: { settings: settings.alarm(), save: settings.setAlarm },
      ...(lab === undefined ? { sourceAdmin } : {}),
      ...(engine.connectors.length === 0 ? { screen: 'welcome' as const } : {}),
    };
  };

  const end = await openConsole({
    screens: SCREENS,
    state,
    triage,
    terminal,
    timeoutS: common.timeoutS ?? DEFAULT_TIMEOUT_S,
    now: Date.now,
    stdin,
    stdout,
    start,
  });
  leaving.abort();
  if (end.error !== undefined) {
    const { message, kind, detail } = toProblem(end.error);
    rollcall?.log.write('error', message, { kind, detail });
    stderr.write(`rollcall: ${clean(message)}\n`);
  }
  await rollcall?.close(end.code === LINE_LOST);
  return end.code;
}
