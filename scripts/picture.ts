/**
 * Makes the picture of the README, docs/console.svg, from the real program: starts the lab in a terminal, launches a query
 * on some hosts, and draws the screen as it stands. `npm run picture`.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Cell, PtyProgram } from '../test/helpers/terminal.ts';

const COLS = 100;
const ROWS = 26;
const CELL = { width: 8.4, height: 18 };
const INK = '#d7dae0';
const PAPER = '#16181d';
/** The sixteen colours, as a calm dark theme has them. */
const PALETTE = [
  '#2b2f37',
  '#e06c75',
  '#98c379',
  '#e5c07b',
  '#61afef',
  '#c678dd',
  '#56b6c2',
  '#d7dae0',
  '#5c6370',
  '#ff7b85',
  '#b5e890',
  '#ffd68a',
  '#82c4ff',
  '#d9a0ff',
  '#7fd8e4',
  '#ffffff',
];

const colour = (value: Cell['foreground'], fallback: string): string =>
  typeof value === 'string' ? value : value === undefined ? fallback : (PALETTE[value] ?? fallback);

const escaped = (text: string): string =>
  text.replace(/[<>&]/g, character => ({ '<': '&lt;', '>': '&gt;', '&': '&amp;' })[character] ?? '');

/** Pieces of a row that look the same, with the column at which each begins. */
function runsOf(cells: readonly Cell[]): { x: number; text: string; look: Cell }[] {
  const runs: { x: number; text: string; look: Cell }[] = [];
  const same = (a: Cell, b: Cell) =>
    a.foreground === b.foreground && a.background === b.background && a.bold === b.bold && a.dim === b.dim && a.inverse === b.inverse;
  cells.forEach((cell, x) => {
    const last = runs.at(-1);
    if (last && same(last.look, cell)) last.text += cell.text || ' ';
    else runs.push({ x, text: cell.text || ' ', look: cell });
  });
  return runs;
}

function drawRun({ x, text, look }: ReturnType<typeof runsOf>[number], y: number): string {
  const [front, back] = [colour(look.foreground, INK), colour(look.background, PAPER)];
  const [ink, paper] = look.inverse ? [back, front] : [front, back];
  const left = (x * CELL.width).toFixed(1);
  const width = (text.length * CELL.width).toFixed(1);
  const box = paper === PAPER ? '' : `<rect x="${left}" y="${y * CELL.height}" width="${width}" height="${CELL.height}" fill="${paper}"/>`;
  if (text.trim() === '') return box;
  const style = `fill="${ink}"${look.bold ? ' font-weight="bold"' : ''}${look.dim ? ' opacity="0.6"' : ''}`;
  return `${box}<text x="${left}" y="${y * CELL.height + 13}" textLength="${width}" xml:space="preserve" ${style}>${escaped(text)}</text>`;
}

function draw(terminal: PtyProgram): string {
  const rows = Array.from({ length: ROWS }, (_, y) => runsOf(Array.from({ length: COLS }, (_, x) => terminal.cell(x, y))));
  const body = rows.flatMap((runs, y) => runs.map(run => drawRun(run, y))).filter(text => text !== '');
  const [width, height] = [Math.ceil(COLS * CELL.width), ROWS * CELL.height];
  const frame = `viewBox="-12 -12 ${width + 24} ${height + 24}" width="${width + 24}" height="${height + 24}"`;
  const font = 'font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="14"';
  const paper = `<rect x="-12" y="-12" width="${width + 24}" height="${height + 24}" rx="8" fill="${PAPER}"/>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${frame} ${font}>\n${paper}\n${body.join('\n')}\n</svg>\n`;
}

const dir = mkdtempSync(path.join(tmpdir(), 'rollcall-picture-'));
const env = { PATH: process.env.PATH ?? '', HOME: dir, LANG: 'C.UTF-8', TZ: 'UTC', CI: '' };
const args = ['dist/main.js', '--lab', '24', '--data-dir', dir, '--config-dir', dir];
const terminal = new PtyProgram(process.execPath, args, { cols: COLS, rows: ROWS, env });
try {
  await terminal.waitFor(/lab-\d+/);
  terminal.type('2');
  await terminal.waitFor(/25 hosts/);
  terminal.type('/');
  terminal.type('!lab-1 label:simulated');
  await terminal.waitFor(/match/);
  terminal.type('\r');
  terminal.type('A');
  await terminal.waitFor(/marked/);
  terminal.type('\r');
  await terminal.waitFor(/SQL as it will be sent/);
  terminal.type('/');
  terminal.type('running_processes');
  terminal.type('\r');
  await terminal.waitFor(/Running processes/);
  terminal.type('\t\t');
  terminal.type('15');
  await terminal.waitFor(/wait +15/);
  terminal.type('\r');
  await terminal.waitFor(/y send/);
  // A question that has just come up takes no key before the input is quiet.
  await new Promise(resolve => setTimeout(resolve, 800));
  terminal.type('y');
  await terminal.waitFor(/\+\d+s/, 60_000);
  writeFileSync('docs/console.svg', draw(terminal));
} finally {
  terminal.kill();
  await terminal.exited;
  terminal.dispose();
  rmSync(dir, { recursive: true, force: true });
}
