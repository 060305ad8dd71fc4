/**
 * What a terminal takes as a new clipboard: OSC 52 with base64, in which nothing that a host said can break out. tmux and
 * screen have to be told to hand it on. No terminal answers.
 */

export type Multiplexer = 'tmux' | 'screen';

const ESC = '\x1b';
const BEL = '\x07';
const ST = `${ESC}\\`;

/** Base64 that terminals are known to take at most. */
const MOST = 74_994;
/** Bytes of text in it. */
export const MOST_CLIPBOARD_BYTES = Math.floor(MOST / 4) * 3;
/** Characters of one string that screen hands on. */
const SCREEN_PIECE = 240;

/** screen passes on what stands in a DCS, in pieces. */
function throughScreen(sequence: string): string {
  const pieces = sequence.match(new RegExp(`[\\s\\S]{1,${SCREEN_PIECE}}`, 'g')) ?? [];
  return pieces.map(piece => `${ESC}P${piece}${ST}`).join('');
}

/** The sequence for `text`; undefined where that is too long. tmux is asked both ways: which one it takes is a setting of its own. */
export function clipboardSequence(text: string, multiplexer?: Multiplexer): string | undefined {
  const data = Buffer.from(text).toString('base64');
  if (data.length > MOST) return undefined;
  const sequence = `${ESC}]52;c;${data}${BEL}`;
  if (multiplexer === 'tmux') return `${sequence}${ESC}Ptmux;${sequence.replaceAll(ESC, ESC + ESC)}${ST}`;
  return multiplexer === 'screen' ? throughScreen(sequence) : sequence;
}

/** Which multiplexer the program runs in, by its environment. */
export function multiplexerOf({ TMUX, STY, TERM = '' }: Readonly<Record<string, string | undefined>>): Multiplexer | undefined {
  if (TMUX || TERM.startsWith('tmux')) return 'tmux';
  return STY || TERM.startsWith('screen') ? 'screen' : undefined;
}
