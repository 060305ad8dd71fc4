/** How carves look in their list, and one in full. Pure. */
import type { CarvedFile } from '../../src/core/ports.ts';
import { shortSize } from '../../src/core/size.ts';
import { cut, fit, wrapCells } from '../../src/ui/cells.ts';
import type { Segment, Tone } from '../../src/ui/theme.ts';
import { type CarveRow, progressText, type RowState } from './select.ts';

const TONES: Readonly<Record<RowState, Tone>> = {
  complete: 'ok',
  receiving: 'accent',
  announced: 'accent',
  asked: 'muted',
  failed: 'bad',
  silent: 'warn',
};

const TIME = 12;
const HOST = 16;
const STATE = 10;
const REST = 22;

const cell = (text: string, width: number): string => `${fit(text, width - 1)} `;
const pathWidth = (width: number): number => Math.max(12, width - 1 - TIME - HOST - STATE - REST);

export const headSegments = (width: number): readonly Segment[] => [
  { text: ` ${cell('asked', TIME)}${cell('host', HOST)}${cell('path', pathWidth(width))}${cell('state', STATE)}size`, tone: 'muted' },
];

/** The end of a path says more than its beginning. */
function pathEnd(path: string, width: number): string {
  return path.length <= width ? path : `…${path.slice(1 - width)}`;
}

/** `asked`: when, as text. */
export function rowSegments(row: CarveRow, width: number, asked: string): readonly Segment[] {
  const room = pathWidth(width);
  return [
    { text: cell(asked, TIME), tone: 'muted' },
    { text: cell(row.host.hostname, HOST) },
    { text: cell(pathEnd(row.path, room - 1), room) },
    { text: cell(row.state, STATE), tone: TONES[row.state] },
    { text: progressText(row) },
  ];
}

const LABEL = 11;

/** `when` writes a time (epoch ms) in full; `files`: what is in it, once it was looked into. */
export function detailLines(
  row: CarveRow,
  files: readonly CarvedFile[] | undefined,
  width: number,
  when: (ms: number) => string,
): ReadonlyArray<readonly Segment[]> {
  const line = (name: string, text: string): ReadonlyArray<readonly Segment[]> =>
    wrapCells(text, width - LABEL - 2).map((part, index) => [
      { text: ` ${fit(index === 0 ? name : '', LABEL)}`, tone: 'muted' },
      { text: part },
    ]);
  const { carve, path, host, state, at } = row;
  const about = [
    ...line('path', path),
    ...line('host', `${host.hostname}  ${host.source}/${host.id}`),
    ...line('state', `${state}: ${progressText(row)}`),
  ];
  if (!carve) return [...about, ...line('asked', when(at))];
  const complete = carve.completedAt === null ? [] : line('complete', when(carve.completedAt));
  const here = carve.sha256 === null ? [] : [...line('sha256', carve.sha256), ...line('archive', carve.file ?? '')];
  const told = [...line('asked', when(at)), ...complete, ...line('carve', carve.id), ...line('run', carve.runId)];
  return [...about, ...here, ...told, ...(files?.flatMap(file => fileLines(file, width)) ?? [])];
}

const fileLines = ({ path, size, sha256, note }: CarvedFile, width: number): ReadonlyArray<readonly Segment[]> => [
  [{ text: ` ${cut(path, width - 14)}`, tone: 'strong' }, { text: `  ${shortSize(size)}` }],
  note === undefined ? [{ text: `   sha256 ${sha256}`, tone: 'muted' }] : [{ text: `   ${note}`, tone: 'warn' }],
];
