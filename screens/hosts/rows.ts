/** How a host looks in the list. Pure. */
import type { Host } from '../../src/core/model.ts';
import { shortAge } from '../../src/core/time.ts';
import { fit } from '../../src/ui/cells.ts';
import type { Size } from '../../src/ui/keys/command.ts';
import { type Segment, statusTone, type Tone } from '../../src/ui/theme.ts';

/** Lines above the list: the counts and the column heads. */
const HEAD_LINES = 2;

export const listHeight = ({ height }: Size): number => Math.max(1, height - HEAD_LINES);

type Column = {
  readonly head: string;
  /** Cells, the gap to the next column included. */
  readonly width: number;
  text(host: Host, now: number): string;
  tone?(host: Host): Tone | undefined;
};

/** Labels that an endpoint gives to nodes which want a decision, or had one. */
const FLAGS: Readonly<Record<string, Tone>> = { duplicate: 'warn', blocked: 'bad' };
const flagOf = ({ labels }: Host): string | undefined => labels.find(label => Object.hasOwn(FLAGS, label));

const NAME: Column = {
  head: 'host',
  width: 26,
  text(host) {
    const flag = flagOf(host);
    return flag === undefined ? host.hostname : `${host.hostname} (${flag})`;
  },
  tone: host => FLAGS[flagOf(host) ?? ''],
};
const STATUS: Column = { head: 'status', width: 9, text: host => host.status, tone: host => statusTone(host.status) };
const SEEN: Column = { head: 'seen', width: 7, text: (host, now) => (host.lastSeen === null ? 'never' : shortAge(now - host.lastSeen)) };
const PLATFORM: Column = { head: 'platform', width: 10, text: host => host.platform };
const OS: Column = { head: 'system', width: 26, text: host => host.osVersion };
const IP: Column = { head: 'address', width: 17, text: host => host.ip };
const OSQUERY: Column = { head: 'osquery', width: 9, text: host => host.osqueryVersion };
const SOURCE: Column = { head: 'source', width: 12, text: host => host.source, tone: () => 'muted' };
const LABELS: Column = { head: 'labels', width: 16, text: host => host.labels.join(' '), tone: () => 'muted' };
const UUID: Column = { head: 'uuid', width: 38, text: host => host.uuid, tone: () => 'muted' };

/** In the order in which columns are left out when the screen is narrow, the last one first. */
const BY_WORTH = [NAME, STATUS, SEEN, PLATFORM, IP, LABELS, SOURCE, OS, OSQUERY, UUID];
const IN_ORDER = [NAME, STATUS, SEEN, PLATFORM, OS, IP, OSQUERY, SOURCE, LABELS, UUID];

/** The columns that fit into `width` cells; the name takes what is left over, up to a point. */
export function columnsFor(width: number): readonly Column[] {
  let left = width;
  const kept = new Set<Column>();
  for (const column of BY_WORTH) {
    if (column.width > left && kept.size > 0) break;
    kept.add(column);
    left -= column.width;
  }
  const spare = Math.max(0, Math.min(left, 24));
  return IN_ORDER.filter(column => kept.has(column)).map(column => (column === NAME ? { ...NAME, width: NAME.width + spare } : column));
}

const cell = (text: string, width: number): string => `${fit(text, width - 1)} `;

export const headSegments = (columns: readonly Column[]): readonly Segment[] => [
  { text: `  ${columns.map(({ head, width }) => cell(head, width)).join('')}`, tone: 'muted' },
];

export const hostSegments = (host: Host, columns: readonly Column[], now: number): readonly Segment[] =>
  columns.map(({ width, text, tone }) => ({ text: cell(text(host, now), width), tone: tone?.(host) }));
