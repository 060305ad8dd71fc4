/** Key `x`: the marked events, else all that the filter shows, as a file or as evidence. */
import { openExportMenu } from '../../src/ui/export-menu.ts';
import { counted } from '../../src/ui/format.ts';
import type { CommandContext } from '../../src/ui/keys/command.ts';
import { membersOf } from './rows.ts';
import type { FeedScreen } from './state.ts';

function shownIds(screen: FeedScreen): string[] {
  const shown = screen.rows();
  const ids: string[] = [];
  for (let index = 0; index < shown.size; index++) {
    const row = shown.at(index);
    if (row) ids.push(...membersOf(row).map(({ event }) => event.id));
  }
  return ids;
}

/** `20261121t030000`: part of a file name. */
const stamp = (ms: number): string => new Date(ms).toISOString().replace(/[-:]/g, '').slice(0, 15).toLowerCase();

export function exportEvents({ screen, services }: CommandContext<FeedScreen>): void {
  screen.pause();
  const { marks, filter, filtering } = screen.get();
  const ids = marks.size > 0 ? screen.chosen().map(({ event }) => event.id) : shownIds(screen);
  const narrowed = filter !== '' && filtering ? `shown by the filter ${filter}` : 'shown in the feed';
  openExportMenu(services, {
    what: counted(ids.length, 'event'),
    name: `events-${stamp(services.now())}`,
    lines: { kind: 'events', ids },
    evidence: { kind: 'events', ids, chosen: marks.size > 0 ? 'marked by hand' : narrowed },
    mask: true,
  });
}
