/** Text measured in terminal cells: CJK and emoji take two. A grapheme is never cut in half. */
import stringWidth from 'string-width';
import type { Segment } from './theme.ts';

const ASCII = /^[\x20-\x7e]*$/;
/** With the marks that the console itself draws: one cell each. */
const NARROW = /^[\x20-\x7e…·●▌▸│─‹›↑↓←→]*$/;
const segmenter = new Intl.Segmenter();

export const cells = (text: string): number => (NARROW.test(text) ? text.length : stringWidth(text));

export function* graphemes(text: string): Generator<string> {
  for (const { segment } of segmenter.segment(text)) yield segment;
}

/** The longest beginning of `text` that fits into `width` cells. */
function head(text: string, width: number): string {
  let used = 0;
  let kept = '';
  for (const grapheme of graphemes(text)) {
    used += stringWidth(grapheme);
    if (used > width) break;
    kept += grapheme;
  }
  return kept;
}

/** `text` in at most `width` cells; what is cut off leaves an ellipsis. */
export function cut(text: string, width: number): string {
  if (width <= 0) return '';
  if (NARROW.test(text)) return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
  return stringWidth(text) <= width ? text : `${head(text, width - 1)}…`;
}

/** `text` in exactly `width` cells. */
export function fit(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const short = cut(text, width);
  const space = ' '.repeat(Math.max(0, width - cells(short)));
  return align === 'left' ? short + space : space + short;
}

/** `text` without its first `skip` cells, for horizontal scrolling. A wide character that is cut leaves a space. */
export function skipCells(text: string, skip: number): string {
  if (skip <= 0) return text;
  if (ASCII.test(text)) return text.slice(skip);
  let left = skip;
  let rest = '';
  for (const grapheme of graphemes(text)) {
    if (left <= 0) rest += grapheme;
    else {
      left -= stringWidth(grapheme);
      if (left < 0) rest += ' '.repeat(-left);
    }
  }
  return rest;
}

export const segmentsWidth = (segments: readonly Segment[]): number => segments.reduce((sum, { text }) => sum + cells(text), 0);

/** Segments in at most `width` cells. */
export function cutSegments(segments: readonly Segment[], width: number): readonly Segment[] {
  const kept: Segment[] = [];
  let left = width;
  for (const segment of segments) {
    const size = cells(segment.text);
    if (size > left) {
      if (left > 0) kept.push({ ...segment, text: cut(segment.text, left) });
      return kept;
    }
    kept.push(segment);
    left -= size;
  }
  return kept;
}

/** Breaks `text` into lines of at most `width` cells: at spaces where there are some, else anywhere. */
export function wrapCells(text: string, width: number): string[] {
  const lines: string[] = [];
  for (let rest = text; ; ) {
    if (cells(rest) <= width || width <= 0) return [...lines, rest];
    const whole = head(rest, width) || (graphemes(rest).next().value ?? rest);
    const space = rest[whole.length] === ' ' ? whole.length : whole.lastIndexOf(' ');
    const line = space > 0 ? whole.slice(0, space) : whole;
    lines.push(line);
    rest = rest.slice(line.length).replace(/^ /, '');
  }
}
