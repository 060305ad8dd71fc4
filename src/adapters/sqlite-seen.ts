/**
 * What was ever seen, as pairs of content and host, with the last day on which it was: what is not in the table is new, once
 * there is something for it to be new against. What a host tells of a table for the first time was there before: for ten minutes
 * nothing of that is new, unless both the host and the table have been heard of for a day.
 */
import type { DatabaseSync } from 'node:sqlite';
import { hash52 } from '../core/fold.ts';
import type { EventRow, IsNew } from './sqlite-event-rows.ts';

const DAY_MS = 86_400_000;
/** For so long after its first row a table is only learnt, host by host: first answers may come in many parts. */
const LEARNING_MS = 600_000;
/** What was heard of for so long has had its schedule run once. */
const KNOWN_MS = DAY_MS;
/** Entries of the memory of what is in the table. */
const MEMORY = 100_000;

export type SeenBefore = {
  /** Set when nothing like the row was seen before. To be asked for each row that is about to be written, in order. */
  newness(row: EventRow): IsNew;
  /** Pairs that are not in the table yet. Each lies elsewhere in it, so that many are written at the cost of few. */
  waiting(): number;
  /** Writes them, in the transaction that is open. */
  write(): void;
  /** The rows since the last transaction were not written after all. */
  forget(): void;
};

/** Hashes of the few texts that come again and again. */
function remembered(): (text: string) => number {
  const known = new Map<string, number>();
  return text => {
    let value = known.get(text);
    if (value === undefined) {
      value = hash52(text);
      if (known.size >= MEMORY) known.clear();
      known.set(text, value);
    }
    return value;
  };
}

/** Pairs that are in the table with the day on which they were asked for, by host. */
function recentPairs() {
  const days = new Map<number, Map<number, number>>();
  let size = 0;
  const clear = () => {
    days.clear();
    size = 0;
  };
  return {
    clear,
    /** Whether the pair is known with this day; from now on it is. */
    seen(content: number, host: number, day: number): boolean {
      let ofHost = days.get(host);
      const known = ofHost?.get(content);
      if (known === day) return true;
      if (size >= MEMORY) {
        clear();
        ofHost = undefined;
      }
      if (!ofHost) {
        ofHost = new Map();
        days.set(host, ofHost);
      }
      if (known === undefined) size += 1;
      ofHost.set(content, day);
      return false;
    },
  };
}

/** Since when something is heard of, epoch ms. */
function firstHeard(db: DatabaseSync) {
  const find = db.prepare('SELECT at FROM heard WHERE what = ?');
  const insert = db.prepare('INSERT INTO heard (what, host, at) VALUES (?, ?, ?)');
  const known = new Map<string, number>();
  return {
    clear: () => known.clear(),
    /** `host`: the one whose entry goes when nothing is known of it any more; 0 for one of the fleet. From now on it is heard of. */
    since(name: string, host: number, now: number): number {
      const before = known.get(name);
      if (before !== undefined) return before;
      const what = hash52(name);
      const found = find.get(what);
      if (!found) insert.run(what, host, now);
      const at = found ? Number(found.at) : now;
      if (known.size >= MEMORY) known.clear();
      known.set(name, at);
      return at;
    },
  };
}

/** The table, and what is to go into it: the day on which a content was last seen on a host. */
function seenPairs(db: DatabaseSync) {
  const dayOf = db.prepare('SELECT day FROM seen WHERE content = ? AND host = ?');
  const anywhere = db.prepare('SELECT 1 FROM seen WHERE content = ? LIMIT 1');
  const insert = db.prepare(
    'INSERT INTO seen (content, host, day) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET day = excluded.day WHERE day < excluded.day',
  );
  const waiting = new Map<number, Map<number, number>>();
  let size = 0;
  const clear = () => {
    waiting.clear();
    size = 0;
  };
  return {
    clear,
    size: () => size,
    isAnywhere: (content: number): boolean => waiting.has(content) || anywhere.get(content) !== undefined,
    isOn: (content: number, host: number): boolean => waiting.get(content)?.has(host) || dayOf.get(content, host) !== undefined,
    add(content: number, host: number, day: number): void {
      const hosts = waiting.get(content) ?? new Map<number, number>();
      waiting.set(content, hosts.set(host, day));
      size += 1;
    },
    /** In the table's own order: neighbours share a page. */
    write(): void {
      for (const content of Float64Array.from(waiting.keys()).sort())
        for (const [host, day] of waiting.get(content) ?? []) insert.run(content, host, day);
      clear();
    },
  };
}

export function seenBefore(db: DatabaseSync): SeenBefore {
  const hashed = remembered();
  const recent = recentPairs();
  const heard = firstHeard(db);
  const pairs = seenPairs(db);

  /** Whether there is nothing yet that the row could be new against. */
  const isLearnt = ({ subject, isInventory, seenAt: now }: EventRow, place: string, host: number): boolean => {
    if (now - heard.since(`${subject}\u0000${place}`, host, now) >= LEARNING_MS) return false;
    const hostSince = heard.since(`\u0000${place}`, host, now);
    const subjectSince = heard.since(subject, 0, now);
    return isInventory || now - Math.max(hostSince, subjectSince) < KNOWN_MS;
  };

  const newTo = (content: number, host: number): IsNew => {
    if (!pairs.isAnywhere(content)) return 'fleet';
    return pairs.isOn(content, host) ? undefined : 'host';
  };

  return {
    newness(row) {
      const { content, seenAt } = row;
      if (content === undefined) return undefined;
      const place = `${row.source}\u0000${row.host}`;
      const host = hashed(place);
      const day = Math.floor(seenAt / DAY_MS);
      const learnt = isLearnt(row, place, host);
      if (recent.seen(content, host, day)) return undefined;
      const isNew = learnt ? undefined : newTo(content, host);
      pairs.add(content, host, day);
      return isNew;
    },
    waiting: pairs.size,
    write: pairs.write,
    forget() {
      recent.clear();
      heard.clear();
      pairs.clear();
    },
  };
}
