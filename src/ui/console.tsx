/**
 * The console on a real terminal: takes it, draws, and gives it back whatever happens. Nothing waits for an answer of the
 * terminal. Before this module is loaded `FORCE_COLOR` must be `1` and `NO_COLOR` unset, whatever they were for
 * `detectTerminal`: chalk, which Ink writes through, would drop bold and inverse where it guesses that there is no
 * colour. Which colours are used is decided by `Terminal` alone.
 */
import { render, useApp } from 'ink';
import { type ReactNode, useLayoutEffect } from 'react';
import type { FeedEvent } from '../core/model.ts';
import type { AppState } from '../state/index.ts';
import { createDispatcher, type Dispatcher } from './keys/dispatch.ts';
import { openScreens, type Registry } from './keys/registry.ts';
import { KeyRouter } from './keys/router.tsx';
import { consoleOutput } from './output.ts';
import { Shell } from './Shell.tsx';
import type { Screen } from './screen.tsx';
import { type ConsoleEngine, type Services, ServicesProvider } from './services.ts';
import type { SourceAdmin } from './source-admin.ts';
import { STARTING_ENGINE } from './starting-engine.ts';
import { guardStdin, type TtyInput } from './stdin-guard.ts';
import { Surface, SurfaceContext } from './surface.ts';
import type { Terminal } from './theme.ts';
import { createUi, type ScreenId } from './ui-state.ts';

/** What is loaded while the first frame is on screen already. */
export type Started = {
  readonly engine: ConsoleEngine;
  raw(seq: number): FeedEvent | undefined;
  /** Where sources can be added. */
  readonly sourceAdmin?: SourceAdmin;
  /** The screen to go to instead of the one that was begun with. */
  readonly screen?: ScreenId;
};

export type ConsoleOptions = {
  /** All screens; those with a key have a tab, in this order. */
  readonly screens: readonly Screen[];
  /** The screen to begin with. */
  readonly screen?: ScreenId;
  readonly state: AppState;
  readonly terminal: Terminal;
  /** Epoch ms. */
  now(): number;
  /** Both must be terminals. */
  readonly stdin: TtyInput;
  readonly stdout: NodeJS.WriteStream;
  /** Called after the first frame. When it fails the console closes with its error. */
  start(): Promise<Started>;
};

/** `code` is the exit code: 0 left by a person, 128 + n by a signal, 1 for `error`. */
export type ConsoleEnd = { readonly code: number; readonly error?: unknown };

const AUTOWRAP_OFF = '\x1b[?7l';
const AUTOWRAP_ON = '\x1b[?7h';
const PASTE_OFF = '\x1b[?2004l';
const CLEAR = '\x1b[2J';

/** ms for the stop signal to arrive; the process stands still within. */
const STOP_MS = 50;

const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** What only a component inside Ink can do. */
type Hands = { suspendTerminal?: ReturnType<typeof useApp>['suspendTerminal'] };

type RootProps = {
  readonly services: Services;
  readonly registry: Registry;
  readonly dispatcher: Dispatcher;
  readonly surface: Surface;
  readonly hands: Hands;
};

function Root({ services, registry, dispatcher, surface, hands }: RootProps): ReactNode {
  const { suspendTerminal } = useApp();
  useLayoutEffect(() => {
    hands.suspendTerminal = suspendTerminal;
  }, [hands, suspendTerminal]);
  return (
    <ServicesProvider value={services}>
      <SurfaceContext value={surface}>
        <KeyRouter dispatcher={dispatcher} />
        <Shell registry={registry} />
      </SurfaceContext>
    </ServicesProvider>
  );
}

const ignore = () => undefined;

/**
 * Listens for everything that may end the process; returns how to stop listening. A terminal that is gone fails again while it
 * is given back, so its errors are listened to for good.
 */
function onEnding(stdin: TtyInput, stdout: NodeJS.WriteStream, end: (how: ConsoleEnd) => void, restore: () => void): () => void {
  const failed = (error: unknown) => end({ code: 1, error });
  const lost = () => end({ code: SIGNALS.SIGHUP });
  const signalled = Object.entries(SIGNALS).map(([signal, code]) => [signal, () => end({ code })] as const);
  for (const [signal, listener] of signalled) process.on(signal, listener);
  process.on('uncaughtException', failed);
  process.on('unhandledRejection', failed);
  process.on('exit', restore);
  stdin.on('end', lost);
  stdin.on('error', lost);
  stdout.on('error', lost);
  return () => {
    for (const [signal, listener] of signalled) process.off(signal, listener);
    process.off('uncaughtException', failed);
    process.off('unhandledRejection', failed);
    process.off('exit', restore);
    stdin.off('end', lost);
    stdin.off('error', lost);
    // What is still on its way to a terminal that is gone must not bring the process down: this one stays.
    stdout.on('error', ignore);
    stdout.off('error', lost);
  };
}

/** Stops the process as ^Z does. Where no shell could wake it again the system ignores the signal, and it just goes on. */
async function standStill(): Promise<void> {
  process.kill(0, 'SIGTSTP');
  await new Promise(resolve => setTimeout(resolve, STOP_MS));
}

/** Keeps what is typed before the engine is there, in order, for `release`. Ctrl+c is never kept. */
function heldUntil(ready: () => boolean, dispatcher: Dispatcher): Dispatcher & { release(): void } {
  const held: Array<() => void> = [];
  return {
    press(key) {
      if (ready() || key.name === 'ctrl+c') dispatcher.press(key);
      else held.push(() => dispatcher.press(key));
    },
    paste(text) {
      if (ready()) dispatcher.paste(text);
      else held.push(() => dispatcher.paste(text));
    },
    release() {
      for (const act of held.splice(0)) act();
    },
  };
}

/** Opens the console and resolves when it is closed, with the terminal as it was. */
export function openConsole(options: ConsoleOptions): Promise<ConsoleEnd> {
  const { screens, screen = 'feed', state, terminal, now, stdin, stdout } = options;
  const ui = createUi({ screen, columns: stdout.columns, rows: stdout.rows, now });
  const hands: Hands = {};
  const surface = new Surface(stdout);
  let started: Started | undefined;

  return new Promise(resolve => {
    const services: Services = {
      get engine() {
        return started?.engine ?? STARTING_ENGINE;
      },
      get sourceAdmin() {
        return started?.sourceAdmin;
      },
      state,
      ui,
      terminal,
      now,
      offsetMinutes: ms => -new Date(ms).getTimezoneOffset(),
      raw: seq => started?.raw(seq),
      commands: () => registry.commands,
      exit: () => end({ code: 0 }),
      async suspend() {
        surface.hold();
        await hands.suspendTerminal?.(async () => {
          stdout.write(AUTOWRAP_ON);
          await standStill();
          stdout.write(AUTOWRAP_OFF);
        });
        surface.release();
      },
      redraw() {
        stdout.write(`${AUTOWRAP_OFF}${CLEAR}\x1b[${stdout.rows};1H`);
        instance.clear();
        instance.rerender(tree());
        surface.invalidate();
      },
    };
    const registry = openScreens(services, screens);
    const dispatcher = createDispatcher(services, registry);
    const keyboard = heldUntil(() => started !== undefined, dispatcher);
    const tree = () => <Root services={services} registry={registry} dispatcher={keyboard} surface={surface} hands={hands} />;
    const restore = () => stdout.write(`${PASTE_OFF}${AUTOWRAP_ON}`);

    let ended = false;
    const end = (how: ConsoleEnd) => {
      if (ended) return;
      ended = true;
      forget();
      instance.unmount();
      restore();
      stdin.pause();
      resolve(how);
    };
    const forget = onEnding(stdin, stdout, end, restore);

    stdout.write(AUTOWRAP_OFF);
    const instance = render(tree(), {
      stdout: consoleOutput(stdout, terminal, written => surface.watch(written)),
      stdin: guardStdin(stdin, { onFunctionKey: name => keyboard.press({ name }) }),
      alternateScreen: true,
      incrementalRendering: true,
      interactive: true,
      maxFps: 60,
      patchConsole: false,
      exitOnCtrlC: false,
    });
    instance.waitUntilExit().then(
      () => end({ code: 0 }),
      error => end({ code: 1, error }),
    );
    options.start().then(
      parts => {
        started = parts;
        if (ended) return;
        if (parts.screen) ui.go(parts.screen);
        instance.rerender(tree());
        keyboard.release();
      },
      error => end({ code: 1, error }),
    );
  });
}
