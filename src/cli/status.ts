/** `rollcall status`: what waits for somebody, in one line. Looks into the data file only: it asks no source. */

import type { Summary } from '../core/ports.ts';
import { Problem } from '../core/problem.ts';
import { clean } from '../core/sanitize.ts';
import { isoUtc, parseTime, shortAge } from '../core/time.ts';
import type { Command, CommandContext } from './context.ts';
import { writeJson } from './print.ts';
import { withSession } from './session.ts';

const SPAN = '24h';

const newestAge = ({ newest }: Summary, now: number): string => (newest === null ? 'no events' : `last ${shortAge(now - newest)} ago`);

/** `rollcall 2 critical 5 high | last 12s ago`; severe counts are of events that are still open. */
function plain(summary: Summary, now: number): string {
  const severe = [
    summary.critical.open > 0 && `${summary.critical.open} critical`,
    summary.high.open > 0 && `${summary.high.open} high`,
  ].filter(Boolean);
  return `rollcall ${severe.length > 0 ? severe.join(' ') : 'all clear'} | ${newestAge(summary, now)}`;
}

/** The same with tmux's colours. Holds nothing that a host said, so nothing that tmux would obey. */
function tmux(summary: Summary, now: number): string {
  const style = summary.critical.open > 0 ? 'fg=red,bold' : summary.high.open > 0 ? 'fg=yellow' : 'fg=green';
  return `#[${style}]${plain(summary, now)}#[default]`;
}

function sinceOf({ given, clock }: CommandContext): number {
  const text = given.get('since')?.[0] ?? SPAN;
  const since = parseTime(text, clock.now());
  if (since === undefined)
    throw new Problem('usage', `--since takes a span (30m, 24h, 7d) or a time (RFC 3339), not '${clean(text, 80)}'.`);
  return since;
}

export const status: Command = context => {
  const since = sinceOf(context);
  return withSession(
    context,
    async ({ store }) => {
      const { format, out, clock } = context;
      const now = clock.now();
      const summary = store.summary(since, now);
      const { newest, ...counts } = summary;
      if (format === 'tmux') await out.write(`${tmux(summary, now)}\n`);
      else if (format === 'table') await out.write(`${plain(summary, now)}\n`);
      else await writeJson(context, { since: isoUtc(since), ...counts, newest: newest === null ? null : isoUtc(newest) });
      return 0;
    },
    'none',
  );
};
