/** What a program wrote to its terminal, taken apart: text, control characters and escape sequences. */

export type Piece = {
  readonly kind: 'text' | 'control' | 'csi' | 'escape' | 'string';
  /** As written. */
  readonly text: string;
};

/**
 * In the order of the alternatives: a control sequence (CSI), a control string (OSC, DCS, APC, PM, SOS; unterminated ones
 * run to the end), another escape sequence, a single control character (C0, DEL, C1), text.
 */
const PIECE =
  /(?<csi>(?:\x1b\[|\x9b)[\x30-\x3f]*[\x20-\x2f]*[\x40-\x7e])|(?<string>(?:\x1b[\]P_^X]|[\x9d\x90\x9f\x9e\x98])[\s\S]*?(?:\x07|\x1b\\|\x9c|$))|(?<escape>\x1b[\x20-\x2f]*[\x30-\x7e])|(?<control>[\x00-\x1f\x7f-\x9f])|(?<text>[^\x00-\x1f\x7f-\x9f]+)/gu;

export function piecesOf(raw: string): Piece[] {
  return [...raw.matchAll(PIECE)].flatMap(({ groups = {} }) =>
    (['csi', 'string', 'escape', 'control', 'text'] as const).flatMap(kind => {
      const text = groups[kind];
      return text === undefined ? [] : [{ kind, text }];
    }),
  );
}

/** Modes that a full-screen program sets: autowrap, cursor, alternate screen, bracketed paste, synchronised output. */
const MODES = new Set(['7', '25', '1049', '2004', '2026']);
/** Cursor moves and positions, erasing, scrolling region, insert and delete of lines. */
const DRAWING = /^\x1b\[[\d;]*[ABCDEFGHJKLMSTXdfr]$/;
const COLOUR = /^\x1b\[([\d;:]*)m$/;
const MODE = /^\x1b\[\?([\d;]+)[hl]$/;
const HIDDEN_OR_BLINKING = new Set(['5', '6', '8']);

/** Colour parameters that are not the value of an extended colour (`38;5;N`, `48;2;R;G;B`). */
function attributes(parameters: string): string[] {
  return parameters
    .replaceAll(/[34]8[;:](5[;:]\d+|2([;:]\d*){3})/g, '')
    .split(/[;:]/)
    .filter(Boolean);
}

function allowed({ kind, text }: Piece): boolean {
  if (kind === 'text') return true;
  if (kind === 'control') return text === '\r' || text === '\n' || text === '\b' || text === '\t';
  // Save and restore the cursor.
  if (kind === 'escape') return text === '\x1b7' || text === '\x1b8';
  if (kind === 'string') return false;
  const colour = COLOUR.exec(text)?.[1];
  if (colour !== undefined) return !attributes(colour).some(code => HIDDEN_OR_BLINKING.has(code));
  const modes = MODE.exec(text)?.[1]?.split(';');
  return modes ? modes.every(mode => MODES.has(mode)) : DRAWING.test(text);
}

/** Everything in the output that a console has no business to write: titles, clipboard, links, hidden text, other controls. */
export function foreignSequences(raw: string): string[] {
  return [...new Set(piecesOf(raw).flatMap(piece => (allowed(piece) ? [] : [JSON.stringify(piece.text)])))];
}
