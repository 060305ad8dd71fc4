/** What the Sources screen remembers: the selected source, the answers of checks. Outside React. */
import type { Health } from '../../src/core/model.ts';
import type { SourceReport } from '../../src/core/ports.ts';
import { isAbort, type Problem, toProblem } from '../../src/core/problem.ts';
import type { SourceState } from '../../src/state/index.ts';
import { createStore, type Store } from '../../src/state/store.ts';
import { LIST_START, type ListState } from '../../src/ui/list-state.ts';
import type { Services } from '../../src/ui/services.ts';
import { createSourceForm, type SourceFormScreen } from './form.ts';

/** `at` is epoch ms. */
export type Check =
  | { readonly state: 'running'; readonly at: number; readonly abort: AbortController }
  | { readonly state: 'passed'; readonly at: number; readonly report: SourceReport }
  | { readonly state: 'failed'; readonly at: number; readonly problem: Problem };

export type SourcesState = {
  readonly list: ListState;
  readonly inPane: boolean;
  readonly scroll: number;
  /** The last check of each source. */
  readonly checks: ReadonlyMap<string, Check>;
};

export type SourcesScreen = Store<SourcesState> & {
  /** The form that adds a source. */
  readonly form: SourceFormScreen;
  /** All sources, those that have not reported yet as starting. */
  sources(): readonly SourceState[];
  current(): SourceState | undefined;
  /** Asks the source whether it works and what the account may do. */
  check(source: string): Promise<void>;
  /** Stops the checks that run; false when there are none. */
  stopChecks(): boolean;
  patch(change: Partial<SourcesState>): void;
};

const notYet = (source: string, kind: Health['kind']): SourceState => ({
  source,
  kind,
  level: 'starting',
  reason: '',
  remarks: [],
  lastContact: null,
  lastEvent: null,
  events: 0,
  skipped: 0,
  reconnects: 0,
  version: '',
});

export function createSources(services: Services): SourcesScreen {
  const { state, ui, now } = services;
  const store = createStore<SourcesState>({ list: LIST_START, inPane: false, scroll: 0, checks: new Map() });
  const patch = (change: Partial<SourcesState>) => store.set(shown => ({ ...shown, ...change }));
  const checked = (source: string, check: Check) => patch({ checks: new Map(store.get().checks).set(source, check) });

  const sources = () => {
    const known = state.health.get();
    const listed = services.engine.connectors.map(({ id, kind }) => known.get(id) ?? notYet(id, kind));
    const ids = new Set(listed.map(({ source }) => source));
    return [...listed, ...[...known.values()].filter(({ source }) => !ids.has(source))];
  };

  const running = () => [...store.get().checks.values()].filter(check => check.state === 'running');

  return {
    ...store,
    form: createSourceForm(services),
    patch,
    sources,
    current: () => sources()[store.get().list.cursor],
    async check(source) {
      const abort = new AbortController();
      checked(source, { state: 'running', at: now(), abort });
      try {
        const report = await services.engine.check(source, abort.signal);
        checked(source, { state: 'passed', at: now(), report });
        ui.say(`${source} works.`);
      } catch (thrown) {
        const problem = toProblem(thrown);
        const checks = new Map(store.get().checks);
        checks.delete(source);
        if (isAbort(thrown)) patch({ checks });
        else checked(source, { state: 'failed', at: now(), problem });
        ui.say(isAbort(thrown) ? `Check of ${source} stopped.` : problem.message, isAbort(thrown) ? 'info' : 'error');
      }
    },
    stopChecks() {
      const checks = running();
      for (const { abort } of checks) abort.abort();
      return checks.length > 0;
    },
  };
}
