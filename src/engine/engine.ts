/** The engine behind every screen and command: sources in, events and runs out. See `api.ts` for what it promises. */
import { type ApprovedQuery, approve, findTemplate, type LaunchRequest, type Refusals } from '../core/launch-policy.ts';
import type { Host } from '../core/model.ts';
import { NO_POLICY, type Policy, permitHosts } from '../core/policy.ts';
import type { Connector, EventFeed, EventStore, LaunchOptions, RunStore } from '../core/ports.ts';
import { AllowlistError, isAbort, Problem, toProblem } from '../core/problem.ts';
import type { Run } from '../core/run.ts';
import type { Template } from '../core/template.ts';
import { planWaves } from '../core/waves.ts';
import type { Engine, PollFailure } from './api.ts';
import { reporter, SourceHealth } from './health.ts';
import type { IngestDeps } from './ingest.ts';
import { HOSTS_PART, Inventory } from './inventory.ts';
import { Launcher, type LauncherDeps } from './launch.ts';
import { PatientRuns } from './patient-runs.ts';
import { readPass, runFeed } from './poller.ts';

export type EngineDeps = Omit<LauncherDeps & IngestDeps, 'store'> & {
  readonly store: EventStore & RunStore;
  readonly connectors: readonly Connector[];
  readonly templates: readonly Template[];
  /** Why other templates may not be used, by name. */
  readonly refused?: Refusals;
  /** What the owner of the machine allows; no limits when absent. */
  readonly policy?: Policy;
};

/** After its deadline a run that another process left open gets this long (ms) before it counts as ended. */
const ABANDONED_AFTER_MS = 60_000;

type Source = { readonly connector: Connector; readonly health: SourceHealth; readonly listened: Set<EventFeed> };

export function createEngine(deps: EngineDeps): Engine {
  const { templates, refused, policy = NO_POLICY, store, clock, observer } = deps;
  const stopping = new AbortController();
  const { signal } = stopping;
  const running: Promise<void>[] = [];
  const inventory = new Inventory(deps);
  const reading: IngestDeps = { platformOf: (source, hostId) => inventory.platformOf(source, hostId), ...deps };
  const patient = new PatientRuns({ store, clock, observer, signal });
  const launcher = new Launcher({ ...deps, store: patient });
  const sources: Source[] = [];
  let started = false;

  const follow = ({ connector, health, listened }: Source, wanted: (feed: EventFeed) => boolean) => {
    for (const feed of connector.feeds) {
      if (listened.has(feed) || !wanted(feed)) continue;
      listened.add(feed);
      running.push(runFeed(connector, feed, health, reading, signal));
    }
  };

  const startSource = (source: Source) => {
    source.health.publish();
    follow(source, () => true);
    running.push(inventory.run(source.connector, source.health, signal));
  };

  const add = (connector: Connector) => {
    const parts = [HOSTS_PART, ...connector.feeds.map(feed => feed.name)];
    const source = {
      connector,
      health: new SourceHealth(connector, parts, reporter(connector, observer)),
      listened: new Set<EventFeed>(),
    };
    sources.push(source);
    if (started) startSource(source);
  };

  const pollSource = async ({ connector, health }: Source, since: number, until: AbortSignal): Promise<PollFailure[]> => {
    const polled = connector.feeds.filter(({ cadence }) => cadence !== 'push');
    if (polled.length === 0) return unreached(connector, until);
    const problems = await Promise.all(
      polled.map(async feed => {
        try {
          await readPass(connector, feed, health, since, reading, until);
          return undefined;
        } catch (thrown) {
          if (isAbort(thrown)) return undefined;
          health.failed(feed.name, toProblem(thrown), 1);
          return toProblem(thrown);
        }
      }),
    );
    const failed = problems.filter(problem => problem !== undefined);
    return failed.map(problem => ({ source: connector.id, problem, whole: failed.length === polled.length }));
  };

  /** Of a source that only pushes, silence says nothing: it is asked whether it is there. */
  const unreached = async (connector: Connector, until: AbortSignal): Promise<PollFailure[]> => {
    try {
      await connector.check(until);
      return [];
    } catch (thrown) {
      if (isAbort(thrown)) return [];
      return [{ source: connector.id, problem: toProblem(thrown), whole: true }];
    }
  };

  /** A run that its process left open (killed) is shown as what it is: ended, the rest silent. */
  const asKnown = (run: Run): Run => {
    const live = launcher.known(run.id);
    if (live) return live;
    const { deadline } = run;
    if (run.open && clock.now() > deadline + ABANDONED_AFTER_MS) run.end(deadline, 'ended');
    return run;
  };

  const wavesOf = (name: string, hosts: readonly Host[]) => planWaves(findTemplate(templates, name).cost, hosts);

  /** The query of a run, to be sent once more. Throws `AllowlistError` when the template is not what it was. */
  const sameQuery = ({ record: { template, digest, params } }: Run): ApprovedQuery => {
    const given = Object.fromEntries(Object.entries(params).map(([name, value]) => [name, String(value)]));
    const query = engine.preview({ template, params: given });
    if (query.digest === digest) return query;
    throw new AllowlistError(`Template '${template}' is not what it was when this run was sent: launch it anew.`);
  };

  const stillAllowed = (run: Run): ApprovedQuery | undefined => {
    try {
      return sameQuery(run);
    } catch (thrown) {
      if (thrown instanceof AllowlistError) return undefined;
      throw thrown;
    }
  };

  const engine: Engine = {
    templates,
    refused: refused ?? new Map(),
    policy,
    get connectors() {
      return sources.map(({ connector }) => connector);
    },
    add,
    listen() {
      for (const source of sources) follow(source, feed => feed.cadence === 'push');
    },
    start() {
      started = true;
      for (const source of sources) startSource(source);
    },
    async pollOnce(since, until) {
      engine.listen();
      const both = AbortSignal.any([until, signal]);
      return (await Promise.all(sources.map(source => pollSource(source, since, both)))).flat();
    },
    refreshHosts: until => inventory.refresh(sources, until ? AbortSignal.any([until, signal]) : signal),
    hosts: () => inventory.all(),
    async check(id, until) {
      const found = sources.find(({ connector }) => connector.id === id);
      if (!found)
        throw new Problem('usage', `There is no source '${id}'. Known: ${sources.map(({ connector }) => connector.id).join(', ')}.`);
      const report = await found.connector.check(AbortSignal.any([until, signal]));
      found.health.knows(report.version);
      return report;
    },
    preview: (request: LaunchRequest) => approve(templates, request, clock.now(), refused),
    async launch(request, hosts, options: LaunchOptions) {
      const query = engine.preview(request);
      permitHosts(policy, hosts.length);
      const { connectors } = engine;
      return launcher.launch({ query, waves: wavesOf(request.template, hosts), options, connectors }, hosts);
    },
    async again(runId, targets, options) {
      const run = engine.run(runId);
      if (!run) throw new Problem('usage', `There is no run '${runId}'.`);
      const { template } = run.record;
      const query = sameQuery(run);
      permitHosts(policy, targets.length);
      const hosts = targets.map(({ host }) => host);
      return launcher.again({ query, waves: wavesOf(template, hosts), options, connectors: engine.connectors }, run);
    },
    cancel: runId => launcher.cancel(runId),
    runs: limit => patient.runs(limit).map(asKnown),
    runIds: limit => patient.runIds(limit),
    run(id) {
      const live = launcher.known(id);
      if (live) return live;
      const stored = patient.run(id);
      return stored && asKnown(stored);
    },
    holds: id => launcher.known(id) !== undefined,
    rejoin(id) {
      const stored = launcher.known(id) ? undefined : patient.run(id);
      if (stored?.open) launcher.rejoin(stored, engine.connectors, stillAllowed(stored));
      return launcher.known(id) ?? (stored && asKnown(stored));
    },
    async stop(keepOpen = false) {
      await launcher.stop(keepOpen);
      stopping.abort();
      await Promise.all(running);
      const problem = patient.flush();
      if (problem) deps.log.write('error', `Answers could not be stored. ${problem.message}`, { detail: problem.detail });
    },
  };
  for (const connector of deps.connectors) add(connector);
  return engine;
}
