/**
 * The console on a real terminal: takes it, draws, and gives it back whatever happens. Nothing waits for an answer of the
 * terminal. Before this module is loaded `FORCE_COLOR` must be `1` and `NO_COLOR` unset, whatever they were for
 * `detectTerminal`: chalk, which Ink writes through, would drop bold and inverse where it guesses that there is no
 * colour. Which colours are used is decided by `Terminal` alone.
 */
import { render, useApp } from 'ink';
import { type ReactNode, useLayoutEffect } from 'react';
import type { FeedEvent } from '../core/model.ts';
import type { Clipboard, HistogramStore, HostChangesStore, KeyValueStore } from '../core/ports.ts';
import type { Carving } from '../engine/carving.ts';
import type { History } from '../state/feed.ts';
import type { AppState } from '../state/index.ts';
import type { TriageBoard } from '../state/triage.ts';
import { Alarm, type AlarmKeeper } from './alarm.ts';
import { type ConsoleEnd, once, onEnding } from './ending.ts';
import type { Exporter } from './exporter.ts';
import { createDispatcher, type Dispatcher } from './keys/dispatch.ts';
import { heldUntil } from './keys/held.ts';
import { openScreens, type Registry } from './keys/registry.ts';
import { KeyRouter } from './keys/router.tsx';
import { consoleOutput } from './output.ts';
import { pairsOf } from './pairs.ts';
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
  readonly history?: History;
  /** Where sources can be added. */
  readonly sourceAdmin?: SourceAdmin;
  readonly hostChanges?: HostChangesStore;
  readonly carving?: Carving;
  readonly kept?: KeyValueStore;
  readonly clipboard?: Clipboard;
  readonly exporter?: Exporter;
  ruleTitle?(id: string): string | undefined;
  readonly histogram?: HistogramStore;
  readonly alarm?: AlarmKeeper;
  /** The screen to go to instead of the one that was begun with. */
  readonly screen?: ScreenId;
};

export type ConsoleOptions = {
  /** All screens; those with a key have a tab, in this order. */
  readonly screens: readonly Screen[];
  /** The screen to begin with. */
  readonly screen?: ScreenId;
  readonly state: AppState;
  readonly triage: TriageBoard;
  readonly terminal: Terminal;
  /** Seconds that a live query waits unless told otherwise. */
  readonly timeoutS: number;
  /** Epoch ms. */
  now(): number;
  /** Both must be terminals. */
  readonly stdin: TtyInput;
  readonly stdout: NodeJS.WriteStream;
  /** Called after the first frame. When it fails the console closes with its error. */
  start(): Promise<Started>;
};

export type { ConsoleEnd };

const AUTOWRAP_OFF = '\x1b[?7l';
const AUTOWRAP_ON = '\x1b[?7h';
const PASTE_OFF = '\x1b[?2004l';
const CLEAR = '\x1b[2J';

/** ms for the stop signal to arrive; the process stands still within. */
const STOP_MS = 50;

/** ms of quiet after which a terminal that was resized is painted anew. */
const RESIZED_MS = 100;

/** What comes only once the console is up: the engine, and what a component inside Ink can do. */
type Live = { started?: Started; closed?: true; suspendTerminal?: ReturnType<typeof useApp>['suspendTerminal'] };

type RootProps = {
  readonly services: Services;
  readonly registry: Registry;
  readonly dispatcher: Dispatcher;
  readonly surface: Surface;
  readonly live: Live;
};

function Root({ services, registry, dispatcher, surface, live }: RootProps): ReactNode {
  const { suspendTerminal } = useApp();
  useLayoutEffect(() => {
    live.suspendTerminal = suspendTerminal;
  }, [live, suspendTerminal]);
  return (
    <ServicesProvider value={services}>
      <SurfaceContext value={surface}>
        <KeyRouter dispatcher={dispatcher} />
        <Shell registry={registry} />
      </SurfaceContext>
    </ServicesProvider>
  );
}

/** Stops the process as ^Z does. Where no shell could wake it again the system ignores the signal, and it just goes on. */
async function standStill(): Promise<void> {
  process.kill(0, 'SIGTSTP');
  await new Promise(resolve => setTimeout(resolve, STOP_MS));
}

async function suspend({ suspendTerminal }: Live, surface: Surface, alarm: Alarm, stdout: NodeJS.WriteStream): Promise<void> {
  surface.hold();
  await suspendTerminal?.(async () => {
    alarm.release();
    stdout.write(AUTOWRAP_ON);
    await standStill();
    stdout.write(AUTOWRAP_OFF);
    alarm.resume();
  });
  surface.release();
}

type Acts = Pick<Services, 'commands' | 'exit' | 'suspend' | 'redraw'>;
/** What the console makes for itself. */
type Own = Pick<Services, 'ui' | 'kept' | 'alarm'>;

function servicesOf({ state, triage, terminal, timeoutS, now }: ConsoleOptions, own: Own, live: Live, acts: Acts): Services {
  return {
    get engine() {
      return live.started?.engine ?? STARTING_ENGINE;
    },
    get sourceAdmin() {
      return live.started?.sourceAdmin;
    },
    get history() {
      return live.started?.history;
    },
    get hostChanges() {
      return live.started?.hostChanges;
    },
    get carving() {
      return live.started?.carving;
    },
    get histogram() {
      return live.started?.histogram;
    },
    get clipboard() {
      return live.started?.clipboard;
    },
    get exporter() {
      return live.started?.exporter;
    },
    state,
    triage,
    ...own,
    terminal,
    timeoutS,
    now,
    offsetMinutes: ms => -new Date(ms).getTimezoneOffset(),
    raw: seq => live.started?.raw(seq),
    ruleTitle: id => live.started?.ruleTitle?.(id),
    ...acts,
  };
}

/**
 * Calls `repaint` once the terminal has kept its size for a moment. While it is dragged, frames meant for one size reach
 * another, and what Ink takes to be on screen is not. Returns how to stop.
 */
function afterResizes(stdout: NodeJS.WriteStream, repaint: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const resized = () => {
    clearTimeout(timer);
    timer = setTimeout(repaint, RESIZED_MS);
  };
  stdout.on('resize', resized);
  return () => {
    clearTimeout(timer);
    stdout.off('resize', resized);
  };
}

/** Opens the console and resolves when it is closed, with the terminal as it was. */
export function openConsole(options: ConsoleOptions): Promise<ConsoleEnd> {
  const { screens, screen = 'feed', state, terminal, now, stdin, stdout } = options;
  const surface = new Surface(stdout);
  const alarm = new Alarm({ feed: state.feed, terminal, now, write: text => stdout.write(text) });
  const live: Live = {};
  const kept = pairsOf(() => live.started?.kept);
  const ui = createUi({ screen, columns: stdout.columns, rows: stdout.rows, kept, now });

  return new Promise(resolve => {
    const services = servicesOf(options, { ui, kept, alarm }, live, {
      commands: () => registry.commands,
      exit: () => end({ code: 0 }),
      suspend: () => suspend(live, surface, alarm, stdout),
      redraw() {
        stdout.write(`${AUTOWRAP_OFF}${CLEAR}\x1b[${stdout.rows};1H`);
        instance.clear();
        instance.rerender(tree());
        surface.invalidate();
      },
    });
    const registry = openScreens(services, screens);
    const keys = heldUntil(() => live.started !== undefined, createDispatcher(services, registry));
    const dispatcher: typeof keys = {
      ...keys,
      press(key) {
        alarm.attended();
        keys.press(key);
      },
    };
    const tree = () => <Root services={services} registry={registry} dispatcher={dispatcher} surface={surface} live={live} />;

    const restore = () => {
      alarm.close();
      stdout.write(`${PASTE_OFF}${AUTOWRAP_ON}`);
    };
    const end = once((how: ConsoleEnd) => {
      live.closed = true;
      forget();
      settle();
      instance.unmount();
      restore();
      stdin.pause();
      resolve(how);
    });
    const forget = onEnding({ stdin, stdout, end, restore });
    const settle = afterResizes(stdout, services.redraw);

    stdout.write(AUTOWRAP_OFF);
    const instance = render(tree(), {
      stdout: consoleOutput(stdout, terminal, written => surface.watch(written)),
      stdin: guardStdin(stdin, { onFunctionKey: name => dispatcher.press({ name }) }),
      alternateScreen: true,
      incrementalRendering: true,
      interactive: true,
      maxFps: 60,
      patchConsole: false,
      exitOnCtrlC: false,
      onRender: () => surface.onFrame(),
    });
    const failed = (error: unknown) => end({ code: 1, error });
    instance.waitUntilExit().then(() => end({ code: 0 }), failed);
    options.start().then(started => {
      if (live.closed) return;
      live.started = started;
      alarm.begin(started.alarm);
      if (started.screen) ui.go(started.screen);
      instance.rerender(tree());
      dispatcher.release();
    }, failed);
  });
}
