/** Results of queries as events. All queries that are not deleted are looked at, old ones too: answers may come late. */
import type { RawEvent } from '../../core/model.ts';
import type { Cursor, EventBatch, EventFeed, Log } from '../../core/ports.ts';
import { isAbort, Problem } from '../../core/problem.ts';
import { clean } from '../../core/sanitize.ts';
import { tablesOf } from '../../core/sql-tables.ts';
import type { Directory } from './directory.ts';
import { FeedPosition, MAX_QUERIES } from './feed-position.ts';
import { decode, hostIdOf, type QueryFacts, toEvents } from './normalise.ts';
import { listQueries, type ResultPage, readResultsOf } from './queries.ts';
import type { Session } from './session.ts';
import type { OsctrlQuery } from './shapes.ts';

const BATCH_EVENTS = 1_000;
/** One query that fails must not hold up the others for long. */
const RESULT_READ = { attempts: 2, budgetMs: 12_000 };
/** When so many queries fail one after the other it is the server, not they. */
const MAX_FAILURES_IN_A_ROW = 3;
/** SQL beyond this is not searched for tables. */
const MAX_SQL = 100_000;

type Failure = { readonly name: string; readonly problem: Problem };

/** Events and counts that wait to be handed over. */
class Pending {
  events: RawEvent[] = [];
  skipped = 0;
  sample: string | undefined;

  skip(count: number, sample: string | undefined): void {
    this.skipped += count;
    if (count > 0) this.sample ??= sample;
  }

  /** Hands over what waits. */
  take(cursor: Cursor): EventBatch {
    const { events, skipped, sample } = this;
    this.events = [];
    this.skipped = 0;
    this.sample = undefined;
    return { events, skipped, cursor, ...(sample === undefined ? {} : { skippedSample: sample }) };
  }
}

export class QueryResultsFeed implements EventFeed {
  readonly name = 'query results';
  readonly cadence: { readonly everyMs: number };
  /** Standing remarks: queries whose results could not be read at the last poll. */
  remarks: readonly string[] = [];
  readonly #session: Session;
  readonly #directory: Directory;
  readonly #log: Log;

  constructor(session: Session, directory: Directory, log: Log, everyMs: number) {
    this.#session = session;
    this.#directory = directory;
    this.#log = log;
    this.cadence = { everyMs };
  }

  async *read(from: Cursor | undefined, since: number, signal: AbortSignal): AsyncGenerator<EventBatch> {
    const at = FeedPosition.read(from, since);
    const pending = new Pending();
    const failures: Failure[] = [];
    const names: string[] = [];
    let read = 0;
    let inARow = 0;
    for await (const page of listQueries(this.#session, 'all-full', signal)) {
      pending.skip(page.skipped, 'a query in the list');
      for (const query of page.queries) {
        if (names.push(query.name) > MAX_QUERIES || !isRowQuery(query) || !at.isDue(query, this.#serverNow)) continue;
        try {
          yield* this.#readQuery(query, at, pending, signal);
          at.settle(query, this.#serverNow);
          read += 1;
          inARow = 0;
        } catch (thrown) {
          if (isAbort(thrown)) throw thrown;
          const ownFault = thrown instanceof Problem && thrown.kind === 'unreachable';
          if (ownFault) failures.push({ name: query.name, problem: thrown });
          inARow += 1;
          if (ownFault && inARow < MAX_FAILURES_IN_A_ROW) continue;
          yield pending.take(at.toCursor());
          throw thrown;
        }
      }
      if (names.length >= MAX_QUERIES) break;
    }
    at.keepOnly(names);
    yield pending.take(at.toCursor());
    this.#report(failures, names.length);
    const [first] = failures;
    if (first && read === 0) throw first.problem;
  }

  get #serverNow(): number {
    return this.#session.api.clock.now() + (this.#session.api.skewMs ?? 0);
  }

  async *#readQuery(query: OsctrlQuery, at: FeedPosition, pending: Pending, signal: AbortSignal): AsyncGenerator<EventBatch> {
    const facts: QueryFacts = {
      name: query.name,
      creator: query.creator,
      sql: query.query,
      tables: tablesOf(query.query.slice(0, MAX_SQL)),
    };
    const answeredAt = query.updated_at ?? query.created_at ?? this.#serverNow;
    for await (const page of readResultsOf(this.#session, query.name, at.from(query.name), answeredAt, signal, RESULT_READ)) {
      pending.skip(page.skipped, page.sample);
      yield* this.#takePage(page, facts, at, pending, signal);
    }
  }

  async *#takePage(
    page: ResultPage,
    facts: QueryFacts,
    at: FeedPosition,
    pending: Pending,
    signal: AbortSignal,
  ): AsyncGenerator<EventBatch> {
    const { source } = this.#session.api;
    const fresh = page.results.filter(result => at.isNew(facts.name, result));
    if (fresh.length > 0)
      await this.#directory.learn(
        fresh.map(result => result.uuid),
        signal,
      );
    for (const result of fresh) {
      const decoded = decode(result.data);
      pending.skip(
        decoded ? decoded.skipped : 1,
        `answer ${result.id ?? ''} of ${facts.name}: ${decoded ? 'a row is no object' : 'data is no JSON of an answer'}`,
      );
      if (decoded) pending.events.push(...toEvents(result, decoded, facts, source, this.#directory.nameOf(hostIdOf(result.uuid))));
      at.advance(facts.name, [result]);
      if (pending.events.length >= BATCH_EVENTS) yield pending.take(at.toCursor());
    }
  }

  #report(failures: readonly Failure[], total: number): void {
    const [first] = failures;
    const many = failures.length === 1 ? `The results of ${first?.name} could` : `The results of ${failures.length} queries could`;
    this.remarks = [
      ...(first ? [`${many} not be read and will be tried again: ${first.problem.message}`] : []),
      ...(total >= MAX_QUERIES ? [`Only the newest ${MAX_QUERIES} queries are watched for results.`] : []),
    ].map(text => clean(text));
    for (const { name, problem } of failures) {
      this.#log.write('warn', 'results of a query could not be read', {
        source: this.#session.api.source,
        query: name,
        reason: problem.detail,
      });
    }
  }
}

/** Carves and console commands have no rows. */
const isRowQuery = (query: OsctrlQuery): boolean => query.type === 'query' || query.type === '';
