/** The two lines at the bottom: what is asked or was said, and below it the keys worth knowing. Pure. */
import { cells, wrapCells } from './cells.ts';
import type { BoundCommand } from './keys/command.ts';
import { keyLabel } from './keys/names.ts';
import { menuLines } from './menu.ts';
import { promptHint, promptSegments } from './prompt-line.ts';
import type { Segment } from './theme.ts';
import type { Level, Notice, UiState } from './ui-state.ts';

export type BottomLines = readonly [status: readonly Segment[], footer: readonly Segment[]];

const LEVEL_TONES = { info: undefined, warn: 'warn', error: 'bad' } as const satisfies Record<Level, Segment['tone']>;
const LEVEL_WORDS: Record<Level, string> = { info: '', warn: '', error: 'error: ' };

/** What was said, in one line, or in two with the rest cut off. */
function noticeLines({ level, text }: Notice, width: number): ReadonlyArray<readonly Segment[]> {
  const tone = LEVEL_TONES[level];
  const [first = '', ...rest] = wrapCells(LEVEL_WORDS[level] + text, width - 1);
  return [first, ...(rest.length > 0 ? [rest.join(' ')] : [])].map(line => [{ text: ` ${line}`, tone }]);
}

/** What acts while a text field of a form has the keyboard. */
const inField = ({ where }: BoundCommand): boolean => where === 'form' || where === 'typing';

/** Keys worth knowing here; what does not fit is found by `?`. */
export function footerSegments(commands: readonly BoundCommand[], width: number): readonly Segment[] {
  const hints = commands.flatMap(({ footer, keys: [key] }) =>
    footer !== undefined && key !== undefined ? [{ key: keyLabel(key), footer }] : [],
  );
  const size = ({ key, footer }: { key: string; footer: string }) => cells(key) + cells(footer) + 3;
  // Help and leaving come last in the list and must not fall off. Nothing follows the last hint.
  const kept = hints.filter(hint => hint.footer === 'help' || hint.footer === 'leave');
  let left = width + 1 - kept.reduce((sum, hint) => sum + size(hint), 0);
  const shown = hints.filter(hint => {
    if (kept.includes(hint)) return true;
    left -= size(hint);
    return left >= 0;
  });
  return shown.flatMap(({ key, footer }, index): Segment[] => [
    { text: index === 0 ? ` ${key}` : `  ${key}`, tone: 'strong' },
    { text: ` ${footer}`, tone: 'muted' },
  ]);
}

/**
 * Both lines. While a question, a menu or a prompt has the keyboard, keys are for that and no others are named; what was said
 * (`notice`) takes the second line too where it is long. `commands`: those of the screen, then those that act everywhere.
 */
export function bottomLines(
  { confirm, menu, prompt, field }: Pick<UiState, 'confirm' | 'menu' | 'prompt' | 'field'>,
  notice: Notice | undefined,
  commands: readonly BoundCommand[],
  width: number,
): BottomLines {
  const [said = [], more] = notice ? noticeLines(notice, width) : [];
  if (confirm) return [said, more ?? []];
  if (menu) return menuLines(menu, width);
  if (prompt) return [promptSegments(prompt, width), promptHint(prompt, width)];
  return [said, more ?? footerSegments(field ? commands.filter(inField) : commands, width)];
}
