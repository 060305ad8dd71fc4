/** What the Results screen remembers: which run, how deep, which hosts, where the cursors stand. Outside React. */
import type { Run, Target } from '../../src/core/run.ts';
import type { Stack, StackGroup } from '../../src/core/stack.ts';
import type { Template } from '../../src/core/template.ts';
import { type AppState, hostKey } from '../../src/state/index.ts';
import { createStore, type Store } from '../../src/state/store.ts';
import { LIST_START, type ListState, reanchor, settle } from '../../src/ui/list-state.ts';
import { TABLE_START, type TableSource, type TableState } from '../../src/ui/table-state.ts';
import type { Report } from './compare.ts';
import { allHostsTable, type Bucket, hostTable, inBucket, maskedTable } from './select.ts';
import { type Sort, sorted } from './sort.ts';
import { createStacker } from './stacking.ts';

/**
 * runs: the list of runs; hosts: the roll of one run; rows: what one host said; table: the rows of all hosts; stack: their
 * values, rarest first; group: the rows of one stacked value; report: a comparison.
 */
export type Level = 'runs' | 'hosts' | 'rows' | 'table' | 'stack' | 'group' | 'report';

export type ResultsState = {
  readonly level: Level;
  readonly runId: string | undefined;
  readonly bucket: Bucket;
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
  /** Targets of the chosen bucket, in the order in which they were targeted. */
  targets(): readonly Target[];
  /** Cursor and window on `targets()`. */
  hostsWindow(height: number): ListState;
  target(): Target | undefined;
  template(): Template | undefined;
  /** The stack of the run, up to date with its answers. */
  stack(): Stack | undefined;
  /** The table of the level, or undefined where the level has none. */
  table(): TableSource | undefined;
  patch(change: Partial<ResultsState>): void;
  open(run: Run): void;
};

const START: ResultsState = {
  level: 'runs',
  runId: undefined,
  bucket: 'all',
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
  const pick = remembered((run: Run, _version: number, bucket: Bucket) => run.targets.filter(target => inBucket(target, bucket)));
  const tableOfAll = remembered((run: Run, _version: number) => allHostsTable(run));
  const tableOfGroup = remembered((run: Run, _version: number, of: Stack, group: StackGroup) =>
    allHostsTable(run, row => of.holds(group, row)),
  );
  const stacker = createStacker();
  const tableOfHost = remembered(hostTable);
  const inOrder = remembered(sorted);

  const runs = () => newestFirst(live.get().runs);
  const run = () => runs().find(({ id }) => id === store.get().runId);
  const targets = (): readonly Target[] => {
    const chosen = run();
    return chosen ? pick(chosen, chosen.version, store.get().bucket) : [];
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

  const withoutSecrets = remembered(maskedTable);
  const rawTable = (): TableSource | undefined => {
    const { level, sort, group } = store.get();
    const chosen = run();
    const of = level === 'group' ? stack() : undefined;
    if (chosen && of && group) return inOrder(tableOfGroup(chosen, chosen.version, of, group), sort);
    if (level === 'table' && chosen) return inOrder(tableOfAll(chosen, chosen.version), sort);
    const one = level === 'rows' ? target() : undefined;
    return one && inOrder(tableOfHost(one), sort);
  };

  return {
    ...store,
    template,
    stack,
    patch,
    runs,
    run,
    targets,
    hostsWindow,
    target,
    table() {
      const source = rawTable();
      const secrets = template()?.secrets ?? [];
      return source && !store.get().unmasked && secrets.length > 0 ? withoutSecrets(source, secrets) : source;
    },
    open: ({ id }) => patch({ ...START, runs: store.get().runs, runId: id, level: 'hosts' }),
  };
}
