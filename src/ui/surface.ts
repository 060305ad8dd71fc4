/**
 * Rectangles of the screen that are painted past Ink. Ink lays the screen out and draws what stands around the lists; for each
 * frame it builds every cell anew, though, which is too dear for lists that change with every key and ten times a second. A
 * list is an empty box for Ink (an island), and its lines are painted here, only those that changed.
 *
 * Ink stays the one who knows which rows are whose: an island holds its rows with a character that is blank on screen but not
 * for Ink. When the rows change hands, Ink rewrites them; what Ink writes is watched, and islands on rewritten rows are painted
 * again. Ink draws later than it lays out: an island is painted only where Ink has drawn it last.
 */
import { createContext } from 'react';

/** Blank on every screen, but not white space. One stands at each end of each row of an island, so that Ink knows its extent. */
export const HOLD = '\u2800';

export type Rectangle = { readonly x: number; readonly y: number; readonly width: number; readonly height: number };

export type Island = {
  /** Where Ink has laid it out, in cells from the top left of the screen. */
  measure(): Rectangle;
  /** Its line `row` as escape sequences that leave the style as it was; see `paintLine`. */
  paint(row: number, toEdge: boolean): string;
};

/** The part of a terminal that is painted on. */
export type Canvas = {
  readonly columns: number;
  readonly rows: number;
  readonly writableNeedDrain?: boolean;
  write(data: string): unknown;
  once(event: 'drain', listener: () => void): unknown;
};

const SYNC_ON = '\x1b[?2026h';
const SYNC_OFF = '\x1b[?2026l';
/** Fewer changed lines than this cannot be seen half done. */
const WORTH_SYNC = 3;

/** Status line and footer are never painted over, whatever a screen asks for. */
const ROWS_BELOW = 2;

const same = (left: Rectangle | undefined, right: Rectangle): boolean =>
  left?.x === right.x && left.y === right.y && left.width === right.width && left.height === right.height;

/** Where Ink has drawn an island last, and what of it is on screen. */
type Shown = { rectangle: Rectangle | undefined; lines: (string | undefined)[] };

export class Surface {
  readonly #canvas: Canvas;
  readonly #islands = new Map<Island, Shown>();
  readonly #rewritten = new Set<number>();
  #inkRow = 0;
  #frames = 0;
  #queued = false;
  #held = false;

  constructor(canvas: Canvas) {
    this.#canvas = canvas;
  }

  /** Paints `island` once Ink has drawn it; returns how to stop that. */
  add(island: Island): () => void {
    this.#islands.set(island, { rectangle: undefined, lines: [] });
    return () => this.#islands.delete(island);
  }

  /** Frames that Ink has drawn so far. */
  get frames(): number {
    return this.#frames;
  }

  /** Ink has just drawn a frame. */
  onFrame(): void {
    this.#frames += 1;
    this.drawn();
  }

  /** What Ink has drawn is what is laid out now. */
  drawn(): void {
    for (const [island, shown] of this.#islands) {
      const rectangle = island.measure();
      if (same(shown.rectangle, rectangle)) continue;
      shown.rectangle = rectangle;
      shown.lines = [];
    }
    this.schedule();
  }

  /** Paints what has changed, soon. */
  schedule(): void {
    if (this.#queued) return;
    this.#queued = true;
    setImmediate(() => {
      this.#queued = false;
      this.flush();
    });
  }

  /** Paints what has changed, now. */
  flush(): void {
    if (this.#held) return;
    if (this.#canvas.writableNeedDrain) {
      this.#canvas.once('drain', () => this.schedule());
      return;
    }
    const lines = [...this.#islands].flatMap(([island, shown]) => this.#changes(island, shown));
    this.#rewritten.clear();
    if (lines.length === 0) return;
    const painted = `\x1b7${lines.join('')}\x1b8`;
    this.#canvas.write(lines.length < WORTH_SYNC ? painted : SYNC_ON + painted + SYNC_OFF);
  }

  /** Nothing that was painted is on screen any more. */
  invalidate(): void {
    for (const shown of this.#islands.values()) shown.lines = [];
    this.schedule();
  }

  /** The terminal belongs to somebody else until `release`. */
  hold(): void {
    this.#held = true;
  }

  release(): void {
    this.#held = false;
    this.invalidate();
  }

  /** Follows what Ink writes, and paints again what it has written over. */
  watch(written: string): void {
    for (const [piece, count = '', final] of written.matchAll(/\x1b\[([\d;]*)([A-Za-z])|\x1b\[\?[\d;]*[hl]|\x1b[78]|\n|[^\x1b\n]+/g)) {
      const steps = Number(count) || 1;
      if (piece.startsWith('\x1b[?1049h')) this.#home();
      else if (final === 'A' || final === 'F') this.#inkRow = Math.max(0, this.#inkRow - steps);
      else if (final === 'B' || final === 'E') this.#inkRow += steps;
      else if (final === 'H') this.#inkRow = steps - 1;
      else if (final === 'J') this.invalidate();
      else if (piece === '\n') this.#inkRow = Math.min(this.#canvas.rows - 1, this.#inkRow + 1);
      else if (final === 'K' || final === undefined) this.#overwritten(piece);
    }
  }

  #home(): void {
    this.#inkRow = 0;
    this.invalidate();
  }

  #overwritten(piece: string): void {
    if (piece.startsWith('\x1b[?') || piece === '\r') return;
    this.#rewritten.add(this.#inkRow);
    this.schedule();
  }

  #changes(island: Island, shown: Shown): string[] {
    const rectangle = island.measure();
    if (!same(shown.rectangle, rectangle)) return [];
    const { x, y, width, height } = rectangle;
    const { columns, rows } = this.#canvas;
    const lines: string[] = [];
    for (let row = 0; row < height && y + row < rows - ROWS_BELOW; row++) {
      const painted = island.paint(row, x + width >= columns);
      if (painted === shown.lines[row] && !this.#rewritten.has(y + row)) continue;
      shown.lines[row] = painted;
      lines.push(`\x1b[${y + row + 1};${x + 1}H${painted}`);
    }
    return lines;
  }
}

export const SurfaceContext = createContext<Surface | undefined>(undefined);
