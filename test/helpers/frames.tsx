/** The console on a terminal of paper: pinned size, a clock that stands still, every frame as text. Nothing real is touched. */
import { stripVTControlCharacters } from 'node:util';
import { render } from 'ink-testing-library';
import type { ReactElement } from 'react';
import { afterEach } from 'vitest';
import { SCREENS } from '../../screens/index.ts';
import { judge } from '../../src/core/judge.ts';
import type { FeedEvent, Health, RawEvent } from '../../src/core/model.ts';
import type { Clipboard, HistogramStore, HostChangesStore, KeyValueStore } from '../../src/core/ports.ts';
import type { Carving } from '../../src/engine/carving.ts';
import type { History } from '../../src/state/feed.ts';
import { createState } from '../../src/state/index.ts';
import { immediately } from '../../src/state/store.ts';
import { createTriage } from '../../src/state/triage.ts';
import { Alarm } from '../../src/ui/alarm.ts';
import type { Exporter } from '../../src/ui/exporter.ts';
import { createDispatcher, type Dispatcher } from '../../src/ui/keys/dispatch.ts';
import { openScreens, type Registry } from '../../src/ui/keys/registry.ts';
import { KeyRouter } from '../../src/ui/keys/router.tsx';
import { pairsInMemory } from '../../src/ui/pairs.ts';
import { Shell } from '../../src/ui/Shell.tsx';
import type { Screen } from '../../src/ui/screen.tsx';
import { type ConsoleEngine, type Services, ServicesProvider } from '../../src/ui/services.ts';
import type { SourceAdmin } from '../../src/ui/source-admin.ts';
import { STARTING_ENGINE } from '../../src/ui/starting-engine.ts';
import type { Terminal } from '../../src/ui/theme.ts';
import { createUi, type ScreenId, type Ui } from '../../src/ui/ui-state.ts';
import { FakeClock } from './fake-clock.ts';
import { aRawEvent } from './model.ts';
import { triageInMemory } from './triage-store.ts';

export type PaperOptions = {
  readonly columns?: number;
  readonly rows?: number;
  readonly screens?: readonly Screen[];
  /** The screen to begin with. */
  readonly screen?: ScreenId;
  /** What the engine can do; the rest refuses. */
  readonly engine?: Partial<ConsoleEngine>;
  readonly terminal?: Terminal;
  readonly sourceAdmin?: SourceAdmin;
  readonly hostChanges?: HostChangesStore;
  readonly carving?: Carving;
  readonly kept?: KeyValueStore;
  readonly clipboard?: Clipboard;
  readonly exporter?: Exporter;
  readonly ruleTitles?: Readonly<Record<string, string>>;
  readonly histogram?: HistogramStore;
  readonly feedCapacity?: number;
  /** Whether what has fallen out of memory can be read from disk. */
  readonly history?: boolean;
  /** The console's time-out of live queries, s. */
  readonly timeoutS?: number;
  /** Minutes that local time is ahead of UTC. */
  readonly offsetMinutes?: number;
};

/** Names of keys as terminals send them; anything else is sent as it is. */
const KEYS: Readonly<Record<string, string>> = {
  enter: '\r',
  esc: '\x1b[27u',
  tab: '\t',
  'shift+tab': '\x1b[Z',
  space: ' ',
  backspace: '\x7f',
  up: '\x1b[A',
  down: '\x1b[B',
  right: '\x1b[C',
  left: '\x1b[D',
  home: '\x1b[H',
  end: '\x1b[F',
  pageup: '\x1b[5~',
  pagedown: '\x1b[6~',
};

/** A clipboard that keeps in `copied` what is copied; a terminal would take 5,000 bytes of it. */
export const clipboardInto = (copied: string[]): Clipboard => ({
  async copy(text) {
    copied.push(text);
    return { bytes: text.length, sent: text.length < 5_000, file: '/data/clipboard.txt' };
  },
});

/** What a terminal sends for a key. */
export const bytesOf = (key: string): string =>
  KEYS[key] ?? (/^ctrl\+[a-z]$/.test(key) ? String.fromCharCode(key.charCodeAt(5) - 96) : key);

/** Lets React draw what the last keys and changes have brought about. */
export async function drawn(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise(resolve => setImmediate(resolve));
}

const mounted: Array<() => void> = [];

afterEach(() => {
  for (const unmount of mounted.splice(0)) unmount();
});

/** A view on paper. Resolves once it is drawn. `frame` is the picture without its trailing blanks. */
export async function onPaper(view: ReactElement, { columns = 80, rows = 24 }: Pick<PaperOptions, 'columns' | 'rows'> = {}) {
  const { stdin, stdout, unmount } = render(view);
  mounted.push(unmount);
  const resize = async (width: number, height: number) => {
    Object.defineProperty(stdout, 'columns', { value: width, configurable: true });
    Object.defineProperty(stdout, 'rows', { value: height, configurable: true });
    stdout.emit('resize');
    await drawn();
  };
  await resize(columns, rows);
  const lines = (): readonly string[] =>
    stripVTControlCharacters(stdout.lastFrame() ?? '')
      .split('\n')
      .map(line => line.trimEnd());
  return {
    resize,
    lines,
    frame: (): string => lines().join('\n'),
    /** Presses keys one after the other, by name; without any, lets what has changed be drawn. */
    async press(...keys: readonly string[]): Promise<void> {
      await drawn();
      for (const key of keys) {
        stdin.write(bytesOf(key));
        await drawn();
      }
    },
    /** Sends text in one packet. */
    async type(text: string): Promise<void> {
      stdin.write(text);
      await drawn();
    },
    async paste(text: string): Promise<void> {
      stdin.write(`\x1b[200~${text}\x1b[201~`);
      await drawn();
    },
  };
}

export type PaperConsole = Awaited<ReturnType<typeof onPaper>> & {
  readonly services: Services;
  readonly state: ReturnType<typeof createState>;
  readonly ui: Ui;
  readonly registry: Registry;
  readonly dispatcher: Dispatcher;
  readonly clock: FakeClock;
  /** How often the console was told to close. */
  exits(): number;
  /** Puts events into store and feed, in order. */
  happen(...events: readonly FeedEvent[]): Promise<void>;
};

const historyOf = (stored: ReadonlyMap<number, FeedEvent>): History => ({
  before: async (before, limit) =>
    [...stored]
      .reverse()
      .flatMap(([seq, event]) => (seq < before ? [{ seq, event }] : []))
      .slice(0, limit),
});

/** The whole console: shell, screens, keys. Ask for `{ columns, rows }` to pin its size. */
export async function openOnPaper(options: PaperOptions = {}): Promise<PaperConsole> {
  const { columns = 80, rows = 24, screens = SCREENS, screen = 'feed', engine = {}, feedCapacity, offsetMinutes = 0 } = options;
  const clock = new FakeClock();
  const now = () => clock.now();
  const state = createState(immediately, now, feedCapacity);
  const triage = createTriage({ store: triageInMemory(), now, who: 'mia' });
  const kept = options.kept ?? pairsInMemory();
  const ui = createUi({ screen, columns, rows, kept, now });
  const stored = new Map<number, FeedEvent>();
  const terminal = options.terminal ?? { colour: 'none', unicode: true };
  let exits = 0;
  const services: Services = {
    engine: { ...STARTING_ENGINE, ...engine },
    state,
    triage,
    ui,
    kept,
    clipboard: options.clipboard,
    exporter: options.exporter,
    histogram: options.histogram,
    sourceAdmin: options.sourceAdmin,
    hostChanges: options.hostChanges,
    carving: options.carving,
    terminal,
    alarm: new Alarm({ feed: state.feed, terminal, now, write: () => undefined }),
    timeoutS: options.timeoutS ?? 60,
    now,
    offsetMinutes: () => offsetMinutes,
    raw: seq => stored.get(seq),
    history: options.history ? historyOf(stored) : undefined,
    ruleTitle: id => options.ruleTitles?.[id],
    commands: () => registry.commands,
    exit: () => {
      exits += 1;
    },
    suspend: async () => undefined,
    redraw: () => undefined,
  };
  const registry = openScreens(services, screens);
  const dispatcher = createDispatcher(services, registry);
  const paper = await onPaper(
    <ServicesProvider value={services}>
      <KeyRouter dispatcher={dispatcher} />
      <Shell registry={registry} />
    </ServicesProvider>,
    { columns, rows },
  );
  return {
    ...paper,
    services,
    state,
    ui,
    registry,
    dispatcher,
    clock,
    exits: () => exits,
    async happen(...events) {
      const first = stored.size + 1;
      const added = events.map((event, index) => ({ seq: first + index, event }));
      for (const { seq, event } of added) stored.set(seq, event);
      state.observer.events(added);
      await drawn();
    },
  };
}

/** A judged event with values of our own. */
export const anEvent = (over: Partial<RawEvent> = {}): FeedEvent => judge(aRawEvent(over), Date.UTC(2026, 10, 21, 2, 59, 31));

/** Events `first` to `last` of one host: `proc-1`, `proc-2` ... one a second. */
export const processEvents = (first: number, last: number, over: Partial<RawEvent> = {}): FeedEvent[] =>
  Array.from({ length: last - first + 1 }, (_, index) => {
    const number = first + index;
    return anEvent({
      dedupeKey: `p${number}`,
      time: Date.UTC(2026, 10, 21, 2, 0, number),
      tables: ['processes'],
      queryName: 'processes',
      title: `processes added: proc-${number} pid ${number}`,
      row: { pid: String(number), name: `proc-${number}` },
      ...over,
    });
  });

/** A startup item, of which a rule thinks highly. */
export const startupEvent = (over: Partial<RawEvent> = {}): FeedEvent =>
  anEvent({
    dedupeKey: 's1',
    tables: ['startup_items'],
    queryName: 'startup_items',
    title: 'startup_items added: updater /tmp/.x/updater',
    row: { name: 'updater', path: '/tmp/.x/updater', args: '' },
    ...over,
  });

export const aHealth = (over: Partial<Health> = {}): Health => ({
  source: 'lab',
  kind: 'direct',
  level: 'ok',
  reason: '',
  remarks: [],
  lastContact: Date.UTC(2026, 10, 21, 2, 59, 58),
  delay: 2_000,
  lastEvent: Date.UTC(2026, 10, 21, 2, 59, 30),
  events: 1_204,
  skipped: 0,
  reconnects: 0,
  version: '5.19.0',
  ...over,
});
