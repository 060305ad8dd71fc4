/** Copying: what is handed to the clipboard, and what is said about it. */
import { maskSecrets } from '../core/mask.ts';
import { count, counted } from './format.ts';
import type { Services } from './services.ts';

/** Cells as a line of TSV. A tab or a line break inside a cell becomes a blank. */
export const tsvLine = (cells: readonly string[]): string => cells.map(cell => cell.replace(/[\t\r\n]+/g, ' ')).join('\t');

/** A head and rows as lines of TSV. */
export const tsvTable = (head: readonly string[], rows: ReadonlyArray<readonly string[]>): string =>
  `${[head, ...rows].map(tsvLine).join('\n')}\n`;

/** Copies a text without the secrets in it, and says what became of it. `what`: "the row", "3 rows". */
export async function copyText({ ui, clipboard }: Pick<Services, 'ui' | 'clipboard'>, text: string, what: string): Promise<void> {
  if (!clipboard) return ui.say('Nothing can be copied while rollcall is starting.', 'warn');
  const masked = maskSecrets(text);
  const { bytes, sent, file } = await clipboard.copy(masked.text);
  const told = masked.count > 0 ? `${what}, ${counted(masked.count, 'secret')} masked,` : what;
  const size = `${count(bytes)} bytes`;
  ui.say(
    sent
      ? `Copied ${told} to ${file}, and ${size} to the terminal's clipboard, which cannot confirm it.`
      : `Copied ${told} to ${file}; ${size} are too many for the terminal's clipboard.`,
  );
}
