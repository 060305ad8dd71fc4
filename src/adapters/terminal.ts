/** What the terminal at the other end can show. */

export type TerminalFacts = {
  readonly tty: boolean;
  readonly columns: number;
  readonly rows: number;
  /** Bits of colour: 0 none, 4 the sixteen, 8 the 256, 24 all. */
  readonly colour: 0 | 4 | 8 | 24;
  /** Whether the locale's characters are UTF-8. */
  readonly unicode: boolean;
  /** Cannot place the cursor: lines only. */
  readonly dumb: boolean;
};

type Environment = Readonly<Record<string, string | undefined>>;
type Stream = { readonly isTTY?: boolean | undefined; readonly columns?: number | undefined; readonly rows?: number | undefined };

function colourOf(env: Environment): 4 | 8 | 24 {
  if (/^(truecolor|24bit)$/i.test(env.COLORTERM ?? '')) return 24;
  return /256/.test(env.TERM ?? '') ? 8 : 4;
}

/** `noColor`: the flag; `NO_COLOR` (no-color.org) does the same. `LC_ALL`, `LC_CTYPE`, `LANG`: the first that is set counts. */
export function terminalFacts(stream: Stream, env: Environment, noColor = false): TerminalFacts {
  const tty = stream.isTTY === true;
  const dumb = env.TERM === undefined || env.TERM === '' || env.TERM === 'dumb';
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || '';
  return {
    tty,
    // A terminal that does not know its size says 0.
    columns: stream.columns || 80,
    rows: stream.rows || 24,
    colour: !tty || dumb || noColor || env.NO_COLOR ? 0 : colourOf(env),
    unicode: process.platform === 'win32' || /utf-?8/i.test(locale),
    dumb,
  };
}
