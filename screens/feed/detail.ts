/** Everything about one event, as lines for the pane. Pure. */
import type { FeedEvent } from '../../src/core/model.ts';
import { safeJson } from '../../src/core/sanitize.ts';
import { shortAge } from '../../src/core/time.ts';
import { cells, fit, wrapCells } from '../../src/ui/cells.ts';
import { fullTime, type OffsetMinutes } from '../../src/ui/format.ts';
import { type Segment, severityLetter } from '../../src/ui/theme.ts';
import type { FeedEventView } from './rows.ts';

export type DetailLine = readonly Segment[];

const LABEL = 8;
/** Widest column of names. */
const MAX_NAME = 24;
/** Lines of a raw record that are shown. */
const MAX_RAW_LINES = 5_000;

const NOTHING: DetailLine = [];

/** A name and its value; a long value goes on under itself. */
function pair(name: string, value: string, nameWidth: number, width: number): DetailLine[] {
  const room = Math.max(8, width - nameWidth - 2);
  return wrapCells(value, room).map((text, index) => [{ text: ` ${fit(index === 0 ? name : '', nameWidth)} `, tone: 'muted' }, { text }]);
}

function seenAfter({ time, seenAt }: FeedEventView): string {
  const late = seenAt - time;
  return late < 0 ? `the host's clock is ${shortAge(-late)} ahead` : `${shortAge(late)} later`;
}

const line = (name: string, value: string, width: number): DetailLine[] => (value === '' ? [] : pair(name, value, LABEL, width));

function timeLines({ time }: FeedEventView, width: number, offsetMinutes: OffsetMinutes): DetailLine[] {
  const utc = fullTime(time, 'utc', offsetMinutes);
  const local = offsetMinutes(time) === 0 ? '(local time is UTC)' : fullTime(time, 'local', offsetMinutes);
  const both = `${utc}   ${local}`;
  return cells(both) + LABEL + 3 <= width ? line('time', both, width) : [...line('time', utc, width), ...line('', local, width)];
}

function aboutLines(event: FeedEventView, width: number, offsetMinutes: OffsetMinutes): DetailLine[] {
  const { severity, severityReason, title, hostname, hostId, hostUuid, attack } = event;
  return [
    ...wrapCells(title, width - 2).map((text): DetailLine => [{ text: ` ${text}`, tone: 'strong' }]),
    [
      { text: ` ${fit('severity', LABEL)} `, tone: 'muted' },
      { text: severityLetter(severity), tone: severity },
      { text: ` ${severity}: ${severityReason}` },
    ],
    ...line('attack', attack.join(' '), width),
    ...timeLines(event, width, offsetMinutes),
    ...line('host', `${hostname}   id ${hostId}${hostUuid === '' ? '' : `   uuid ${hostUuid}`}`, width),
  ];
}

function originLines(event: FeedEventView, width: number, offsetMinutes: OffsetMinutes): DetailLine[] {
  const { source, connector, queryName, action, seenAt } = event;
  return [
    ...line('source', `${source} (${connector})`, width),
    ...line('query', queryName ?? '', width),
    ...line('action', action ?? '', width),
    ...line('seen', `${fullTime(seenAt, 'utc', offsetMinutes)} (${seenAfter(event)})`, width),
  ];
}

/** What it is, where and when; all columns of its row; where it came from. */
export function detailLines(event: FeedEventView, width: number, offsetMinutes: OffsetMinutes): readonly DetailLine[] {
  const columns = Object.entries(event.row);
  const nameWidth = Math.min(MAX_NAME, Math.max(LABEL, ...columns.map(([name]) => cells(name))));
  return [
    ...aboutLines(event, width, offsetMinutes),
    NOTHING,
    ...columns.flatMap(([name, value]) => pair(name, value ?? 'null', nameWidth, width)),
    NOTHING,
    ...originLines(event, width, offsetMinutes),
  ];
}

/** The server's own record as JSON: the same meaning, nothing in it that a terminal would act on. */
export function rawLines(event: FeedEvent | undefined, width: number): readonly DetailLine[] {
  if (!event) return [[{ text: ' The raw record of this event is not in the store.', tone: 'muted' }]];
  const lines = safeJson(event.raw, 2)
    .split('\n')
    .slice(0, MAX_RAW_LINES)
    .flatMap(line => wrapCells(line, width - 2));
  return lines.map(text => [{ text: ` ${text}` }]);
}
