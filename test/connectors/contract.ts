/** What every connector promises, whatever it talks to. A connector's test makes a `Harness` over its fake and calls `connectorContract`. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ApprovedQuery } from '../../src/core/launch-policy.ts';
import { approve } from '../../src/core/launch-policy.ts';
import type { Host, HostAnswer, RawEvent } from '../../src/core/model.ts';
import type { Connector, Cursor, EventFeed, LaunchOptions, LiveQueryBackend, LiveUpdate } from '../../src/core/ports.ts';
import { isAbort } from '../../src/core/problem.ts';
import { parseTemplate } from '../../src/core/template.ts';

/** Ids (`Host.id`) of the fake's hosts by how they treat a live query. There may be more hosts than these. */
export type HarnessHosts = {
  /** Answer at once with at least one row. At least three. */
  readonly answering: readonly string[];
  /** Answers with an error that names it. */
  readonly failing: string;
  /** Reads the query and does not answer before `release`. */
  readonly silent: string;
  /** Answers at once with no rows. */
  readonly empty?: string;
  /** Enrolled, but gone. */
  readonly offline?: string;
  /** Its hostname, columns, cells and errors hold escapes, bidi marks and NUL; answers at once with rows. */
  readonly hostile?: string;
};

export type HarnessEvents = {
  readonly feed: string;
  /** The world produces `count` fresh records for that feed. For a pushed feed it may settle only when they were taken. */
  emit(count: number): Promise<unknown>;
  /** Sends the records emitted last once more, as a server or a client does after a lost reply. Polled feeds re-read instead. */
  resend?(): Promise<unknown>;
};

export type Harness = {
  readonly connector: Connector;
  readonly hosts: HarnessHosts;
  /** Ids of the hosts that were handed the query of that run, as the fake saw it. */
  reached(remoteId: string): readonly string[] | Promise<readonly string[]>;
  /** From now on silent hosts answer what they hold. */
  release(): void | Promise<void>;
  readonly events: HarnessEvents;
  /** Words that must not appear in anything the connector says: tokens, passwords. */
  readonly secrets: readonly string[];
  /** Stops the fake: its hosts, then its server. The connector is closed after it, by the suite. */
  close(): Promise<void>;
};

const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u;
const OPTIONS: LaunchOptions = { timeoutMs: 60_000, offline: 'wait' };

export const contractTemplate = parseTemplate({
  name: 'contract',
  meta: { title: 'Contract', why: 'To test connectors', platforms: ['linux'], cost: 'low' },
  sql: 'SELECT pid, name FROM processes;',
  sample: [],
});

/** An approved query for tests of backends: `SELECT pid, name FROM processes`. */
export const contractQuery = (): ApprovedQuery => approve([contractTemplate], { template: 'contract', params: {} }, 0);

/** All hosts of a connector. */
export async function allHosts(connector: Connector): Promise<Host[]> {
  const hosts: Host[] = [];
  for await (const page of connector.hosts(new AbortController().signal)) hosts.push(...page);
  return hosts;
}

/** Collects a run's updates until `done` says so (then aborts), or they end. A rejection other than the abort is thrown. */
export async function collectUpdates(
  backend: LiveQueryBackend,
  remoteId: string,
  hosts: readonly Host[],
  done: (updates: readonly LiveUpdate[]) => boolean,
  options = OPTIONS,
): Promise<LiveUpdate[]> {
  const stop = new AbortController();
  const updates: LiveUpdate[] = [];
  try {
    for await (const update of backend.updates(remoteId, hosts, options, stop.signal)) {
      updates.push(update);
      if (done(updates)) stop.abort();
    }
  } catch (thrown) {
    if (!isAbort(thrown)) throw thrown;
  }
  return updates;
}

export const answersIn = (updates: readonly LiveUpdate[]): HostAnswer[] =>
  updates.flatMap(update => (update.kind === 'answer' ? [update.answer] : []));

/** Reads a feed until it has caught up or, for a pushed one, until `enough` events came and were asked past. */
export async function readFeed(
  feed: EventFeed,
  from: Cursor | undefined,
  enough: number,
): Promise<{ events: RawEvent[]; cursor: Cursor | undefined }> {
  const stop = new AbortController();
  const events: RawEvent[] = [];
  let cursor = from;
  try {
    for await (const batch of feed.read(from, 0, stop.signal)) {
      events.push(...batch.events);
      cursor = batch.cursor;
      if (feed.cadence === 'push' && events.length >= enough) queueMicrotask(() => stop.abort());
    }
  } catch (thrown) {
    if (!isAbort(thrown)) throw thrown;
  }
  return { events, cursor };
}

const keysOf = (events: readonly RawEvent[]): Set<string> => new Set(events.map(event => event.dedupeKey));

/** Every string anywhere in a value, keys included. */
function* textsOf(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value;
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    yield key;
    yield* textsOf(inner);
  }
}

function expectClean(value: unknown, secrets: readonly string[]): void {
  for (const text of textsOf(value)) {
    expect(text, 'text from outside is printable').not.toMatch(UNPRINTABLE);
    for (const secret of secrets) expect(text).not.toContain(secret);
  }
}

/** Runs the shared suite. `make` is called for every test. */
export function connectorContract(title: string, make: () => Promise<Harness>): void {
  describe(`${title}: connector contract`, () => {
    let harness: Harness;
    const signal = () => new AbortController().signal;
    const stopped = () => AbortSignal.abort();
    const pick = async (...ids: readonly (string | undefined)[]) => {
      const hosts = await allHosts(harness.connector);
      return ids.flatMap(id => hosts.filter(host => host.id === id));
    };
    const backend = (): LiveQueryBackend => {
      const live = harness.connector.liveQuery;
      if (!live) throw new Error('this connector runs no live queries');
      return live;
    };
    const launch = async (hosts: readonly Host[]) => (await backend().launch(contractQuery(), hosts, OPTIONS, signal())).remoteId;
    const feed = (): EventFeed => {
      const found = harness.connector.feeds.find(candidate => candidate.name === harness.events.feed);
      if (!found) throw new Error(`no feed ${harness.events.feed}`);
      return found;
    };
    /** Emits and reads at once: a pushed feed takes what is being sent, a polled one finds it afterwards. */
    const emitAndRead = async (from: Cursor | undefined, count: number, send = () => harness.events.emit(count)) => {
      const emitted = send();
      if (feed().cadence !== 'push') await emitted;
      const [got] = await Promise.all([readFeed(feed(), from, count), emitted]);
      return got;
    };

    beforeEach(async () => {
      harness = await make();
    });
    afterEach(async () => {
      await harness.close();
      await harness.connector.close?.();
    });

    it('checks with one exchange and says what the account may do', async () => {
      const report = await harness.connector.check(signal());
      expect(report.version).not.toBe('');
      expect(report.can.length).toBeGreaterThan(0);
      expectClean(report, harness.secrets);
    });

    it('stops a check when told to', async () => {
      await expect(harness.connector.check(stopped())).rejects.toSatisfy(isAbort);
    });

    it('lists every host once, with all fields and clean text', async () => {
      const hosts = await allHosts(harness.connector);
      const ids = hosts.map(host => host.id);
      expect(new Set(ids).size).toBe(ids.length);
      const { answering, failing, silent, empty, offline, hostile } = harness.hosts;
      for (const id of [...answering, failing, silent, empty, offline, hostile]) if (id) expect(ids).toContain(id);
      for (const host of hosts) {
        expect(host).toMatchObject({ source: harness.connector.id, kind: harness.connector.kind });
        expect(host.id).not.toBe('');
        expect(host.hostname).not.toBe('');
        expect(host.displayName).not.toBe('');
        expect(['online', 'offline', 'missing', 'unknown']).toContain(host.status);
        if (host.lastSeen !== null) expect(new Date(host.lastSeen).getUTCFullYear(), 'epoch ms').toBeGreaterThan(2001);
      }
      expectClean(hosts, harness.secrets);
    });

    it('stops listing hosts when told to', async () => {
      const read = async () => {
        for await (const page of harness.connector.hosts(stopped())) expect(page).toEqual([]);
      };
      await read().catch(thrown => expect(thrown).toSatisfy(isAbort));
    });

    it('knows a host that is gone as not online', async () => {
      const [gone] = await pick(harness.hosts.offline);
      if (harness.hosts.offline) expect(gone?.status).toMatch(/^(offline|missing)$/);
      else expect(gone).toBeUndefined();
    });

    it('sends a live query to exactly the picked hosts', async () => {
      const [first, second] = harness.hosts.answering;
      const picked = await pick(first, second);
      const remoteId = await launch(picked);
      const updates = await collectUpdates(backend(), remoteId, picked, seen => answersIn(seen).length === picked.length);
      expect(
        answersIn(updates)
          .map(answer => answer.hostId)
          .sort(),
      ).toEqual([first, second].sort());
      expect([...(await harness.reached(remoteId))].sort()).toEqual([first, second].sort());
    });

    it('never takes an empty pick for the whole fleet', async () => {
      const remoteId = await launch([]).catch(() => undefined);
      if (remoteId !== undefined) expect(await harness.reached(remoteId)).toEqual([]);
    });

    it('gives each host one answer: rows, no rows, or the host’s own error', async () => {
      const { answering, failing, empty, hostile } = harness.hosts;
      const picked = await pick(...answering, failing, empty, hostile);
      const remoteId = await launch(picked);
      const updates = await collectUpdates(backend(), remoteId, picked, seen => answersIn(seen).length >= picked.length);
      const answers = answersIn(updates);
      expect(answers.map(answer => answer.hostId).sort()).toEqual(picked.map(host => host.id).sort());
      for (const answer of answers) {
        if (answer.hostId === failing) {
          expect(answer.state).toMatch(/^(error|denylisted)$/);
          expect('error' in answer && answer.error).not.toBe('');
          continue;
        }
        expect(answer.state).toBe('rows');
        const rows = answer.state === 'rows' ? answer.rows : [];
        if (answer.hostId === empty) expect(rows).toEqual([]);
        else expect(rows.length).toBeGreaterThan(0);
        for (const value of rows.flatMap(row => Object.values(row))) expect(value === null || typeof value === 'string').toBe(true);
      }
      expectClean(answers, harness.secrets);
    });

    it('says nothing for a silent host, and stops when told to', async () => {
      const picked = await pick(harness.hosts.answering[0], harness.hosts.silent);
      const remoteId = await launch(picked);
      const updates = await collectUpdates(backend(), remoteId, picked, seen => answersIn(seen).length > 0);
      expect(answersIn(updates).map(answer => answer.hostId)).toEqual([harness.hosts.answering[0]]);
    });

    it('stops waiting for answers that never come when told to', async () => {
      const picked = await pick(harness.hosts.silent);
      const remoteId = await launch(picked);
      const stop = new AbortController();
      const answers: LiveUpdate[] = [];
      const reading = (async () => {
        for await (const update of backend().updates(remoteId, picked, OPTIONS, stop.signal)) answers.push(update);
      })().catch(thrown => expect(thrown).toSatisfy(isAbort));
      await expect.poll(() => harness.reached(remoteId)).toEqual([harness.hosts.silent]);
      stop.abort();
      await reading;
      expect(answersIn(answers)).toEqual([]);
    });

    it('delivers an answer that comes late', async () => {
      const [first] = harness.hosts.answering;
      const picked = await pick(first, harness.hosts.silent);
      const remoteId = await launch(picked);
      let released: unknown;
      const updates = await collectUpdates(backend(), remoteId, picked, seen => {
        if (answersIn(seen).length === 1) released = harness.release();
        return answersIn(seen).length === 2;
      });
      await released;
      expect(answersIn(updates).map(answer => answer.hostId)).toEqual([first, harness.hosts.silent]);
    });

    it('does not send when it was stopped before', async () => {
      const picked = await pick(harness.hosts.answering[0]);
      await expect(backend().launch(contractQuery(), picked, OPTIONS, stopped())).rejects.toSatisfy(isAbort);
    });

    it('can end a run, twice', async () => {
      const picked = await pick(harness.hosts.answering[0], harness.hosts.silent);
      const remoteId = await launch(picked);
      for (const round of [1, 2]) {
        const remark = await backend().end(remoteId, 'cancelled', signal());
        expect(remark === undefined || remark.length > 0, `round ${round}`).toBe(true);
        if (remark) expectClean(remark, harness.secrets);
      }
    });

    it('reads events with identity, time and clean text', async () => {
      const { events } = await emitAndRead(undefined, 3);
      expect(events.length).toBeGreaterThanOrEqual(3);
      for (const event of events) {
        expect(event).toMatchObject({ source: harness.connector.id, connector: harness.connector.kind });
        expect(event.dedupeKey).not.toBe('');
        expect(event.title).not.toBe('');
        expect(event.hostname).not.toBe('');
        expect(new Date(event.time).getUTCFullYear(), 'epoch ms').toBeGreaterThan(2001);
        const { raw: _kept, ...shown } = event;
        expectClean(shown, harness.secrets);
      }
    });

    it('keeps one identity for a record that it sees again', async () => {
      const first = await emitAndRead(undefined, 3);
      const { resend } = harness.events;
      const again = resend ? await emitAndRead(undefined, 3, resend) : await readFeed(feed(), undefined, 0);
      for (const key of keysOf(again.events)) expect(keysOf(first.events)).toContain(key);
    });

    it('goes on from a cursor and loses nothing', async () => {
      const first = await emitAndRead(undefined, 3);
      const second = await emitAndRead(first.cursor, 4);
      const fresh = [...keysOf(second.events)].filter(key => !keysOf(first.events).has(key));
      expect(fresh.length).toBeGreaterThanOrEqual(4);
    });

    it('stops reading a feed when told to', async () => {
      const read = async () => {
        for await (const batch of feed().read(undefined, 0, stopped())) expect(batch.events).toEqual([]);
      };
      await read().catch(thrown => expect(thrown).toSatisfy(isAbort));
    });
  });
}
