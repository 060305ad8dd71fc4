import { EventEmitter } from 'node:events';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Island, type Rectangle, Surface } from '../../src/ui/surface.ts';

class Paper extends EventEmitter {
  columns = 80;
  rows = 24;
  writableNeedDrain = false;
  written: string[] = [];

  write(data: string): void {
    this.written.push(data);
  }
}

let paper: Paper;
let surface: Surface;
let lines: string[];
let rectangle: Rectangle;
let island: Island;

/** What was painted since the last time, as `row: text`. */
const painted = async (): Promise<string[]> => {
  await new Promise(resolve => setImmediate(resolve));
  await new Promise(resolve => setImmediate(resolve));
  const all = paper.written.splice(0).join('');
  return [...all.matchAll(/\x1b\[(\d+);(\d+)H([^\x1b]*)/g)].map(([, row, column, text]) => `${row},${column}: ${text}`);
};

beforeEach(() => {
  paper = new Paper();
  surface = new Surface(paper);
  lines = ['one', 'two', 'three'];
  rectangle = { x: 4, y: 2, width: 10, height: 3 };
  island = { measure: () => rectangle, paint: row => lines[row] ?? '' };
});

describe('a surface', () => {
  it('paints every line of an island where Ink has laid it out', async () => {
    surface.add(island);
    surface.drawn();
    expect(await painted()).toEqual(['3,5: one', '4,5: two', '5,5: three']);
  });

  it('paints only what has changed', async () => {
    surface.add(island);
    surface.drawn();
    await painted();
    lines[1] = 'zwei';
    surface.schedule();
    expect(await painted()).toEqual(['4,5: zwei']);
    surface.schedule();
    expect(await painted()).toEqual([]);
  });

  it('paints once, however often it is asked to', async () => {
    surface.add(island);
    surface.drawn();
    for (let times = 0; times < 10; times += 1) surface.schedule();
    await painted();
    lines[0] = 'eins';
    for (let times = 0; times < 10; times += 1) surface.schedule();
    expect(await painted()).toEqual(['3,5: eins']);
  });

  it('paints all of it again when it has moved', async () => {
    surface.add(island);
    surface.drawn();
    await painted();
    rectangle = { ...rectangle, y: 5 };
    surface.drawn();
    expect(await painted()).toEqual(['6,5: one', '7,5: two', '8,5: three']);
  });

  it('does not paint where Ink has laid it out but not drawn it yet', async () => {
    surface.add(island);
    surface.schedule();
    expect(await painted()).toEqual([]);
    surface.drawn();
    await painted();
    lines[0] = 'eins';
    const before = rectangle;
    rectangle = { ...rectangle, height: 2 };
    surface.schedule();
    expect(await painted()).toEqual([]);
    rectangle = before;
    surface.schedule();
    expect(await painted()).toEqual(['3,5: eins']);
  });

  it('paints again what Ink has written over', async () => {
    surface.add(island);
    surface.drawn();
    await painted();
    surface.watch(`${'\n'.repeat(23)}`);
    surface.watch('\x1b[23A\x1b[E\x1b[E\x1b[E\x1b[1G\x1b[Ktext of Ink\n\x1b[E\x1b[20E');
    expect(await painted()).toEqual(['4,5: two']);
  });

  it('paints everything again after the screen was taken, cleared or erased below', async () => {
    surface.add(island);
    surface.drawn();
    for (const written of ['\x1b[?1049h', '\x1b[H\x1b[J', '\x1b[2J']) {
      await painted();
      surface.watch(written);
      expect(await painted()).toHaveLength(3);
    }
  });

  it('leaves the status line and the footer alone', async () => {
    rectangle = { x: 0, y: 20, width: 80, height: 9 };
    surface.add(island);
    surface.drawn();
    expect(await painted()).toEqual(['21,1: one', '22,1: two']);
  });

  it('tells an island whether it reaches the edge', async () => {
    const edges: boolean[] = [];
    const paint = (_: number, toEdge: boolean) => {
      edges.push(toEdge);
      return '';
    };
    surface.add({ measure: () => ({ x: 0, y: 2, width: 80, height: 1 }), paint });
    surface.add({ measure: () => ({ x: 0, y: 3, width: 79, height: 1 }), paint });
    surface.drawn();
    await painted();
    expect(edges).toEqual([true, false]);
  });

  it('paints nothing while the terminal is somebody else’s, and all of it afterwards', async () => {
    surface.add(island);
    surface.drawn();
    await painted();
    surface.hold();
    lines[0] = 'eins';
    surface.schedule();
    expect(await painted()).toEqual([]);
    surface.release();
    expect(await painted()).toHaveLength(3);
  });

  it('waits for a slow link', async () => {
    paper.writableNeedDrain = true;
    surface.add(island);
    surface.drawn();
    expect(await painted()).toEqual([]);
    paper.writableNeedDrain = false;
    paper.emit('drain');
    expect(await painted()).toHaveLength(3);
  });

  it('forgets an island that is gone', async () => {
    const forget = surface.add(island);
    surface.drawn();
    surface.drawn();
    await painted();
    forget();
    surface.invalidate();
    expect(await painted()).toEqual([]);
  });

  it('keeps the cursor where Ink left it, and holds many lines back until they are all there', async () => {
    surface.add(island);
    surface.drawn();
    await expect.poll(() => paper.written).toHaveLength(1);
    const [first = ''] = paper.written;
    expect(first.startsWith('\x1b[?2026h\x1b7')).toBe(true);
    expect(first.endsWith('\x1b8\x1b[?2026l')).toBe(true);
  });
});
