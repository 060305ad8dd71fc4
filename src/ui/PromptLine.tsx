import { Text } from 'ink';
import type { ReactNode } from 'react';
import { cells, cut, graphemes, skipCells } from './cells.ts';
import type { Prompt } from './ui-state.ts';

/** Cells to leave out at the left so that the cursor stays on the line. */
const scrolled = (before: string, room: number): number => Math.max(0, cells(before) - room + 1);

/** The one-line editor. The character under the cursor is inverse: a real cursor would have to be moved with each frame. */
export function PromptLine({ prompt, width }: { readonly prompt: Prompt; readonly width: number }): ReactNode {
  const { options, line, note } = prompt;
  const label = cut(options.label, Math.floor(width / 2));
  const spare = width - cells(label) - cells(line.text) - 3;
  const remark = note === '' ? '' : `  ${cut(note, Math.max(Math.floor(width / 2), spare))}`;
  const room = Math.max(8, width - cells(label) - cells(remark) - 1);
  const before = line.text.slice(0, line.cursor);
  const under: string = graphemes(line.text.slice(line.cursor)).next().value ?? ' ';
  const after = line.text.slice(line.cursor + under.length);
  const skip = scrolled(before, room);
  return (
    <Text wrap="truncate">
      <Text bold>{label}</Text>
      {skipCells(before, skip)}
      <Text inverse>{under}</Text>
      {cut(after, room - cells(before) + skip - cells(under))}
      {remark !== '' && <Text bold>{remark}</Text>}
    </Text>
  );
}
