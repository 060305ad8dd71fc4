/**
 * `npm run bench`: what rollcall costs at the terminal and behind it, beside programs that are known to be good, in one
 * run; budgets are those of DESIGN.md 7. The machine should be quiet. `--json FILE` writes the figures, `-` to stdout.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { anchors, writeEvents } from './anchors.ts';
import { residentMb } from './memory.ts';
import { pureFigures } from './pure.ts';
import { type Figure, json, median, percentile, table } from './report.ts';
import { console as consoleOf, countStored, type Installation, install, load } from './rollcall.ts';
import { bytesOfMove, close, firstFrames, idleBytes, keyLatencies, open, openReady, type Subject } from './terminal.ts';

const RUNS = 7;
const KEYS = 150;
const STORED = 5000;
const RATE = 5000;
const KEPT = 100_000;
/** The endpoint lets ten enrol from one address in a minute; there are three loads. */
const NODES = 3;

type Measured<T> = Readonly<Record<string, T>>;
type Moves = { readonly bytes: number; readonly latencies: readonly number[]; readonly idle: number };

const say = (text: string) => process.stderr.write(`${text}\n`);

function pick<T>(all: Measured<T>, of: (value: T) => number): Record<string, number> {
  return Object.fromEntries(Object.entries(all).map(([name, value]) => [name, of(value)]));
}

async function each<T>(subjects: readonly Subject[], measure: (subject: Subject) => Promise<T>): Promise<Record<string, T>> {
  const all: Record<string, T> = {};
  for (const subject of subjects) {
    say(`  ${subject.name}`);
    all[subject.name] = await measure(subject);
  }
  return all;
}

async function moves(subject: Subject): Promise<Moves> {
  const program = await openReady(subject);
  const bytes = await bytesOfMove(subject, program);
  const latencies = await keyLatencies(subject, program, KEYS);
  const idle = await idleBytes(program, 5);
  await close(program);
  return { bytes, latencies, idle };
}

async function startFigures(rollcall: Subject, others: readonly Subject[]): Promise<Figure[]> {
  say('first frames');
  const { rollcall: ours, ...theirs } = await firstFrames([rollcall, ...others], RUNS);
  if (!ours) throw new Error('rollcall was not measured');
  const budgets = [{ text: '<= 250 ms', limit: 250 }, ...(theirs.lnav ? [{ text: "<= lnav's", limit: theirs.lnav.useful }] : [])];
  return [
    { name: 'first output', unit: 'ms', value: ours.paint, budgets: [], others: pick(theirs, frame => frame.paint) },
    { name: 'first frame with events', unit: 'ms', value: ours.useful, budgets, others: pick(theirs, frame => frame.useful) },
    {
      name: 'bytes of it',
      unit: 'B',
      value: ours.bytes,
      budgets: [{ text: '<= 3 KB', limit: 3072 }],
      others: pick(theirs, frame => frame.bytes),
    },
  ];
}

async function keyFigures(rollcall: Subject, others: readonly Subject[]): Promise<Figure[]> {
  say('keys, nothing else happening');
  const ours = await moves(rollcall);
  const theirs = await each(others, moves);
  const fzf = theirs.fzf ? median(theirs.fzf.latencies) : undefined;
  const p50 = fzf === undefined ? [] : [{ text: "<= fzf's + 2 ms", limit: fzf + 2 }];
  return [
    {
      name: 'bytes of a row down',
      unit: 'B',
      value: ours.bytes,
      budgets: [{ text: '<= 300 B', limit: 300 }],
      others: pick(theirs, one => one.bytes),
    },
    { name: 'idle', unit: 'B/s', value: ours.idle, budgets: [{ text: '0 B/s', limit: 0 }], others: pick(theirs, one => one.idle) },
    {
      name: 'key to screen, p50',
      unit: 'ms',
      value: median(ours.latencies),
      budgets: p50,
      others: pick(theirs, one => median(one.latencies)),
    },
    {
      name: 'key to screen, p99',
      unit: 'ms',
      value: percentile(ours.latencies, 0.99),
      budgets: [],
      others: pick(theirs, one => percentile(one.latencies, 0.99)),
    },
  ];
}

/** Keys while events stream in; then as many as are taken; then what all of that weighs. */
async function loadFigures(installation: Installation, rollcall: Subject, directory: string): Promise<Figure[]> {
  say(`keys at ${RATE} events/s`);
  const before = STORED;
  const program = await openReady(rollcall);
  const walk = async () => {
    await sleep(2000);
    return keyLatencies(rollcall, program, KEYS);
  };
  const streaming = load(installation, { nodes: NODES, rows: RATE * 15, rate: RATE, batch: 250 });
  const [stream, latencies] = await Promise.all([streaming, walk()]);
  say('ingest');
  const flood = await load(installation, { nodes: NODES, rows: KEPT, rate: 0, batch: 1000 });
  const weight = residentMb(program.pid);
  const stored = countStored(installation);
  await close(program);
  const sent = before + stream.accepted + flood.accepted;
  const note = `${stream.accepted / stream.seconds >= RATE * 0.95 ? '' : `only ${Math.round(stream.accepted / stream.seconds)} events/s came; `}${stream.putOff} deliveries put off`;
  return [
    { name: `key to screen at ${RATE} events/s, p50`, unit: 'ms', value: median(latencies), budgets: [], others: {}, note },
    {
      name: `key to screen at ${RATE} events/s, p99`,
      unit: 'ms',
      value: percentile(latencies, 0.99),
      budgets: [{ text: '<= 40 ms', limit: 40 }],
      others: {},
    },
    {
      name: 'ingest',
      unit: 'events/s',
      value: flood.accepted / flood.seconds,
      budgets: [{ text: '>= 20,000 events/s', limit: 20_000, atLeast: true }],
      others: {},
      note: `${flood.putOff} deliveries put off`,
    },
    { name: 'events lost', unit: 'events', value: sent - stored, budgets: [{ text: '0', limit: 0 }], others: {}, note: `${sent} sent` },
    {
      name: 'memory with 100,000 events',
      unit: 'MB',
      value: weight,
      budgets: [{ text: '<= 150 MB', limit: 150 }],
      others: await weights(directory),
    },
  ];
}

/** What the others weigh with as many lines. */
async function weights(directory: string): Promise<Record<string, number>> {
  const many = path.join(directory, 'many');
  rmSync(many, { recursive: true, force: true });
  const subjects = anchors(many).filter(subject => subject.down !== '');
  writeEvents(path.join(many, 'events.log'), KEPT);
  return each(subjects, async subject => {
    const program = open(subject);
    await program.waitFor(/osqueryd/);
    await sleep(2000);
    const weight = residentMb(program.pid);
    await close(program);
    return weight;
  });
}

async function measure(directory: string): Promise<Figure[]> {
  const others = anchors(directory);
  const lists = others.filter(subject => subject.down !== '');
  const installation = await install(directory);
  say(`storing ${STORED} events`);
  const first = await openReady({ ...consoleOf(installation, { events: false }), prepare: [] });
  await load(installation, { nodes: NODES, rows: STORED, rate: 0, batch: 500 });
  first.type('q');
  await first.exited;
  const rollcall = consoleOf(installation, { events: true });
  return [
    ...(await startFigures(rollcall, others)),
    ...(await keyFigures(rollcall, lists)),
    ...(await loadFigures(installation, rollcall, directory)),
    ...pureFigures(),
  ];
}

const { values } = parseArgs({ options: { json: { type: 'string' } } });
const directory = mkdtempSync(path.join(os.tmpdir(), 'rollcall-bench-'));
try {
  const machine = { cpu: os.cpus()[0]?.model ?? '', cores: os.cpus().length, node: process.version, load: os.loadavg()[0] ?? 0 };
  say(`load ${machine.load.toFixed(1)} on ${machine.cores} cores${machine.load > 0.5 ? ': read the ratios, not the milliseconds' : ''}`);
  const figures = await measure(directory);
  process.stdout.write(`${table(figures)}\n`);
  const report = json(figures, machine, new Date());
  if (values.json === '-') process.stdout.write(report);
  else if (values.json !== undefined) writeFileSync(values.json, report);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
