/** Reading standard input so that an interrupt ends it. */
import { abortError } from '../adapters/abort.ts';
import { Problem } from '../core/problem.ts';
import type { Stdin } from './context.ts';

const MAX_LENGTH = 16 * 2 ** 20;

/** Reads until `enough` says so, or the end. Rejects with an AbortError when the signal stops it. */
async function read(stdin: Stdin, signal: AbortSignal, enough: (text: string) => boolean): Promise<string> {
  if (signal.aborted) throw abortError(signal);
  const stop = () => void stdin.destroy(abortError(signal));
  signal.addEventListener('abort', stop, { once: true });
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const chunk of stdin) {
      text += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
      if (text.length > MAX_LENGTH) throw new Problem('usage', 'Standard input is too long to be a list of hosts (over 16 MiB).');
      if (enough(text)) break;
    }
    return text + decoder.decode();
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

export const readAll = (stdin: Stdin, signal: AbortSignal): Promise<string> => read(stdin, signal, () => false);

/** One line, without its line break. */
export async function readLine(stdin: Stdin, signal: AbortSignal): Promise<string> {
  const text = await read(stdin, signal, so => /[\r\n]/.test(so));
  return text.split(/[\r\n]/)[0] ?? '';
}
