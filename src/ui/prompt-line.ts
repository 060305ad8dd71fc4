/** How the prompt looks: its line, and the line below it with what is wrong or what tab offers. Pure. */
import { cells, cut, fit, graphemes, skipCells } from './cells.ts';
import type { Prompt } from './prompt.ts';
import type { Segment, Tone } from './theme.ts';

/** The label, and the cells of the text that have gone out to the left so that the cursor shows. */
type Frame = { readonly label: string; readonly skip: number };

function frameOf({ options, line }: Prompt, width: number): Frame {
  const label = cut(options.label, Math.floor(width / 2));
  const room = Math.max(8, width - cells(label) - 1);
  return { label, skip: Math.max(0, cells(line.text.slice(0, line.cursor)) - room + 1) };
}

/** The text in pieces: a wrong word is marked, and the character under the cursor is inverse. */
function pieces({ line: { text, cursor }, fault }: Prompt): Segment[] {
  const under: string = graphemes(text.slice(cursor)).next().value ?? ' ';
  const behind = cursor + under.length;
  const faulty = (at: number) => fault !== undefined && at >= fault.from && at < fault.to;
  const stops = [0, fault?.from ?? 0, fault?.to ?? 0, cursor, behind, text.length].filter(at => at <= text.length);
  const sorted = [...new Set(stops)].sort((a, b) => a - b);
  const toneAt = (at: number): Tone | undefined => (at === cursor ? 'cursor' : faulty(at) ? 'bad' : undefined);
  const shown = sorted.slice(0, -1).map((from, index): Segment => ({ text: text.slice(from, sorted[index + 1]), tone: toneAt(from) }));
  return cursor === text.length ? [...shown, { text: ' ', tone: 'cursor' }] : shown;
}

/** The segments without their first `skip` cells. */
function skipSegments(segments: readonly Segment[], skip: number): Segment[] {
  let left = skip;
  return segments.flatMap(segment => {
    const size = cells(segment.text);
    const text = skipCells(segment.text, left);
    left = Math.max(0, left - size);
    return text === '' ? [] : [{ ...segment, text }];
  });
}

/** The one-line editor. The character under the cursor is inverse: a real cursor would have to be moved with each frame. */
export function promptSegments(prompt: Prompt, width: number): readonly Segment[] {
  const { label, skip } = frameOf(prompt, width);
  return [{ text: label, tone: 'strong' }, ...skipSegments(pieces(prompt), skip)];
}

/** A caret under the wrong word, and what is wrong at the side where there is more room for it. */
function faultSegments(prompt: Prompt, { from, what }: { readonly from: number; readonly what: string }, width: number): Segment[] {
  const { label, skip } = frameOf(prompt, width);
  const at = Math.max(0, Math.min(width - 1, cells(label) + cells(prompt.line.text.slice(0, from)) - skip));
  const after = width - at - 2;
  if (cells(what) <= after || after >= at) return [{ text: `${' '.repeat(at)}^ ${cut(what, after)}`, tone: 'bad' }];
  return [{ text: `${fit(what, at - 1, 'right')} ^`, tone: 'bad' }];
}

const GAP = 2;
const MAX_LABEL = 32;

/** The completions that fit beside each other, with the one that is taken among them. */
function offerSegments({ offer }: Prompt, width: number): Segment[] {
  const labels = offer?.completions.items.map(({ text, label = text }) => cut(label.trim(), MAX_LABEL)) ?? [];
  const chosen = offer?.at ?? -1;
  const head = ' tab: ';
  const room = width - cells(head) - 8;
  let first = 0;
  let used = 0;
  const page: number[] = [];
  for (const [index, label] of labels.entries()) {
    used += cells(label) + GAP;
    if (used > room && page.length > 0) {
      if (chosen < index) break;
      page.length = 0;
      first = index;
      used = cells(label) + GAP;
    }
    page.push(index);
  }
  const more = labels.length - first - page.length;
  return [
    { text: head, tone: 'muted' },
    ...page.flatMap((index): Segment[] => [
      { text: labels[index] ?? '', tone: index === chosen ? 'cursor' : 'accent' },
      { text: ' '.repeat(GAP) },
    ]),
    { text: more > 0 ? `+${more}` : '', tone: 'muted' },
  ];
}

const keysSegments = (...keys: ReadonlyArray<readonly [key: string, does: string]>): readonly Segment[] =>
  keys.flatMap(([key, does]): Segment[] => [
    { text: ` ${key}`, tone: 'strong' },
    { text: ` ${does} `, tone: 'muted' },
  ]);

const FILTER_KEYS = keysSegments(['enter', 'keep'], ['esc', 'as it was'], ['↑↓', 'earlier ones']);
const KEYS = keysSegments(['enter', 'take it'], ['esc', 'leave it']);

/** The line below a prompt: what is wrong with its text, what tab offers, or its keys. */
export function promptHint(prompt: Prompt, width: number): readonly Segment[] {
  if (prompt.fault) return faultSegments(prompt, prompt.fault, width);
  if (prompt.offer) return offerSegments(prompt, width);
  return prompt.options.recalls ? FILTER_KEYS : KEYS;
}
