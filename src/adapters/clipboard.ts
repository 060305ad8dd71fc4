/** Copies go to the terminal's clipboard, which nobody can confirm, and always to a file too. */
import { clipboardSequence, multiplexerOf } from '../core/osc52.ts';
import type { Clipboard } from '../core/ports.ts';
import { fileOutput } from './output.ts';

export type ClipboardOptions = {
  /** Sends to the terminal, past everything else. */
  write(sequence: string): void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Holds the last copy, 0600. */
  readonly file: string;
};

/** A path as people write it. */
const shortPath = (file: string, { HOME }: ClipboardOptions['env']): string =>
  HOME && file.startsWith(`${HOME}/`) ? `~${file.slice(HOME.length)}` : file;

export function createClipboard({ write, env, file }: ClipboardOptions): Clipboard {
  return {
    async copy(text) {
      const output = fileOutput(file);
      try {
        await output.write(text);
        await output.finish();
      } catch (thrown) {
        output.discard();
        throw thrown;
      }
      const sequence = clipboardSequence(text, multiplexerOf(env));
      if (sequence !== undefined) write(sequence);
      return { bytes: Buffer.byteLength(text), sent: sequence !== undefined, file: shortPath(file, env) };
    },
  };
}
