/** What the page of a host remembers: which host, how far back, how deep, where the cursors stand. Outside React. */
import { type FilteredEvent, parseFilter } from '../../src/core/filter.ts';
import type { RowChange } from '../../src/core/host-changes.ts';
import type { Host } from '../../src/core/model.ts';
import type { EnrolledNode, HostChanges, HostSpan } from '../../src/core/ports.ts';
import { toProblem } from '../../src/core/problem.ts';
import type { Run } from '../../src/core/run.ts';
import { createStore, type Store } from '../../src/state/store.ts';
import { shortTime } from '../../src/ui/format.ts';
import { LIST_START, type ListState, reanchor, settle } from '../../src/ui/list-state.ts';
import { nodeOf } from '../../src/ui/node-command.ts';
import type { Services } from '../../src/ui/services.ts';
import { TABLE_START, type TableState } from '../../src/ui/table-state.ts';
import type { HostAt } from '../../src/ui/ui-state.ts';
import { inOrder, neighbour, PERIODS, type Rows, rowsTable, runsOf } from './select.ts';

/** changes: what happened, by table; rows: the rows of one table; runs: what the host was asked. */
export type Level = 'changes' | 'rows' | 'runs';

export type HostState = {
  readonly at: HostAt | undefined;
  /** Where the next and the previous host are found; the whole inventory without. */
  readonly among: readonly HostAt[] | undefined;
  readonly level: Level;
  /** Index into `PERIODS`. */
  readonly period: number;
  readonly changes: ListState;
  /** Of the table under the cursor: the cursor stays on it when the list changes. */
  readonly subject: string | undefined;
  readonly runs: ListState;
  readonly table: TableState;
  /** Events of the open table, newest first. */
  readonly events: readonly FilteredEvent[];
  readonly filter: string;
  readonly oldestFirst: boolean;
  /** The host as its endpoint knows it, where it has one. */
  readonly node: EnrolledNode | undefined;
};

export type HostPage = Store<HostState> & {
  /** The host as its source lists it now. */
  host(): Host | undefined;
  /** What happened in the period, by table. Up to date within a moment, however much happens. */
  changes(): readonly HostChanges[];
  changesWindow(height: number): ListState;
  current(): HostChanges | undefined;
  rows(): Rows;
  currentRow(): RowChange | undefined;
  runs(): readonly Run[];
  open(at: HostAt, among: readonly HostAt[] | undefined): void;
  /** Goes to the next (1) or previous (-1) host; false at the end of the list. */
  step(by: 1 | -1): boolean;
  /** Opens the table under the cursor. */
  openRows(): void;
  choosePeriod(period: number): void;
  /** Asks the host's endpoint how it stands. */
  refreshNode(): Promise<void>;
  patch(change: Partial<HostState>): void;
};

/** Events of a table that are read at most. */
export const MAX_EVENTS = 10_000;
const DEFAULT_PERIOD = 1;
/** ms between two counts while events arrive; and no more than one part in so many of the time is spent on counting. */
const COUNT_EVERY_MS = 1_000;
const COUNT_SHARE = 20;

const START: HostState = {
  at: undefined,
  among: undefined,
  level: 'changes',
  period: DEFAULT_PERIOD,
  changes: LIST_START,
  subject: undefined,
  runs: LIST_START,
  table: TABLE_START,
  events: [],
  filter: '',
  oldestFirst: false,
  node: undefined,
};

type Counted = { readonly key: string; readonly total: number; readonly due: number; readonly changes: readonly HostChanges[] };
type Made = { readonly of: readonly unknown[]; readonly rows: Rows };

export function createHostPage(services: Services): HostPage {
  const { state, ui, now } = services;
  const store = createStore(START);
  const patch = (change: Partial<HostState>) => store.set(shown => ({ ...shown, ...change }));
  let counted: Counted | undefined;
  let made: Made | undefined;

  const span = ({ source, id }: HostAt): HostSpan => {
    const until = now();
    return { source, hostId: id, since: until - (PERIODS[store.get().period]?.ms ?? 0), until };
  };

  const changes = (): readonly HostChanges[] => {
    const { at, period } = store.get();
    const { hostChanges } = services;
    if (!at || !hostChanges) return [];
    const key = JSON.stringify([at.source, at.id, period]);
    const { total } = state.feed.get();
    const begun = now();
    if (counted?.key === key && (counted.total === total || begun < counted.due)) return counted.changes;
    const found = inOrder(hostChanges.changesOfHost(span(at)));
    counted = { key, total, due: begun + Math.max(COUNT_EVERY_MS, COUNT_SHARE * (now() - begun)), changes: found };
    return found;
  };

  const changesWindow = (height: number): ListState => {
    const shown = changes();
    const extent = { count: shown.length, height };
    const { changes: list, subject } = store.get();
    if (subject === undefined || shown[list.cursor]?.subject === subject) return settle(list, extent);
    const index = shown.findIndex(change => change.subject === subject);
    return index < 0 ? settle(list, extent) : reanchor(list, index, extent);
  };
  const current = () => changes()[changesWindow(1).cursor];

  const rows = (): Rows => {
    const { events, filter, oldestFirst } = store.get();
    const { zone } = ui.get();
    const of = [events, filter, oldestFirst, zone, services.triage.get()];
    if (!made?.of.every((part, index) => part === of[index])) {
      const { match } = parseFilter(filter, { now: now(), statusOf: event => services.triage.stateOf(event.id) });
      const when = (ms: number) => shortTime(ms, now(), zone, services.offsetMinutes).trim();
      made = { of, rows: rowsTable(events.filter(match), oldestFirst, when) };
    }
    return made.rows;
  };

  const eventsOf = (at: HostAt, subject: string): readonly FilteredEvent[] =>
    services.hostChanges?.eventsOfHost(span(at), subject, MAX_EVENTS) ?? [];

  const refreshNode = async () => {
    const { at } = store.get();
    if (!at) return;
    try {
      const node = await nodeOf(services, at);
      if (store.get().at === at) patch({ node });
    } catch (thrown) {
      ui.say(toProblem(thrown).message, 'warn');
    }
  };

  const open = (at: HostAt, among: readonly HostAt[] | undefined) => {
    const { period } = store.get();
    store.set({ ...START, period, at, among });
    void refreshNode();
  };

  return {
    ...store,
    patch,
    changes,
    changesWindow,
    current,
    rows,
    currentRow: () => rows().changes[settle(store.get().table, { count: rows().changes.length, height: 1 }).cursor],
    runs() {
      const { at } = store.get();
      return at ? runsOf(state.runs.get().runs, at) : [];
    },
    host() {
      const { at } = store.get();
      return at && state.inventory.get().hosts.find(({ source, id }) => source === at.source && id === at.id);
    },
    open,
    step(by) {
      const { at, among, level } = store.get();
      const next = at && neighbour(among ?? state.inventory.get().hosts, at, by);
      if (!next) return false;
      open(next, among);
      if (level === 'runs') patch({ level });
      return true;
    },
    openRows() {
      const { at } = store.get();
      const change = current();
      if (!at || !change) return;
      patch({ level: 'rows', subject: change.subject, events: eventsOf(at, change.subject), table: TABLE_START, filter: '' });
    },
    choosePeriod(period) {
      patch({ period });
      const { at, level, subject } = store.get();
      if (at && level === 'rows' && subject !== undefined) patch({ events: eventsOf(at, subject), table: TABLE_START });
    },
    refreshNode,
  };
}
