/** What the Results screen remembers: which run, how deep, which hosts, where the cursors stand. Outside React. */

import type { Row } from '../../src/core/model.ts';
import { parseRowFilter, parseStackFilter, parseTargetFilter } from '../../src/core/result-filter.ts';
import type { Run, Target } from '../../src/core/run.ts';
import type { Stack, StackGroup } from '../../src/core/stack.ts';
import type { Template } from '../../src/core/template.ts';
import { type AppState, hostKey } from '../../src/state/index.ts';
import { createStore, type Store } from '../../src/state/store.ts';
import { LIST_START, type ListState, reanchor, settle } from '../../src/ui/list-state.ts';
import { TABLE_START, type TableSource, type TableState } from '../../src/ui/table-state.ts';
import type { Report } from './compare.ts';
import { allHostsTable, hostTable, inTab, maskedTable, type RowsOf, type Tab, type TabCounts, tabCounts } from './select.ts';
import { type Sort, sorted } from './sort.ts';
import { createStacker } from './stacking.ts';

/**
 * runs: the list of runs; hosts: the roll of one run; rows: what one host said; table: the rows of all hosts; stack: their
 * values, rarest first; group: the rows of one stacked value; report: a comparison.
 */
export type Level = 'runs' | 'hosts' | 'rows' | 'table' | 'stack' | 'group' | 'report';

/** What can be filtered: hosts, rows, or stacked values. */
export type Filtered = 'hosts' | 'rows' | 'values';

/** What the filter of a level narrows. */
const FILTERED: Partial<Record<Level, Filtered>> = { hosts: 'hosts', rows: 'rows', table: 'rows', group: 'rows', stack: 'values' };

export type ResultsState = {
  readonly level: Level;
  readonly runId: string | undefined;
  readonly tab: Tab;
  /** Filter expressions, each of which has been parsed; empty: none. */
  readonly filters: Readonly<Record<Filtered, string>>;
  readonly runs: ListState;
  readonly hosts: ListState;
  /** Key of the host under the cursor, so that it stays there while others change. */
  readonly host: string | undefined;
  readonly table: TableState;
  readonly sort: Sort;
  readonly stack: ListState;
  /** Columns that somebody chose to stack by; the template's without. */
  readonly stackBy: readonly string[] | undefined;
  readonly group: StackGroup | undefined;
  readonly report: Report | undefined;
  readonly scroll: number;
  /** Secrets in the rows are shown as they came. */
  readonly unmasked: boolean;
};

export type ResultsScreen = Store<ResultsState> & {
  /** Runs of this process and of earlier ones, newest first. */
  runs(): readonly Run[];
  run(): Run | undefined;
  /** Targets of the chosen tab that pass the filter, in the order in which they were targeted. */
  targets(): readonly Target[];
  counts(): TabCounts | undefined;
  /** What the filter of this level narrows; undefined where there is none. */
  filtered(): Filtered | undefined;
  /** The filter of this level. */
  filter(): string;
  look(filter: string): void;
  /** How many hosts, rows or values are shown, of how many. */
  shown(): { readonly count: number; readonly of: number };
  /** Cursor and window on `targets()`. */
  hostsWindow(height: number): ListState;
  target(): Target | undefined;
  template(): Template | undefined;
  /** The stack of the run, up to date with its answers. */
  stack(): Stack | undefined;
  /** Which of its columns are shown with their secrets masked. */
  masked(): readonly boolean[];
  /** Columns whose secrets are not to be seen now. */
  secrets(): readonly string[];
  /** Its values that pass the filter. */
  groups(): readonly StackGroup[];
  /** The table of the level, or undefined where the level has none. */
  table(): TableSource | undefined;
  /** The same, with the secrets in it. */
  raw(): TableSource | undefined;
  patch(change: Partial<ResultsState>): void;
  open(run: Run): void;
};

const START: ResultsState = {
  level: 'runs',
  runId: undefined,
  tab: 'all',
  filters: { hosts: '', rows: '', values: '' },
  runs: LIST_START,
  hosts: LIST_START,
  host: undefined,
  table: TABLE_START,
  sort: undefined,
  stack: LIST_START,
  stackBy: undefined,
  group: undefined,
  report: undefined,
  scroll: 0,
  unmasked: false,
};

const NONE: readonly string[] = [];

/** Remembers the last result for the same arguments. */
function remembered<Args extends readonly unknown[], T>(make: (...args: Args) => T): (...args: Args) => T {
  let last: { readonly args: Args; readonly value: T } | undefined;
  return (...args) => {
    if (!last?.args.every((arg, index) => Object.is(arg, args[index]))) last = { args, value: make(...args) };
    return last.value;
  };
}

export function createResults({ runs: live }: AppState, templates: () => readonly Template[]): ResultsScreen {
  const store = createStore(START);
  const patch = (change: Partial<ResultsState>) => store.set(state => ({ ...state, ...change }));

  const newestFirst = remembered((known: readonly Run[]) => known.toSorted((a, b) => b.record.startedAt - a.record.startedAt));
  const counted = remembered((run: Run, _version: number) => tabCounts(run));
  const pick = remembered((run: Run, _version: number, tab: Tab, filter: string) => {
    const { match } = parseTargetFilter(filter);
    return run.targets.filter(target => inTab(target, tab) && match(target));
  });
  /** Which rows of a target pass; looked at once for each answer. */
  const passing = remembered((filter: string): RowsOf => {
    if (filter === '') return ({ rows }) => rows;
    const { match } = parseRowFilter(filter);
    const known = new WeakMap<readonly Row[], readonly Row[]>();
    return target => {
      const rows = known.get(target.rows) ?? target.rows.filter(row => match({ target, row }));
      known.set(target.rows, rows);
      return rows;
    };
  });
  const tableOfAll = remembered((run: Run, _version: number, rowsOf: RowsOf) => allHostsTable(run, rowsOf));
  const tableOfGroup = remembered((run: Run, _version: number, of: Stack, group: StackGroup, rowsOf: RowsOf) =>
    allHostsTable(run, target => rowsOf(target).filter(row => of.holds(group, row))),
  );
  const passingGroups = remembered((groups: readonly StackGroup[], columns: readonly string[], filter: string) => {
    const { match } = parseStackFilter(filter, columns);
    return filter === '' ? groups : groups.filter(match);
  });
  const stacker = createStacker();
  const tableOfHost = remembered(hostTable);
  const inOrder = remembered(sorted);

  const runs = () => newestFirst(live.get().runs);
  const run = () => runs().find(({ id }) => id === store.get().runId);
  const targets = (): readonly Target[] => {
    const chosen = run();
    const { tab, filters } = store.get();
    return chosen ? pick(chosen, chosen.version, tab, filters.hosts) : [];
  };
  const hostsWindow = (height: number): ListState => {
    const shown = targets();
    const extent = { count: shown.length, height };
    const { hosts, host } = store.get();
    const under = shown[hosts.cursor];
    if (host === undefined || (under && hostKey(under.host) === host)) return settle(hosts, extent);
    const index = shown.findIndex(target => hostKey(target.host) === host);
    return index < 0 ? settle(hosts, extent) : reanchor(hosts, index, extent);
  };
  const target = () => targets()[hostsWindow(1).cursor];

  const template = () => templates().find(({ name }) => name === run()?.record.template);
  const stack = () => {
    const chosen = run();
    return chosen && stacker.of(chosen, template(), store.get().stackBy);
  };

  const groups = (): readonly StackGroup[] => {
    const stacked = stack();
    return stacked ? passingGroups(stacked.groups(), stacked.columns, store.get().filters.values) : [];
  };

  const filtered = () => FILTERED[store.get().level];
  const counts = () => {
    const chosen = run();
    return chosen && counted(chosen, chosen.version);
  };

  const secrets = () => (store.get().unmasked ? NONE : (template()?.secrets ?? NONE));

  const withoutSecrets = remembered(maskedTable);
  const rawTable = (): TableSource | undefined => {
    const { level, sort, group, filters } = store.get();
    const chosen = run();
    const rowsOf = passing(filters.rows);
    const of = level === 'group' ? stack() : undefined;
    if (chosen && of && group) return inOrder(tableOfGroup(chosen, chosen.version, of, group, rowsOf), sort);
    if (level === 'table' && chosen) return inOrder(tableOfAll(chosen, chosen.version, rowsOf), sort);
    const one = level === 'rows' ? target() : undefined;
    return one && inOrder(tableOfHost(one, rowsOf), sort);
  };

  const rowsThere = (): number => {
    const { level, group } = store.get();
    if (level === 'group') return group?.rows ?? 0;
    const targets = level === 'rows' ? [target()] : (run()?.targets ?? []);
    return targets.reduce((sum, one) => sum + (one?.rows.length ?? 0), 0);
  };
  const SHOWN: Readonly<Record<Filtered, () => { readonly count: number; readonly of: number }>> = {
    hosts: () => ({ count: targets().length, of: counts()?.[store.get().tab] ?? 0 }),
    rows: () => ({ count: rawTable()?.count ?? 0, of: rowsThere() }),
    values: () => ({ count: groups().length, of: stack()?.groups().length ?? 0 }),
  };

  return {
    ...store,
    counts,
    groups,
    secrets,
    masked: () => stack()?.columns.map(column => secrets().includes(column)) ?? [],
    filtered,
    filter() {
      const what = filtered();
      return what === undefined ? '' : store.get().filters[what];
    },
    look(filter) {
      const what = filtered();
      if (what === undefined) return;
      const { filters, table } = store.get();
      patch({
        filters: { ...filters, [what]: filter },
        hosts: LIST_START,
        host: undefined,
        table: { ...table, ...LIST_START },
        stack: LIST_START,
      });
    },
    shown() {
      const what = filtered();
      return what === undefined ? { count: 0, of: 0 } : SHOWN[what]();
    },
    template,
    stack,
    patch,
    runs,
    run,
    targets,
    hostsWindow,
    target,
    raw: rawTable,
    table() {
      const source = rawTable();
      return source && withoutSecrets(source, secrets());
    },
    open: ({ id }) => patch({ ...START, runs: store.get().runs, runId: id, level: 'hosts' }),
  };
}
