/**
 * A program in a real pseudo terminal, with a terminal emulator at the other end: what a person at an SSH client sees
 * and types. Knows nothing about rollcall or the test runner; the benchmark uses it for fzf and lnav too.
 */
import os from 'node:os';
import pty from '@lydell/node-pty';
import xterm from '@xterm/headless';

export type TerminalOptions = {
  readonly cols?: number;
  readonly rows?: number;
  readonly cwd?: string;
  /** The whole environment of the program; `TERM` is `xterm-256color` unless set here. */
  readonly env: Readonly<Record<string, string>>;
};

export type Exit = { readonly code: number; readonly signal: NodeJS.Signals | null };

/** One cell as painted. A colour is a palette number, `#rrggbb`, or undefined for the terminal's own. */
export type Cell = {
  readonly text: string;
  readonly foreground: number | string | undefined;
  readonly background: number | string | undefined;
  readonly bold: boolean;
  readonly dim: boolean;
  readonly inverse: boolean;
};

/** A condition on the screen: text that it shows, or a function of its rows joined by newlines. */
export type ScreenCondition = string | RegExp | ((screen: string) => boolean);

/** Synchronised output. */
const FRAME_MODE = 2026;
const DEFAULT_WAIT_MS = 30_000;

const signalNames = new Map(Object.entries(os.constants.signals).map(([name, number]) => [number as number, name as NodeJS.Signals]));

function holds(condition: ScreenCondition, screen: string): boolean {
  if (typeof condition === 'string') return screen.includes(condition);
  return condition instanceof RegExp ? condition.test(screen) : condition(screen);
}

function hex(rgb: number): string {
  return `#${rgb.toString(16).padStart(6, '0')}`;
}

export class PtyProgram {
  /** `performance.now()` at the moment before the program was started. */
  readonly startedAt: number;
  readonly pid: number;
  /** Resolves when the program has ended and its last output is on the screen. */
  readonly exited: Promise<Exit>;
  ended = false;
  readonly #pty: pty.IPty;
  readonly #terminal: xterm.Terminal;
  readonly #output: string[] = [];
  readonly #painted = new Set<(arrivedAt: number) => void>();
  /** The screen as it was before the frame that is being painted (synchronised output, mode 2026). */
  #held: string[] | undefined;
  #bytes = 0;
  #mark = 0;

  /** Starts `file` with `args` at once. */
  constructor(file: string, args: readonly string[], options: TerminalOptions) {
    const { cols = 80, rows = 24, cwd } = options;
    const env = { TERM: 'xterm-256color', ...options.env };
    this.#terminal = new xterm.Terminal({ cols, rows, allowProposedApi: true, scrollback: 0 });
    this.startedAt = performance.now();
    this.#pty = pty.spawn(file, [...args], { cols, rows, env, name: env.TERM, ...(cwd === undefined ? {} : { cwd }) });
    this.pid = this.#pty.pid;
    // The emulator answers the program's questions (cursor position, device attributes) as a terminal does.
    this.#terminal.onData(reply => this.#pty.write(reply));
    this.#pty.onData(chunk => this.#receive(chunk));
    this.#holdFrames();
    this.exited = new Promise(resolve => {
      this.#pty.onExit(({ exitCode, signal }) => {
        this.ended = true;
        const exit = { code: exitCode, signal: signal ? (signalNames.get(signal) ?? null) : null };
        this.#terminal.write('', () => resolve(exit));
      });
    });
  }

  /** As a terminal does, shows frames as a whole. */
  #holdFrames(): void {
    const isFrame = (params: readonly (number | number[])[]) => params.includes(FRAME_MODE);
    this.#terminal.parser.registerCsiHandler({ prefix: '?', final: 'h' }, params => {
      if (isFrame(params)) this.#held ??= this.lines();
      return false;
    });
    this.#terminal.parser.registerCsiHandler({ prefix: '?', final: 'l' }, params => {
      if (isFrame(params)) this.#held = undefined;
      return false;
    });
  }

  #receive(chunk: string): void {
    const arrivedAt = performance.now();
    this.#output.push(chunk);
    this.#bytes += Buffer.byteLength(chunk);
    this.#terminal.write(chunk, () => {
      for (const listener of [...this.#painted]) listener(arrivedAt);
    });
  }

  get cols(): number {
    return this.#terminal.cols;
  }

  get rows(): number {
    return this.#terminal.rows;
  }

  /** What the screen shows, top to bottom, each row without its trailing blanks. */
  lines(): string[] {
    if (this.#held) return this.#held;
    const { active } = this.#terminal.buffer;
    return Array.from({ length: this.rows }, (_, y) => active.getLine(active.baseY + y)?.translateToString(true) ?? '');
  }

  screen(): string {
    return this.lines().join('\n');
  }

  cell(x: number, y: number): Cell {
    const { active } = this.#terminal.buffer;
    const cell = active.getLine(active.baseY + y)?.getCell(x);
    if (!cell) throw new RangeError(`no cell ${x},${y} on a screen of ${this.cols}x${this.rows}`);
    const colour = (isDefault: boolean, isRgb: boolean, value: number) => (isDefault ? undefined : isRgb ? hex(value) : value);
    return {
      text: cell.getChars(),
      foreground: colour(cell.isFgDefault(), cell.isFgRGB(), cell.getFgColor()),
      background: colour(cell.isBgDefault(), cell.isBgRGB(), cell.getBgColor()),
      bold: cell.isBold() !== 0,
      dim: cell.isDim() !== 0,
      inverse: cell.isInverse() !== 0,
    };
  }

  /** The cells of the first row that shows `text`, from its first character on. */
  cellsOf(text: string): Cell[] {
    const y = this.lines().findIndex(line => line.includes(text));
    if (y < 0) throw new Error(`"${text}" is not on the screen:\n${this.screen()}`);
    const x = this.lines()[y]?.indexOf(text) ?? 0;
    return Array.from(text, (_, index) => this.cell(x + index, y));
  }

  /** Whether any cell of the screen has a colour of its own. */
  hasColour(): boolean {
    for (let y = 0; y < this.rows; y++) {
      for (let x = 0; x < this.cols; x++) {
        const { foreground, background } = this.cell(x, y);
        if (foreground !== undefined || background !== undefined) return true;
      }
    }
    return false;
  }

  /** True while the program shows the alternate screen; the shell's own text is on the other one. */
  get alternate(): boolean {
    return this.#terminal.buffer.active.type === 'alternate';
  }

  get modes(): xterm.IModes {
    return this.#terminal.modes;
  }

  get cursor(): { readonly x: number; readonly y: number } {
    const { cursorX: x, cursorY: y } = this.#terminal.buffer.active;
    return { x, y };
  }

  /** Sends keys as one packet. */
  type(text: string): void {
    this.#pty.write(text);
  }

  resize(cols: number, rows: number): void {
    this.#terminal.resize(cols, rows);
    this.#pty.resize(cols, rows);
  }

  /** Everything that the program has written, escapes included. */
  raw(): string {
    return this.#output.join('');
  }

  /** Starts counting `bytes()` anew. */
  mark(): void {
    this.#mark = this.#bytes;
  }

  /** Bytes written to the terminal since the last `mark()`, or the start. */
  bytes(): number {
    return this.#bytes - this.#mark;
  }

  /** Nothing happens when the program has ended already. */
  kill(signal: NodeJS.Signals = 'SIGTERM'): void {
    if (!this.ended) this.#pty.kill(signal);
  }

  /** Calls `listener` whenever output has reached the screen, with the `performance.now()` at which it had arrived. */
  onPaint(listener: (arrivedAt: number) => void): () => void {
    this.#painted.add(listener);
    return () => this.#painted.delete(listener);
  }

  /**
   * Resolves once the screen meets the condition, with the `performance.now()` at which the deciding output arrived (the
   * present when it is met already). Rejects with the screen's text after `timeoutMs`, or when the program ends without it.
   */
  waitFor(condition: ScreenCondition, timeoutMs: number = DEFAULT_WAIT_MS): Promise<number> {
    if (holds(condition, this.screen())) return Promise.resolve(performance.now());
    return new Promise((resolve, reject) => {
      const stop = () => {
        clearTimeout(timer);
        forget();
      };
      const fail = (why: string) => {
        stop();
        reject(new Error(`${why} while waiting for ${condition}. The screen:\n${this.screen()}`));
      };
      const timer = setTimeout(() => fail(`${timeoutMs} ms passed`), timeoutMs);
      const forget = this.onPaint(arrivedAt => {
        if (!holds(condition, this.screen())) return;
        stop();
        resolve(arrivedAt);
      });
      void this.exited.then(({ code, signal }) => fail(`the program ended (${signal ?? code})`));
    });
  }

  dispose(): void {
    this.kill('SIGKILL');
    this.#terminal.dispose();
  }
}
