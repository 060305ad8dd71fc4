/** How sources look in list and pane. Pure. */
import { lagOf } from '../../src/core/lag.ts';
import { shortAge } from '../../src/core/time.ts';
import type { NoticeState, SourceState } from '../../src/state/index.ts';
import { fit, wrapCells } from '../../src/ui/cells.ts';
import { count, fullTime, type OffsetMinutes, shortTime, type Zone } from '../../src/ui/format.ts';
import { healthTone, type Segment, type Tone } from '../../src/ui/theme.ts';
import type { Check } from './state.ts';

export type Clock = { readonly now: number; readonly zone: Zone; readonly offsetMinutes: OffsetMinutes };
type PaneLine = readonly Segment[];

const NAME = 18;
const LEVEL = 9;
const KIND = 8;
const TIME = 11;
const NUMBER = 9;
const LAG = 4;

const left = (text: string, width: number): string => `${fit(text, width)} `;
const right = (text: string, width: number): string => `${fit(text, width, 'right')} `;

/** Wide screens have counters too; narrow ones say how a source is, and why. */
const WIDE = 100;

export function headSegments(width: number, zone: Zone): readonly Segment[] {
  const narrow = `   ${left('source', NAME)}${left('state', LEVEL)}`;
  const clocks = `${left('kind', KIND)}${left(`contact ${zone === 'utc' ? 'UTC' : ''}`.trim(), TIME)}`;
  const wide = `${left('last event', TIME)}${right('events', NUMBER)}${right('skipped', NUMBER)}${right('retries', NUMBER)}`;
  const lag = width < WIDE ? right('lag', LAG) : right('lag', LAG) + wide;
  return [{ text: width < 60 ? narrow : `${narrow}${clocks}${lag} why`, tone: 'muted' }];
}

const at = (ms: number | null, { now, zone, offsetMinutes }: Clock): string =>
  ms === null ? '      never' : shortTime(ms, now, zone, offsetMinutes);

function lagText(health: SourceState, now: number): string {
  const lag = lagOf(health, now);
  return lag === null ? '-' : shortAge(lag);
}

export function sourceSegments(health: SourceState, width: number, clock: Clock): readonly Segment[] {
  const { source, kind, level, reason, remarks, lastContact, lastEvent, events, skipped, reconnects } = health;
  const segments: Segment[] = [
    { text: ' ●', tone: healthTone(level) },
    { text: ` ${left(source, NAME)}` },
    { text: left(level, LEVEL), tone: healthTone(level) },
  ];
  if (width >= 60) {
    const contact = `${left(kind, KIND)}${left(at(lastContact, clock), TIME)}${right(lagText(health, clock.now), LAG)}`;
    segments.push({ text: contact, tone: 'muted' });
  }
  if (width >= WIDE) {
    segments.push(
      { text: left(at(lastEvent, clock), TIME), tone: 'muted' },
      { text: right(count(events), NUMBER) },
      { text: right(count(skipped), NUMBER), tone: skipped > 0 ? 'warn' : 'muted' },
      { text: right(count(reconnects), NUMBER), tone: 'muted' },
    );
  }
  return [...segments, { text: ` ${reason || (remarks[0] ?? '')}`, tone: reason === '' ? 'muted' : healthTone(level) }];
}

const LABEL = 12;

function pair(name: string, value: string, width: number, tone?: Tone): PaneLine[] {
  if (value === '') return [];
  return wrapCells(value, Math.max(8, width - LABEL - 3)).map((text, index) => [
    { text: ` ${fit(index === 0 ? name : '', LABEL)} `, tone: 'muted' },
    { text, tone },
  ]);
}

function checkLines({ check, tabled }: Pick<About, 'check' | 'tabled'>, width: number, { offsetMinutes, zone }: Clock): PaneLine[] {
  if (!check) return [[{ text: ' ^t tests the source: address, trust, account, and what it may do.', tone: 'muted' }]];
  const time = fullTime(check.at, zone, offsetMinutes);
  if (check.state === 'running') return pair('test', `running since ${time}; ctrl+c stops it`, width);
  if (check.state === 'failed') return [...pair('test', `failed at ${time}`, width, 'bad'), ...pair('', check.problem.message, width)];
  const { account, version, can, cannot, remarks } = check.report;
  return [
    ...pair('test', `passed at ${time}`, width, 'ok'),
    ...pair('account', account, width),
    ...pair('version', version, width),
    ...pair('may', tabled ? '' : can.join(', '), width),
    ...pair('may not', tabled ? '' : cannot.join(', '), width, 'warn'),
    ...remarks.flatMap(remark => pair('remark', remark, width)),
  ];
}

const clockText = (ms: number, { zone, offsetMinutes }: Clock): string => fullTime(ms, zone, offsetMinutes);

export type About = {
  readonly health: SourceState;
  readonly check: Check | undefined;
  /** What the account may do is in a table of its own. */
  readonly tabled: boolean;
};

/** What is known about one source. */
export function sourceLines({ health, check, tabled }: About, width: number, clock: Clock): readonly PaneLine[] {
  const { kind, level, reason, remarks, lastContact, lastEvent, lastError, events, skipped, reconnects, version } = health;
  const ago = (ms: number | null) => (ms === null ? 'never' : `${clockText(ms, clock)} (${shortAge(clock.now - ms)} ago)`);
  return [
    ...pair('state', reason === '' ? level : `${level}: ${reason}`, width, healthTone(level)),
    ...remarks.flatMap(remark => pair('remark', remark, width, 'warn')),
    ...pair('kind', version === '' ? kind : `${kind}, version ${version}`, width),
    ...pair('last contact', ago(lastContact), width),
    ...pair('last event', ago(lastEvent), width),
    ...pair(
      'lag',
      lagOf(health, clock.now) === null ? 'not known yet' : `${lagText(health, clock.now)}: what happened since may not be here yet`,
      width,
    ),
    ...pair('last error', lastError ? `${lastError.text} Last at ${ago(lastError.at)}.` : 'none since rollcall was started', width),
    ...pair('events', `${count(events)}, ${count(skipped)} records skipped as unreadable, ${count(reconnects)} reconnects`, width),
    ...checkLines({ check, tabled }, width, clock),
  ];
}

const LEVEL_TONES: Record<NonNullable<NoticeState>['level'], Tone | undefined> = { info: undefined, warn: 'warn', error: 'bad' };

/** What was said on the status line, newest first. */
export function noticeLines(notices: ReadonlyArray<NonNullable<NoticeState>>, width: number, clock: Clock): readonly PaneLine[] {
  const heading: PaneLine[] = [[], [{ text: ' Notices, newest first', tone: 'strong' }]];
  if (notices.length === 0) return [...heading, [{ text: ' none', tone: 'muted' }]];
  const lines = notices.toReversed().flatMap(({ level, text, at: ms }) =>
    wrapCells(text, Math.max(8, width - TIME - 3)).map(
      (piece, index): PaneLine => [
        { text: ` ${index === 0 ? at(ms, clock) : ' '.repeat(TIME)} `, tone: 'muted' },
        { text: piece, tone: LEVEL_TONES[level] },
      ],
    ),
  );
  return [...heading, ...lines];
}
