/** What a command says on standard error: messages, and a progress line that is redrawn where that can be. */
import type { Writer } from '../adapters/output.ts';
import type { TerminalFacts } from '../adapters/terminal.ts';
import { clean } from '../core/sanitize.ts';

export interface Messages {
  /** A line that is always printed. */
  tell(text: string): void;
  /** A failure, after `prefix`; not told again where the line before was of the same one, told as it came. */
  fail(text: string, prefix?: string): void;
  /** How far things are: redrawn in place on a terminal, left out elsewhere and with `--quiet`. */
  progress(text: string): void;
  /** A milestone: a line everywhere, but not with `--quiet`. */
  step(text: string): void;
  /** Takes the progress line away. */
  rest(): void;
}

const MAX_LINE = 65_536;
const REPLACEMENTS: Readonly<Record<string, string>> = { '·': ',', '…': '...', '→': '->', '’': "'", '␛': '^[', '⏎': '\\n' };

/** For terminals whose locale has no such characters. */
export const toAscii = (text: string): string => text.replace(/[^\n -~]/gu, found => REPLACEMENTS[found] ?? '?');

export function createMessages(
  stream: Writer,
  terminal: TerminalFacts,
  options: { readonly quiet: boolean; readonly plain: boolean },
): Messages {
  const redraws = terminal.tty && !terminal.dumb && !options.plain && !options.quiet;
  let drawn = false;
  let last = '';
  let gone = false;
  stream.on('error', () => {
    gone = true;
  });
  const write = (text: string) => {
    if (!gone) stream.write(terminal.unicode ? text : toAscii(text), () => undefined);
  };
  const rest = () => {
    if (drawn) write('\r\u001b[K');
    drawn = false;
  };
  const line = (text: string) => {
    rest();
    last = text;
    write(`${clean(text, MAX_LINE)}\n`);
  };
  return {
    rest,
    tell: line,
    fail(text, prefix = '') {
      if (text !== last) line(`${prefix}${text}`);
    },
    step: text => {
      if (!options.quiet) line(text);
    },
    progress(text) {
      if (!redraws) return;
      write(`\r\u001b[K${clean(text).slice(0, Math.max(0, terminal.columns - 1))}`);
      drawn = true;
    },
  };
}
