/** Measuring a program at its terminal: what leaves it, and when. */
import { setTimeout as sleep } from 'node:timers/promises';
import { PtyProgram, type ScreenCondition } from '../test/helpers/terminal.ts';
import { median } from './report.ts';

/** How a program is started, and what tells that a key took effect. */
export type Subject = {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The screen shows what a person came for. */
  readonly ready: ScreenCondition;
  /** Keys to press once, before moving about. */
  readonly prepare?: readonly string[];
  readonly down: string;
  readonly up: string;
  /** What a move of the selection changes. */
  readonly position: (program: PtyProgram) => number | string;
};

const SIZE = { cols: 80, rows: 24 };
const QUIET_MS = 250;

export function open(subject: Subject, size: { readonly cols: number; readonly rows: number } = SIZE): PtyProgram {
  return new PtyProgram(subject.file, subject.args, { ...size, env: subject.env });
}

export async function close(program: PtyProgram): Promise<void> {
  program.kill('SIGKILL');
  await program.exited;
  program.dispose();
}

/** Resolves once nothing has been written for `quietMs`, or after `limitMs` with a program that never rests. */
export async function settle(program: PtyProgram, quietMs: number = QUIET_MS, limitMs = 3000): Promise<void> {
  const end = performance.now() + limitMs;
  let last = performance.now();
  const forget = program.onPaint(() => {
    last = performance.now();
  });
  while (performance.now() - last < quietMs && performance.now() < end) await sleep(10);
  forget();
}

/** ms from start to the first output and to the useful screen; bytes until it rests. */
export type FirstFrame = { readonly paint: number; readonly useful: number; readonly bytes: number };

async function firstFrame(subject: Subject): Promise<FirstFrame> {
  const program = open(subject);
  const painted = new Promise<number>(resolve => program.onPaint(resolve));
  const useful = (await program.waitFor(subject.ready)) - program.startedAt;
  const paint = (await painted) - program.startedAt;
  await settle(program);
  const bytes = program.bytes();
  await close(program);
  return { paint, useful, bytes };
}

/** Medians of `runs` starts of each subject, one after the other, so that what else the machine does hits all of them. */
export async function firstFrames(subjects: readonly Subject[], runs: number): Promise<Record<string, FirstFrame>> {
  const all = subjects.map(({ name }) => ({ name, frames: [] as FirstFrame[] }));
  for (let run = 0; run < runs; run += 1) {
    for (const [index, subject] of subjects.entries()) all[index]?.frames.push(await firstFrame(subject));
  }
  const middle = (frames: readonly FirstFrame[], part: keyof FirstFrame) => median(frames.map(frame => frame[part]));
  return Object.fromEntries(
    all.map(({ name, frames }) => [
      name,
      { paint: middle(frames, 'paint'), useful: middle(frames, 'useful'), bytes: middle(frames, 'bytes') },
    ]),
  );
}

/** Opens a program and brings it to where its list can be walked. */
export async function openReady(subject: Subject, size?: { readonly cols: number; readonly rows: number }): Promise<PtyProgram> {
  const program = open(subject, size);
  await program.waitFor(subject.ready);
  await settle(program);
  for (const key of subject.prepare ?? []) {
    program.type(key);
    await settle(program);
  }
  return program;
}

/** Bytes written for one row down: the median of `presses`. */
export async function bytesOfMove(subject: Subject, program: PtyProgram, presses = 10): Promise<number> {
  const written: number[] = [];
  for (let count = 0; count < presses; count += 1) {
    program.mark();
    await press(subject, program, subject.down);
    await settle(program, 150);
    written.push(program.bytes());
  }
  return median(written);
}

/** Presses a key and resolves with the ms until the first output after which the selection stands elsewhere. */
async function press(subject: Subject, program: PtyProgram, key: string): Promise<number> {
  const before = subject.position(program);
  const pressedAt = performance.now();
  program.type(key);
  const arrivedAt = await program.waitFor(() => subject.position(program) !== before, 5000);
  return arrivedAt - pressedAt;
}

/** Latencies of `count` moves, down and up in turns of five, at the uneven pace of a hand (30 to 80 ms). */
export async function keyLatencies(subject: Subject, program: PtyProgram, count: number): Promise<number[]> {
  const latencies: number[] = [];
  for (let index = 0; index < count; index += 1) {
    latencies.push(await press(subject, program, index % 10 < 5 ? subject.down : subject.up));
    await sleep(30 + ((index * 37) % 51));
  }
  return latencies;
}

/** Bytes a second written by a program that is left alone. */
export async function idleBytes(program: PtyProgram, seconds: number): Promise<number> {
  await settle(program, 1000, 10_000);
  program.mark();
  await sleep(seconds * 1000);
  return program.bytes() / seconds;
}
