/** The console on a terminal emulator: what it takes, what it sends, and how it gives everything back. */
import { PassThrough, Writable } from 'node:stream';
import xterm from '@xterm/headless';
import { afterEach, describe, expect, it, vi } from 'vitest';

// Chalk decides when it is loaded whether bold and inverse are sent at all.
vi.hoisted(() => {
  process.env.FORCE_COLOR = '1';
  delete process.env.NO_COLOR;
});

import { SCREENS } from '../../screens/index.ts';
import { Run } from '../../src/core/run.ts';
import { createState } from '../../src/state/index.ts';
import { immediately } from '../../src/state/store.ts';
import { createTriage } from '../../src/state/triage.ts';
import { type ConsoleOptions, openConsole } from '../../src/ui/console.tsx';
import { STARTING_ENGINE } from '../../src/ui/starting-engine.ts';
import type { TtyInput } from '../../src/ui/stdin-guard.ts';
import { aHealth, bytesOf, openOnPaper, processEvents } from '../helpers/frames.tsx';
import { aHost } from '../helpers/model.ts';

const runRecord = { id: 'run-1', template: 'some_users', digest: '', sql: '', params: {}, sources: [], startedAt: 0, timeoutMs: 60_000 };

const NOW = Date.UTC(2026, 10, 21, 3, 0, 0);

type Options = { readonly columns?: number; readonly rows?: number } & Partial<Pick<ConsoleOptions, 'start' | 'terminal'>>;

/** Open runs are its own. */
const ENGINE = { ...STARTING_ENGINE, holds: () => true };

/** Waits for a condition, with patience for a busy machine. */
const seen = (condition: () => void) => vi.waitFor(condition, { timeout: 20_000, interval: 10 });

const leave: Array<() => Promise<unknown>> = [];

afterEach(async () => {
  for (const close of leave.splice(0)) await close();
});

function openOnEmulator({ columns = 80, rows = 24, start, terminal }: Options = {}) {
  const screen = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
  let sent = '';
  const stdout = Object.assign(
    new Writable({
      decodeStrings: false,
      write(chunk: string | Buffer, _encoding, done) {
        sent += chunk.toString();
        screen.write(chunk.toString().replaceAll('\n', '\r\n'), done);
      },
    }),
    { columns, rows, isTTY: true },
  ) as unknown as NodeJS.WriteStream;
  const raw: boolean[] = [];
  const keyboard = Object.assign(new PassThrough(), { isTTY: true, setRawMode: (mode: boolean) => raw.push(mode) });
  const state = createState(immediately, () => NOW);
  const ended = openConsole({
    screens: SCREENS,
    state,
    triage: createTriage({ now: () => NOW }),
    terminal: terminal ?? { colour: 'ansi16', unicode: true },
    timeoutS: 60,
    now: () => NOW,
    stdin: keyboard as unknown as TtyInput,
    stdout,
    start: start ?? (async () => ({ engine: ENGINE, raw: () => undefined })),
  });
  leave.push(async () => {
    // Whatever is open is closed first, then two leave.
    keyboard.write('\x03'.repeat(6));
    await ended;
    screen.dispose();
  });
  const lines = () =>
    Array.from(
      { length: screen.rows },
      (_, y) =>
        screen.buffer.active
          .getLine(screen.buffer.active.baseY + y)
          ?.translateToString(true, 0, screen.cols)
          .trimEnd() ?? '',
    );
  return {
    ended,
    state,
    raw,
    stdout,
    screen,
    lines,
    keyboard,
    picture: () => lines().join('\n'),
    /** Sends keys, and what the console sent for them once it is done. */
    async press(keys: string): Promise<string> {
      const before = sent.length;
      keyboard.write(keys);
      await seen(() => expect(sent.length).toBeGreaterThan(before));
      let size = -1;
      await seen(() => {
        const settled = sent.length === size;
        size = sent.length;
        expect(settled).toBe(true);
      });
      return sent.slice(before);
    },
    sent: () => sent,
  };
}

/** With events and a paused list, so that moving is all that happens. */
async function openWithEvents(options: Options = {}) {
  const opened = openOnEmulator(options);
  opened.state.observer.events(processEvents(1, 300).map((event, index) => ({ seq: index + 1, event })));
  await seen(() => expect(opened.picture()).toContain('proc-300'));
  opened.keyboard.write('k');
  await seen(() => expect(opened.picture()).toMatch(/paused . 0 new[\s\S]* M 300/));
  return opened;
}

describe('the console on a terminal', () => {
  it('takes the alternate screen and switches autowrap off', async () => {
    const { screen, picture, raw } = openOnEmulator();
    await seen(() => expect(picture()).toContain('rollcall Feed'));
    expect(screen.buffer.active.type).toBe('alternate');
    expect(screen.modes.wraparoundMode).toBe(false);
    await seen(() => expect(screen.modes.bracketedPasteMode).toBe(true));
    expect(raw).toEqual([true]);
  });

  it('asks the terminal nothing', async () => {
    const { picture, sent } = openOnEmulator();
    await seen(() => expect(picture()).toContain('rollcall Feed'));
    expect(sent()).not.toMatch(/\x1b\[[>=?]?\d*[cn]|\x1b\]|\x1bP|\x1b\[\?u/);
  });

  it('draws before the engine is there, and keeps what is typed until it is', async () => {
    let begin: () => void = () => undefined;
    const gate = new Promise<void>(resolve => {
      begin = resolve;
    });
    const { picture, keyboard } = openOnEmulator({
      start: async () => {
        await gate;
        return { engine: ENGINE, raw: () => undefined };
      },
    });
    await seen(() => expect(picture()).toContain('rollcall Feed'));
    keyboard.write('5');
    begin();
    await seen(() => expect(picture()).toContain('rollcall Sources'));
  });

  it.each([
    [80, 24],
    [120, 40],
  ])('sends at most 300 bytes for a row down at %ix%i', async (columns, rows) => {
    const { press } = await openWithEvents({ columns, rows });
    await press('k');
    for (const key of ['k', 'k', 'j', 'j']) expect(Buffer.byteLength(await press(key))).toBeLessThanOrEqual(300);
  });

  it('sends a first frame of at most 3 KB', async () => {
    const { picture, sent } = openOnEmulator();
    await seen(() => expect(picture()).toContain('rollcall Feed'));
    expect(Buffer.byteLength(sent())).toBeLessThanOrEqual(3_000);
  });

  it('sends only ASCII where the locale knows nothing else', async () => {
    const { sent, press } = await openWithEvents({ terminal: { colour: 'ansi16', unicode: false } });
    await press('\r');
    await press('?');
    expect(sent()).toMatch(/^[\x00-\x7f]*$/);
  });

  it('uses no colour where none is wanted, but shows the selected row', async () => {
    const { sent, picture } = await openWithEvents({ terminal: { colour: 'none', unicode: true } });
    expect(sent()).not.toMatch(/\x1b\[(?:\d+;)*(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;\d+)*m/);
    expect(sent()).toContain('\x1b[1;7m▌');
    expect(picture()).toMatch(/ M /);
  });

  it('paints everything anew at ctrl+l', async () => {
    const { screen, press, picture } = await openWithEvents();
    const before = picture();
    await new Promise<void>(resolve => screen.write('\x1b[5;5Hgarbage from elsewhere\x1b[24;1H', resolve));
    expect(picture()).not.toBe(before);
    await press('\x0c');
    await seen(() => expect(picture()).toBe(before));
  });

  it('shows exactly what Ink alone would, whatever is done', async () => {
    const events = processEvents(1, 300).map((event, index) => ({ seq: index + 1, event }));
    const more = processEvents(301, 310).map((event, index) => ({ seq: index + 301, event }));
    const hosts = Array.from({ length: 40 }, (_, number) => aHost(`日本-${number}`));
    const opened = openOnEmulator({ columns: 120, rows: 30 });
    const paper = await openOnPaper({ columns: 120, rows: 30, engine: ENGINE });
    await seen(() => expect(opened.picture()).toContain('rollcall Feed'));
    for (const { state } of [opened, paper]) {
      state.observer.health(aHealth());
      state.observer.events(events);
      state.observer.hosts('lab', hosts, true);
    }
    const resize = async (columns: number, rows: number) => {
      opened.screen.resize(columns, rows);
      Object.assign(opened.stdout, { columns, rows });
      opened.stdout.emit('resize');
      await paper.resize(columns, rows);
    };
    const steps: ReadonlyArray<string | (() => unknown)> = [
      ...['k', 'k', 'p', 'k', 'P', 'j', 'P', 'enter', 'j', 'esc', 'p', '2', 'space', 'j', 'V', 'j', 'V', '1', '/', '9', 'enter', 'esc'],
      () => resize(80, 24),
      ...['p', 'k', '5', 'tab', 'j', '?', 'f', 'down', 'esc', ':', 'l', 'esc', '3', '4', '-', '1', 'p'],
      () => resize(60, 40),
      ...['g', 'G'],
      () => [opened, paper].map(({ state }) => state.observer.events(more)),
      () => resize(20, 5),
      () => resize(130, 12),
      ...['p', 'k', 'e', 'p', '2', 'G', '1'],
      () => [opened, paper].map(({ state }) => state.observer.run(new Run(runRecord, [aHost('web-1')]))),
      ...['q', 'n', 'q', 'k', 'n'],
    ];
    for (const step of steps) {
      if (typeof step === 'string') {
        opened.keyboard.write(bytesOf(step));
        await paper.press(step);
      } else await step();
      await seen(() => expect(opened.lines().map(line => line.replaceAll('\u2800', ' ').trimEnd())).toEqual(paper.lines()));
    }
  });

  it.each([1, 2, 3])('shows the right picture after a storm of keys and sizes (%i)', async seed => {
    const keys = [
      'j',
      'k',
      'p',
      'P',
      'enter',
      'esc',
      'tab',
      'g',
      'G',
      'v',
      '1',
      '2',
      '3',
      '4',
      '5',
      '-',
      '?',
      'down',
      'e',
      'l',
      'q',
      'n',
      'A',
      'U',
      '/',
      'x',
    ];
    const sizes = [
      [80, 24],
      [120, 30],
      [60, 14],
      [40, 10],
      [100, 50],
      [20, 5],
    ] as const;
    let state = seed;
    const random = (below: number) => {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      return Math.floor((state / 2 ** 31) * below);
    };
    const opened = openOnEmulator({ columns: 120, rows: 30 });
    const paper = await openOnPaper({ columns: 120, rows: 30, engine: ENGINE });
    await seen(() => expect(opened.picture()).toContain('rollcall Feed'));
    for (const { state } of [opened, paper]) {
      state.observer.events(processEvents(1, 100).map((event, index) => ({ seq: index + 1, event })));
      state.observer.hosts('lab', [aHost('web-1'), aHost('web-2')], true);
      state.observer.run(new Run(runRecord, [aHost('web-1')]));
    }
    for (let step = 0; step < 80; step += 1) {
      if (random(8) === 0) {
        const [columns, rows] = sizes[random(sizes.length)] ?? [80, 24];
        await new Promise(resolve => setImmediate(resolve));
        opened.screen.resize(columns, rows);
        Object.assign(opened.stdout, { columns, rows });
        opened.stdout.emit('resize');
        await paper.resize(columns, rows);
      } else {
        const key = keys[random(keys.length)] ?? 'j';
        opened.keyboard.write(bytesOf(key));
        await paper.press(key);
      }
    }
    await seen(() => expect(opened.lines().map(line => line.replaceAll('\u2800', ' ').trimEnd())).toEqual(paper.lines()));
  });

  it('follows the size of the terminal', async () => {
    const { stdout, screen, lines } = await openWithEvents();
    screen.resize(60, 24);
    Object.assign(stdout, { columns: 60 });
    stdout.emit('resize');
    await seen(() => expect(lines()[1]).toBe('[1 Feed] 2 Hosts  3 Launch  4 Results  5 Sources'));
    await seen(() => expect(lines()[0]).toMatch(/^ rollcall Feed +paused · 0 new$/));
    expect(lines().filter(line => line.includes('rollcall'))).toHaveLength(1);
  });
});

describe('leaving', () => {
  const restored = ({ screen, raw }: ReturnType<typeof openOnEmulator>) => {
    expect(screen.buffer.active.type).toBe('normal');
    expect(screen.modes.wraparoundMode).toBe(true);
    expect(screen.modes.bracketedPasteMode).toBe(false);
    expect(raw.at(-1)).toBe(false);
  };

  const listeners = () =>
    ['SIGINT', 'SIGTERM', 'SIGHUP', 'uncaughtException', 'unhandledRejection', 'exit'].map(name => process.listenerCount(name));

  it('by q gives the terminal back and forgets the process', async () => {
    const before = listeners();
    const opened = await openWithEvents();
    opened.keyboard.write('q');
    expect(await opened.ended).toEqual({ code: 0 });
    await seen(() => restored(opened));
    expect(listeners()).toEqual(before);
  });

  it.each([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
    ['SIGINT', 130],
  ] as const)('by %s ends with %i', async (signal, code) => {
    const opened = await openWithEvents();
    process.emit(signal);
    expect(await opened.ended).toEqual({ code });
    await seen(() => restored(opened));
  });

  it('by the end of the line ends as a hang-up does', async () => {
    const opened = await openWithEvents();
    opened.keyboard.end();
    expect(await opened.ended).toEqual({ code: 129 });
    await seen(() => restored(opened));
  });

  it('by a failed start hands the failure over', async () => {
    const failure = new Error('no disk');
    const opened = openOnEmulator({ start: () => Promise.reject(failure) });
    expect(await opened.ended).toEqual({ code: 1, error: failure });
    await seen(() => restored(opened));
  });

  it('works while the engine is still being loaded', async () => {
    const opened = openOnEmulator({ start: () => new Promise(() => undefined) });
    await seen(() => expect(opened.picture()).toContain('rollcall Feed'));
    opened.keyboard.write('\x03');
    await seen(() => expect(opened.picture()).toContain('Press ctrl+c again'));
    opened.keyboard.write('\x03');
    expect(await opened.ended).toEqual({ code: 0 });
  });
});
