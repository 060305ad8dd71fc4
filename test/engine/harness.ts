/** An engine on a fake clock, with everything it reports and stores in plain arrays. */
import type { FeedEvent, Health, HostAnswer } from '../../src/core/model.ts';
import type { Connector, Cursor, EventStore, RunStore, StoredEvent } from '../../src/core/ports.ts';
import type { Run } from '../../src/core/run.ts';
import type { Notice } from '../../src/engine/api.ts';
import { createEngine, type EngineDeps } from '../../src/engine/engine.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { usersTemplate } from '../helpers/model.ts';

export function memoryStore(): EventStore & RunStore & { readonly events: StoredEvent[] } {
  const events: StoredEvent[] = [];
  const cursors = new Map<string, Cursor>();
  const runs = new Map<string, Run>();
  return {
    events,
    async append(incoming: readonly FeedEvent[], position) {
      const fresh = incoming.filter(
        (event, index) => !events.some(known => known.event.id === event.id) && incoming.indexOf(event) === index,
      );
      const added = fresh.map((event, index) => ({ seq: events.length + index + 1, event }));
      events.push(...added);
      if (position) cursors.set(position.feed, position.cursor);
      return added;
    },
    cursor: feed => cursors.get(feed),
    page: () => events,
    count: () => events.length,
    saveRun: run => void runs.set(run.id, run),
    saveAnswer: (_runId: string, _source: string, _answer: HostAnswer) => undefined,
    run: id => runs.get(id),
    runs: () => [...runs.values()],
    runIds: () => [...runs.keys()].toReversed(),
  };
}

/** The process of somebody else that is at work. */
export const LIVING = 4_711;

export function engineWith(
  connectors: readonly Connector[],
  over: Partial<Pick<EngineDeps, 'policy' | 'refused' | 'templates' | 'rules'>> = {},
) {
  const clock = new FakeClock();
  const store = memoryStore();
  const audit: [string, Readonly<Record<string, unknown>>][] = [];
  const notices: Notice[] = [];
  const healths: Health[] = [];
  const shown: StoredEvent[] = [];
  let launched = 0;
  const engine = createEngine({
    templates: [usersTemplate],
    ...over,
    connectors,
    store,
    clock,
    audit: { write: (action, detail) => void audit.push([action, detail]) },
    log: { write: () => undefined },
    processes: { pid: 1, isAlive: pid => pid === LIVING },
    newRunId: () => `run-${++launched}`,
    observer: {
      events: added => void shown.push(...added),
      health: health => void healths.push(health),
      hosts: () => undefined,
      run: () => undefined,
      notice: notice => void notices.push(notice),
    },
  });
  const health = (source: string) => healths.findLast(entry => entry.source === source);
  return { engine, clock, store, audit, notices, shown, health, runs: () => store.runs(100) };
}
