/**
 * A keyboard that Ink reads safely. Between the terminal and Ink it
 * - hands over one key at a time: Enter in the same packet as text is a key of its own, and every key meets the screen that
 *   the one before it made;
 * - makes one literal insert of a paste, closes a paste that never ends, and lets ctrl+c out of one;
 * - drops what the terminal replies (OSC, DCS, APC, PM, SOS), also when it comes in pieces;
 * - waits for the rest of a sequence that a slow link has torn apart, and tells Esc from Alt;
 * - names function keys, which Ink's `useInput` does not.
 */
import { PassThrough } from 'node:stream';

/** The terminal's side: `process.stdin`, or anything like it. */
export type TtyInput = NodeJS.ReadableStream & {
  readonly isTTY?: boolean;
  setRawMode?(mode: boolean): unknown;
  ref?(): unknown;
  unref?(): unknown;
};

export type GuardOptions = {
  /** A function key was pressed: `f1` ... `f12`. */
  onFunctionKey?(name: string): void;
  /** ms of silence that end an unterminated paste, reply or sequence. */
  readonly idleMs?: number;
  /** ms after which an escape by itself is the Esc key. */
  readonly escapeMs?: number;
};

export type GuardedInput = PassThrough & {
  isTTY: boolean;
  setRawMode(mode: boolean): GuardedInput;
  ref(): GuardedInput;
  unref(): GuardedInput;
};

const PASTE_START = '\x1b[200~';
const PASTE_END = '\x1b[201~';
/** Characters of a paste that are kept. */
const MAX_PASTE = 1 << 20;
/** More printable characters than this in one packet were not typed. */
const BURST = 64;

/** A whole key sequence: CSI, the Linux console's CSI [ letter, SS3. */
const SEQUENCE = /^\x1b(?:\[\[[A-E]|\[[0-?]*[ -/]*[@-~]|O[0-9;]*[A-Za-z])/;
/** The beginning of one that may go on in the next packet. */
const PARTIAL = /^\x1b(?:\[\[?[0-?]*[ -/]*|O[0-9;]*)?$/;
const REPLY_START = /^\x1b[\]PX^_]/;
const REPLY_END = /\x07|\x1b\\|\x9c/;
/** Esc in a form that cannot be the beginning of anything else. */
const ESCAPE_KEY = '\x1b[27u';

const FUNCTION_KEYS: Readonly<Record<string, string>> = Object.fromEntries(
  [
    ['f1', 'OP', '[11~', '[[A'],
    ['f2', 'OQ', '[12~', '[[B'],
    ['f3', 'OR', '[13~', '[[C'],
    ['f4', 'OS', '[14~', '[[D'],
    ['f5', '[15~', '[[E'],
    ['f6', '[17~'],
    ['f7', '[18~'],
    ['f8', '[19~'],
    ['f9', '[20~'],
    ['f10', '[21~'],
    ['f11', '[23~'],
    ['f12', '[24~'],
  ].flatMap(([name = '', ...codes]) => codes.map(code => [`\x1b${code}`, name])),
);

/** One thing for Ink, or a function key for `onFunctionKey`. */
type Token = { readonly data: string } | { readonly functionKey: string };

type Mode = 'keys' | 'paste' | 'reply';

/** Cuts a stream of packets into tokens. Pure but for its own memory; `flush` is told when the line has been silent. */
export class KeyTokens {
  #mode: Mode = 'keys';
  #pending = '';
  #paste = '';

  /** What is waiting for more input: perhaps just the Esc key, or the rest of something longer. */
  get waiting(): 'nothing' | 'escape' | 'rest' {
    if (this.#mode === 'keys' && this.#pending === '') return 'nothing';
    return this.#mode === 'keys' && this.#pending === '\x1b' ? 'escape' : 'rest';
  }

  push(packet: string): Token[] {
    const out: Token[] = [];
    let rest = this.#pending + packet;
    this.#pending = '';
    if (this.#mode === 'keys' && isBurst(rest)) return [pasteToken(rest)];
    while (rest !== '') rest = this.#step(rest, out);
    return out;
  }

  /** The line has been silent: what is unfinished is taken for what it is so far. */
  flush(): Token[] {
    const mode = this.#mode;
    this.#mode = 'keys';
    const pending = this.#pending;
    this.#pending = '';
    if (mode === 'reply') return [];
    if (mode === 'paste') return this.#endPaste(pending);
    return pending === '\x1b' ? [{ data: ESCAPE_KEY }] : [];
  }

  #endPaste(last: string): Token[] {
    const text = (this.#paste + last).slice(0, MAX_PASTE);
    this.#paste = '';
    this.#mode = 'keys';
    return text === '' ? [] : [pasteToken(text)];
  }

  /** Takes one token off the front and returns the rest; an empty rest may leave something pending. */
  #step(text: string, out: Token[]): string {
    if (this.#mode === 'paste') return this.#inPaste(text, out);
    if (this.#mode === 'reply') return this.#inReply(text, out);
    const at = text.indexOf('\x1b');
    if (at !== 0) {
      out.push(...characters(at < 0 ? text : text.slice(0, at)));
      return at < 0 ? '' : text.slice(at);
    }
    if (PARTIAL.test(text)) {
      this.#pending = text;
      return '';
    }
    if (REPLY_START.test(text)) {
      this.#mode = 'reply';
      return text.slice(2);
    }
    if (text.startsWith(PASTE_START)) {
      this.#mode = 'paste';
      return text.slice(PASTE_START.length);
    }
    const sequence = SEQUENCE.exec(text)?.[0];
    if (sequence === undefined) {
      out.push({ data: ESCAPE_KEY });
      return text.slice(1);
    }
    const functionKey = FUNCTION_KEYS[sequence];
    if (sequence !== PASTE_END) out.push(functionKey === undefined ? { data: sequence } : { functionKey });
    return text.slice(sequence.length);
  }

  #inPaste(text: string, out: Token[]): string {
    const end = text.indexOf(PASTE_END);
    if (end >= 0) {
      out.push(...this.#endPaste(text.slice(0, end)));
      return text.slice(end + PASTE_END.length);
    }
    if (text === '\x03') {
      out.push(...this.#endPaste(''), { data: '\x03' });
      return '';
    }
    // The end mark may be torn apart: its beginning waits for the rest.
    const torn = tornEnd(text);
    this.#paste = (this.#paste + text.slice(0, text.length - torn)).slice(0, MAX_PASTE);
    this.#pending = text.slice(text.length - torn);
    return '';
  }

  #inReply(text: string, out: Token[]): string {
    const end = REPLY_END.exec(text);
    if (text === '\x03') out.push({ data: text });
    if (!end) {
      if (text.endsWith('\x1b')) this.#pending = '\x1b';
      return '';
    }
    this.#mode = 'keys';
    return text.slice(end.index + end[0].length);
  }
}

const pasteToken = (text: string): Token => ({ data: PASTE_START + text.replaceAll(PASTE_START, '') + PASTE_END });

const isBurst = (text: string): boolean => text.length > BURST && !text.includes('\x1b') && new Set(text).size > 4;

function tornEnd(text: string): number {
  for (let size = PASTE_END.length - 1; size > 0; size--) if (text.endsWith(PASTE_END.slice(0, size))) return size;
  return 0;
}

const segmenter = new Intl.Segmenter();

/** Each key of a run of plain text by itself; a line feed is Enter. */
function characters(text: string): Token[] {
  const keys = text.replaceAll('\r\n', '\r').replaceAll('\n', '\r');
  return Array.from(segmenter.segment(keys), ({ segment }) => ({ data: segment }));
}

/** Wraps the terminal's input. Give the result to Ink as its `stdin`. */
export function guardStdin(tty: TtyInput, { onFunctionKey, idleMs = 400, escapeMs = 50 }: GuardOptions = {}): GuardedInput {
  const tokens = new KeyTokens();
  const queue: Token[] = [];
  let timer: NodeJS.Timeout | undefined;
  let pumping = false;

  const next = () => {
    const token = queue.shift();
    if (token === undefined) {
      pumping = false;
      return;
    }
    if ('data' in token) guarded.write(token.data);
    else onFunctionKey?.(token.functionKey);
    setImmediate(next);
  };
  const feed = (more: readonly Token[]) => {
    queue.push(...more);
    if (pumping || queue.length === 0) return;
    pumping = true;
    setImmediate(next);
  };

  const guarded: GuardedInput = Object.assign(new PassThrough({ encoding: 'utf8' }), {
    isTTY: tty.isTTY === true,
    setRawMode(mode: boolean) {
      tty.setRawMode?.(mode);
      if (mode) tty.resume();
      else tty.pause();
      return guarded;
    },
    ref() {
      tty.ref?.();
      return guarded;
    },
    unref() {
      tty.unref?.();
      return guarded;
    },
  });

  tty.setEncoding('utf8');
  tty.on('data', (packet: string | Buffer) => {
    clearTimeout(timer);
    feed(tokens.push(packet.toString()));
    const { waiting } = tokens;
    if (waiting !== 'nothing') timer = setTimeout(() => feed(tokens.flush()), waiting === 'escape' ? escapeMs : idleMs);
  });
  tty.on('end', () => guarded.end());
  return guarded;
}
