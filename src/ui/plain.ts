/** The console without a screen, for dumb terminals, serial lines and screen readers: what happens, line by line. */
import type { HealthLevel } from '../core/model.ts';
import type { FeedItem } from '../state/feed.ts';
import type { AppState, NoticeState } from '../state/index.ts';
import { fit } from './cells.ts';
import { fullTime } from './format.ts';
import { toAscii } from './output.ts';

export type PlainOptions = {
  readonly state: AppState;
  /** Whether the terminal takes more than ASCII. */
  readonly unicode: boolean;
  /** Takes one line, without its end. */
  write(line: string): void;
  /** Ends it. */
  readonly signal: AbortSignal;
};

const INTRODUCTION = [
  'rollcall, line by line: events are printed as they come. Ctrl+c leaves.',
  'Everything else is a command, in another shell:',
  '  rollcall hosts                              who is there',
  '  rollcall templates                          what can be asked',
  '  rollcall query TEMPLATE --host NAME         ask, and wait for the answers',
  '  rollcall runs                               what was asked before',
  '',
];

const SEVERITY = 8;
const HOST = 20;

/** `2026-11-21 02:59:30.000 UTC  high      web-1   startup_items added: ...` */
const eventLine = ({ event }: FeedItem): string =>
  `${fullTime(event.time, 'utc', () => 0)}  ${fit(event.severity, SEVERITY)}  ${fit(event.hostname, HOST)}  ${event.title}`;

/** Prints events, changes of health and notices until the signal ends it. */
export async function runPlain({ state, unicode, write, signal }: PlainOptions): Promise<void> {
  const print = (line: string) => write(unicode ? line : toAscii(line));
  const levels = new Map<string, HealthLevel>();
  let printedSeq = 0;
  let noticed: NoticeState;

  const printEvents = () => {
    const { ring } = state.feed.get();
    for (let index = ring.indexOf(printedSeq + 1); index < ring.size; index++) {
      const item = ring.at(index);
      if (!item) break;
      printedSeq = item.seq;
      print(eventLine(item));
    }
  };
  const printHealth = () => {
    for (const { source, level, reason } of state.health.get().values()) {
      if (levels.get(source) === level) continue;
      levels.set(source, level);
      print(`source ${source}: ${level}${reason === '' ? '' : `: ${reason}`}`);
    }
  };
  const printNotice = () => {
    const notice = state.notice.get();
    if (notice && notice !== noticed) print(`${notice.level}: ${notice.text}`);
    noticed = notice;
  };

  for (const line of INTRODUCTION) print(line);
  printEvents();
  printHealth();
  printNotice();
  const forget = [state.feed.subscribe(printEvents), state.health.subscribe(printHealth), state.notice.subscribe(printNotice)];
  await new Promise<void>(resolve => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
  for (const stop of forget) stop();
}
