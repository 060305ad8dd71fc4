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
import { createState } from '../../src/state/index.ts';
import { immediately } from '../../src/state/store.ts';
import { type ConsoleOptions, openConsole } from '../../src/ui/console.tsx';
import { STARTING_ENGINE } from '../../src/ui/starting-engine.ts';
import type { TtyInput } from '../../src/ui/stdin-guard.ts';
import { processEvents } from '../helpers/frames.tsx';

type Options = { readonly columns?: number; readonly rows?: number } & Partial<Pick<ConsoleOptions, 'start' | 'terminal'>>;

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
  const state = createState(immediately, Date.now);
  const ended = openConsole({
    screens: SCREENS,
    state,
    terminal: terminal ?? { colour: 'ansi16', unicode: true },
    now: Date.now,
    stdin: keyboard as unknown as TtyInput,
    stdout,
    start: start ?? (async () => ({ engine: STARTING_ENGINE, raw: () => undefined })),
  });
  leave.push(async () => {
    // One for a prompt that may be open, two to leave.
    keyboard.write('\x03\x03\x03');
    await ended;
    screen.dispose();
  });
  const lines = () =>
    Array.from({ length: rows }, (_, y) => screen.buffer.active.getLine(screen.buffer.active.baseY + y)?.translateToString(true) ?? '');
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
      await vi.waitFor(() => expect(sent.length).toBeGreaterThan(before));
      let size = -1;
      await vi.waitFor(() => {
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
  await vi.waitFor(() => expect(opened.picture()).toContain('proc-300'));
  await opened.press('k');
  return opened;
}

describe('the console on a terminal', () => {
  it('takes the alternate screen and switches autowrap off', async () => {
    const { screen, picture, raw } = openOnEmulator();
    await vi.waitFor(() => expect(picture()).toContain('rollcall Feed'));
    expect(screen.buffer.active.type).toBe('alternate');
    expect(screen.modes.wraparoundMode).toBe(false);
    expect(screen.modes.bracketedPasteMode).toBe(true);
    expect(raw).toEqual([true]);
  });

  it('asks the terminal nothing', async () => {
    const { picture, sent } = openOnEmulator();
    await vi.waitFor(() => expect(picture()).toContain('rollcall Feed'));
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
        return { engine: STARTING_ENGINE, raw: () => undefined };
      },
    });
    await vi.waitFor(() => expect(picture()).toContain('rollcall Feed'));
    keyboard.write('5');
    begin();
    await vi.waitFor(() => expect(picture()).toContain('rollcall Sources'));
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
    await vi.waitFor(() => expect(picture()).toContain('rollcall Feed'));
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
    expect(sent()).toContain('\x1b[7;1m▌');
    expect(picture()).toMatch(/ M /);
  });

  it('paints everything anew at ctrl+l', async () => {
    const { screen, press, picture } = await openWithEvents();
    const before = picture();
    await new Promise<void>(resolve => screen.write('\x1b[5;5Hgarbage from elsewhere\x1b[24;1H', resolve));
    expect(picture()).not.toBe(before);
    await press('\x0c');
    await vi.waitFor(() => expect(picture()).toBe(before));
  });

  it('follows the size of the terminal', async () => {
    const { stdout, screen, lines } = await openWithEvents();
    screen.resize(60, 24);
    Object.assign(stdout, { columns: 60 });
    stdout.emit('resize');
    await new Promise(r=>setTimeout(r,500)); process.stdout.write(lines().map(l=>l.length+'|'+l).join('\n')+'\n');
    await vi.waitFor(() => expect(lines().filter(line => line.startsWith(' rollcall'))).toHaveLength(1));
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
    await vi.waitFor(() => restored(opened));
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
    await vi.waitFor(() => restored(opened));
  });

  it('by the end of the line ends as a hang-up does', async () => {
    const opened = await openWithEvents();
    opened.keyboard.end();
    expect(await opened.ended).toEqual({ code: 129 });
    await vi.waitFor(() => restored(opened));
  });

  it('by a failed start hands the failure over', async () => {
    const failure = new Error('no disk');
    const opened = openOnEmulator({ start: () => Promise.reject(failure) });
    expect(await opened.ended).toEqual({ code: 1, error: failure });
    await vi.waitFor(() => restored(opened));
  });

  it('works while the engine is still being loaded', async () => {
    const opened = openOnEmulator({ start: () => new Promise(() => undefined) });
    await vi.waitFor(() => expect(opened.picture()).toContain('rollcall Feed'));
    opened.keyboard.write('\x03');
    await vi.waitFor(() => expect(opened.picture()).toContain('Press ctrl+c again'));
    opened.keyboard.write('\x03');
    expect(await opened.ended).toEqual({ code: 0 });
  });
});
