/** The engine as a command uses it: opened, told of, closed again whatever happens. */
import { Problem } from '../core/problem.ts';
import type { Run } from '../core/run.ts';
import type { Engine, EngineObserver } from '../engine/api.ts';
import type { CommandContext, Opened, OpenRequest } from './context.ts';
import { unlessAborted, within } from './limits.ts';

/** What the engine has reported so far. */
export type Seen = {
  /** Sources whose hosts are all listed. */
  readonly listed: Set<string>;
  /** Sources that answered at all. */
  readonly contacted: Set<string>;
  /** Called at every change of a run. */
  onRun: (run: Run) => void;
};

export type Session = Opened & { readonly seen: Seen };

/** ms for the lab's hosts to enrol. */
const READY_MS = 120_000;

function observer({ messages }: CommandContext, seen: Seen): EngineObserver {
  return {
    events: () => undefined,
    health({ source, lastContact }) {
      if (lastContact !== null) seen.contacted.add(source);
    },
    hosts(source, hosts, complete) {
      if (complete) seen.listed.add(source);
      else messages.progress(`listing hosts of ${source}: ${hosts.length}`);
    },
    run: run => seen.onRun(run),
    notice({ level, text }) {
      if (level !== 'info') messages.tell(text);
    },
  };
}

/** Sources that had not got on when the time was up, as failures beside the others. */
export function withLate(
  failures: ReadonlyMap<string, Problem>,
  engine: Engine,
  done: ReadonlySet<string>,
  what: string,
): ReadonlyMap<string, Problem> {
  const late = engine.connectors.filter(({ id }) => !failures.has(id) && !done.has(id));
  const problem = (source: string) =>
    new Problem('unreachable', `Source '${source}' ${what}. Try again, or leave it out with --source.`, { source });
  return new Map([...failures, ...late.map(({ id }) => [id, problem(id)] as const)]);
}

/**
 * Opens the sources that the flags choose, waits until they are ready, and runs `work`; closes everything afterwards,
 * at once when the signal stops the waiting. Throws a 'usage' Problem when there is no source.
 */
export async function withSession<T>(
  context: CommandContext,
  work: (session: Session) => Promise<T>,
  sources: OpenRequest['sources'] = context.common.sources,
): Promise<T> {
  const { common, directories, clock, signal, messages } = context;
  const seen: Seen = { listed: new Set(), contacted: new Set(), onRun: () => undefined };
  const { openRollcall } = await context.wire();
  const opened = await openRollcall({ ...directories, lab: common.lab, sources, observer: observer(context, seen) });
  try {
    if (sources !== 'none' && opened.engine.connectors.length === 0) {
      throw new Problem('usage', 'No source is configured yet. Add one with `rollcall source add`, or look around with --lab.');
    }
    if (common.lab !== undefined && sources !== 'none') messages.progress('the lab is starting');
    const { expired } = await within(READY_MS, clock, signal, limited => unlessAborted(opened.ready(), limited));
    if (expired) throw new Problem('unreachable', `The lab's hosts did not enrol within ${READY_MS / 1000} s. Take a smaller --lab.`);
    return await work({ ...opened, seen });
  } finally {
    messages.rest();
    await opened.close();
  }
}
