/** Rows of stored reports as events. A report that fails, or is slow, holds up no other one and no posture. */
import type { Cursor, EventBatch, EventFeed, KeyValueStore, Log } from '../../core/ports.ts';
import { isAbort, Problem, toProblem } from '../../core/problem.ts';
import { clean } from '../../core/sanitize.ts';
import { shortAge } from '../../core/time.ts';
import type { Team } from './account.ts';
import { type FleetQuery, fleetQuery, queriesReply, reportReply } from './api.ts';
import type { FleetClient, Parameters } from './client.ts';
import type { HostDirectory } from './hosts.ts';
import { Mailbox } from './mailbox.ts';
import { PreviousAnswers, type ReadRow, readRows, rowEvent, tablesOfQuery } from './report-rows.ts';

const QUERIES_PAGE = 100;
const AT_ONCE = 4;
/** Events of a batch, about: hosts are not split. */
const BATCH = 500;

export type ReportOptions = {
  readonly client: FleetClient;
  readonly directory: HostDirectory;
  readonly teamId: number | undefined;
  readonly everyMs: number;
  readonly store: KeyValueStore;
  readonly log: Log;
  /** Epoch ms. */
  readonly now: () => number;
  /** Teams that the account can see. */
  teams(signal: AbortSignal): Promise<readonly Team[]>;
  /** Fills the directory: a report's rows do not hold the hosts' uuids. */
  learnHosts(signal: AbortSignal): Promise<void>;
};

type Batch = Omit<EventBatch, 'cursor'>;
/** A batch, and what to remember once it is on disk. */
type Step = { readonly batch: Batch; readonly kept: () => void };
/** One reading of all reports; what is to be said and what failed is collected on the way. */
type Pass = { readonly since: number; readonly signal: AbortSignal; readonly remarks: string[]; readonly failures: Problem[] };

/** Rows are stored for scheduled snapshots only (contracts/fleet.md 5). */
const hasReport = ({ interval, logging, discard_data }: FleetQuery): boolean =>
  (interval ?? 0) > 0 && logging === 'snapshot' && !discard_data;

export class ReportsFeed implements EventFeed {
  readonly name = 'reports';
  readonly cadence: EventFeed['cadence'];
  readonly #options: ReportOptions;
  #remarks: readonly string[] = [];

  constructor(options: ReportOptions) {
    this.#options = options;
    this.cadence = { everyMs: options.everyMs };
  }

  remarks(): readonly string[] {
    return this.#remarks;
  }

  async *read(_from: Cursor | undefined, since: number, signal: AbortSignal): AsyncGenerator<EventBatch> {
    const cursor = String(this.#options.now());
    const stop = new AbortController();
    const pass: Pass = { since, signal: AbortSignal.any([signal, stop.signal]), remarks: [], failures: [] };
    const queries = await this.#queries(pass);
    try {
      for await (const { batch, kept } of this.#steps(queries, pass).read(signal)) {
        yield { ...batch, cursor };
        kept();
      }
    } finally {
      stop.abort();
      this.#remarks = pass.remarks;
    }
    const [first] = pass.failures;
    if (first && pass.failures.length === queries.length) throw first;
    yield { events: [], skipped: 0, cursor };
  }

  /** Reads the reports, some at once; each one's failure is its own. */
  #steps(queries: readonly FleetQuery[], pass: Pass): Mailbox<Step> {
    const steps = new Mailbox<Step>();
    const pending = queries.values();
    const work = async () => {
      for (const query of pending) {
        try {
          for await (const step of this.#report(query, pass)) steps.add(step);
        } catch (thrown) {
          if (isAbort(thrown)) return;
          this.#failed(query, toProblem(thrown), pass);
        }
      }
    };
    void Promise.all(Array.from({ length: AT_ONCE }, work)).then(() => steps.end());
    return steps;
  }

  #failed({ name }: FleetQuery, problem: Problem, pass: Pass): void {
    const { client, log } = this.#options;
    const report = clean(name, 80);
    pass.failures.push(problem);
    pass.remarks.push(`report "${report}" could not be read: ${problem.message}`);
    log.write('warn', problem.message, { source: client.source, report, detail: problem.detail });
  }

  /** Scheduled queries with a report: the team's and those it inherits, or the global ones and those of every team. */
  async #queries({ signal, remarks }: Pass): Promise<FleetQuery[]> {
    const { teamId, teams } = this.#options;
    const found = new Map<number, FleetQuery>();
    const collect = async (scope: Parameters) => {
      for await (const query of this.#queriesOf(scope, signal)) if (hasReport(query)) found.set(query.id, query);
    };
    await collect(teamId === undefined ? {} : { team_id: teamId, merge_inherited: true });
    for (const team of teamId === undefined ? await teams(signal) : []) {
      try {
        await collect({ team_id: team.id });
      } catch (thrown) {
        if (!(thrown instanceof Problem)) throw thrown;
        remarks.push(`reports of team "${team.name}" could not be listed: ${thrown.message}`);
      }
    }
    return [...found.values()];
  }

  async *#queriesOf(scope: Parameters, signal: AbortSignal): AsyncGenerator<FleetQuery> {
    for (let page = 0; ; page += 1) {
      const parameters = { ...scope, page, per_page: QUERIES_PAGE, order_key: 'name' };
      const { queries, meta } = await this.#options.client.get('/queries', parameters, queriesReply, 'listing the reports', signal);
      for (const item of queries) {
        const query = fleetQuery.safeParse(item).data;
        if (query) yield query;
      }
      if (queries.length === 0 || !(meta?.has_next_results ?? queries.length === QUERIES_PAGE)) return;
    }
  }

  async *#report(query: FleetQuery, { since, signal, remarks }: Pass): AsyncGenerator<Step> {
    const { client, teamId, store, now } = this.#options;
    const doing = `reading the report "${clean(query.name, 80)}"`;
    const { results, report_clipped: clipped } = await client.get(
      `/queries/${query.id}/report`,
      { team_id: teamId },
      reportReply,
      doing,
      signal,
    );
    const { byHost, rows, skipped, ...sample } = readRows(results, client.source, query);
    if (clipped) remarks.push(clippedRemark(query, rows, now()));
    const previous = new PreviousAnswers(store, client.source, query.id);
    if (skipped > 0) yield { batch: { events: [], skipped, ...sample }, kept: () => undefined };
    let answers: [string, ReadRow[]][] = [];
    let fresh: ReadRow[] = [];
    const isDue = ({ fetched }: ReadRow) => previous.complete || (fetched ?? now()) >= since;
    for (const answer of byHost) {
      answers.push(answer);
      fresh.push(...previous.freshOf(...answer).filter(isDue));
      if (fresh.length < BATCH) continue;
      yield await this.#step(query, fresh, answers, previous, signal);
      [answers, fresh] = [[], []];
    }
    const last = await this.#step(query, fresh, answers, previous, signal);
    const kept = () => {
      last.kept();
      // A clipped report takes no new rows: who is absent from it may well have some.
      if (!clipped) previous.forgetAllBut(new Set(byHost.keys()));
      previous.markComplete();
    };
    yield { batch: last.batch, kept };
  }

  async #step(
    query: FleetQuery,
    fresh: readonly ReadRow[],
    answers: readonly [string, ReadRow[]][],
    previous: PreviousAnswers,
    signal: AbortSignal,
  ): Promise<Step> {
    const { client, directory, learnHosts, now } = this.#options;
    if (fresh.some(({ hostId }) => !directory.find(hostId))) await learnHosts(signal);
    const context = { source: client.source, query, tables: tablesOfQuery(query), now: now() };
    const events = fresh.map(row => rowEvent(row, { ...context, host: directory.find(row.hostId)?.host }));
    const kept = () => {
      for (const [hostId, rows] of answers) previous.keep(hostId, rows);
    };
    return { batch: { events, skipped: 0 }, kept };
  }
}

/** At its cap a report is frozen: rows in it grow old, others never appear (contracts/fleet.md 1.5). */
function clippedRemark({ name }: FleetQuery, rows: readonly ReadRow[], now: number): string {
  const report = `report "${clean(name, 80)}"`;
  const times = rows.flatMap(({ fetched }) => fetched ?? []);
  if (times.length === 0) return `${report} is clipped and empty, as after a change of its SQL: rows come with its next runs`;
  const [newest, oldest] = times.reduce(([high, low], time) => [Math.max(high, time), Math.min(low, time)], [0, now]);
  return `${report} is clipped: Fleet keeps these ${rows.length} rows, ${shortAge(now - newest)} to ${shortAge(now - oldest)} old, and takes no more`;
}
