/** Everything the screens show, outside React. Filled by the engine through `observer`. */
import type { Health, Host } from '../core/model.ts';
import type { Run } from '../core/run.ts';
import { createFeed, type FeedStore } from './feed.ts';
import { createStore, type Schedule, type Store } from './store.ts';

export type Inventory = {
  /** All hosts of all sources, in the order of sources. */
  readonly hosts: readonly Host[];
  /** Sources whose listing has ended at least once. */
  readonly complete: ReadonlySet<string>;
};

/** How a source is. `lastError`: what was wrong with it last, and until when (epoch ms), also after it is well again. */
export type SourceState = Health & { readonly lastError?: { readonly text: string; readonly at: number } };

/** A new object for every change; the runs themselves are mutable and carry a `version`. Newest first. */
export type RunsState = { readonly runs: readonly Run[] };

export type NoticeState = { readonly level: 'info' | 'warn' | 'error'; readonly text: string; readonly at: number } | undefined;

export type AppState = {
  readonly feed: FeedStore;
  readonly inventory: Store<Inventory>;
  /** Hosts marked for the next launch, by `hostKey`. */
  readonly marks: Store<ReadonlySet<string>>;
  readonly runs: Store<RunsState>;
  readonly health: Store<ReadonlyMap<string, SourceState>>;
  /** The newest notice, for the status line. */
  readonly notice: Store<NoticeState>;
  readonly notices: Store<ReadonlyArray<NonNullable<NoticeState>>>;
};

/** Receives what the engine reports; see `EngineObserver` in the engine, whose shape this is. */
export type StateObserver = {
  events: FeedStore['add'];
  health(health: Health): void;
  hosts(source: string, hosts: readonly Host[], complete: boolean): void;
  run(run: Run): void;
  notice(notice: { readonly level: 'info' | 'warn' | 'error'; readonly text: string }): void;
};

/** A host's identity over all sources. */
export const hostKey = ({ source, id }: Pick<Host, 'source' | 'id'>): string => `${source}\u0000${id}`;

/** The hosts of the inventory that are marked, in its order. */
export function markedHosts({ inventory, marks }: Pick<AppState, 'inventory' | 'marks'>): readonly Host[] {
  const marked = marks.get();
  return marked.size === 0 ? [] : inventory.get().hosts.filter(host => marked.has(hostKey(host)));
}

/** The list with the run in its place; one that was read from disk gives way to the live one. */
function placed(known: readonly Run[], run: Run): readonly Run[] {
  const at = known.findIndex(({ id }) => id === run.id);
  return at < 0 ? [run, ...known] : known.with(at, run);
}

function errorOf({ reason }: Health, before: SourceState | undefined, now: number): Pick<SourceState, 'lastError'> {
  if (reason !== '') return { lastError: { text: reason, at: now } };
  return before?.lastError ? { lastError: before.lastError } : {};
}

const KEPT_NOTICES = 200;

/**
 * `frame` merges repaints of data that streams (about 10 a second); `now` gives epoch ms.
 * `feedCapacity`: events kept in memory.
 */
export function createState(frame: Schedule, now: () => number, feedCapacity?: number): AppState & { readonly observer: StateObserver } {
  const feed = createFeed(frame, feedCapacity);
  const inventory = createStore<Inventory>({ hosts: [], complete: new Set() }, frame);
  const marks = createStore<ReadonlySet<string>>(new Set());
  const runs = createStore<RunsState>({ runs: [] }, frame);
  const health = createStore<ReadonlyMap<string, SourceState>>(new Map(), frame);
  const notice = createStore<NoticeState>(undefined);
  const notices = createStore<ReadonlyArray<NonNullable<NoticeState>>>([]);
  const bySource = new Map<string, readonly Host[]>();

  const observer: StateObserver = {
    events: added => feed.add(added),
    health: next => health.set(known => new Map(known).set(next.source, { ...next, ...errorOf(next, known.get(next.source), now()) })),
    hosts(source, hosts, complete) {
      bySource.set(source, hosts);
      inventory.set(({ complete: ended }) => ({
        hosts: [...bySource.values()].flat(),
        complete: complete ? new Set(ended).add(source) : ended,
      }));
    },
    run: run => runs.set(({ runs: known }) => ({ runs: placed(known, run) })),
    notice({ level, text }) {
      const entry = { level, text, at: now() };
      notice.set(entry);
      notices.set(kept => [...kept.slice(1 - KEPT_NOTICES), entry]);
    },
  };
  return { feed, inventory, marks, runs, health, notice, notices, observer };
}
