/**
 * What was ever seen, as pairs of content and host, with the last day on which it was: what is not in the table is new, once
 * there is something for it to be new against. What a host tells of a table for the first time was there before: for ten minutes
 * nothing of that is new, unless both the host and the table have been heard of for a day. Written in the transaction of the
 * events themselves.
 */
import type { DatabaseSync } from 'node:sqlite';
import { canBeNew, hash52, isInventory, type NoveltyKeys, noveltyKeys } from '../core/fold.ts';
import type { FeedEvent } from '../core/model.ts';

const DAY_MS = 86_400_000;
/** For so long after its first row a table is only learnt, host by host: first answers may come in many parts. */
const LEARNING_MS = 600_000;
/** What was heard of for so long has had its schedule run once. */
const KNOWN_MS = DAY_MS;
/** Entries of the memory of what is in the table. */
const MEMORY = 100_000;

/** `content`: what the row says (`contentOf`), where it was worked out. */
export type Newness = { readonly isNew?: 'host' | 'fleet'; readonly content?: number };

const UNTOLD: Newness = {};

export type SeenBefore = {
  /** To be asked for each event that is about to be written, in order. */
  newness(event: FeedEvent): Newness;
  /** The events since the last transaction were not written after all. */
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

export function seenBefore(db: DatabaseSync): SeenBefore {
  const dayOf = db.prepare('SELECT day FROM seen WHERE content = ? AND host = ?');
  const anywhere = db.prepare('SELECT 1 FROM seen WHERE content = ? LIMIT 1');
  const insert = db.prepare('INSERT INTO seen (content, host, day) VALUES (?, ?, ?)');
  const touch = db.prepare('UPDATE seen SET day = ? WHERE content = ? AND host = ?');
  const hashed = remembered();
  const recent = recentPairs();
  const heard = firstHeard(db);

  /** Where the content was seen before; from now on it was seen on this host. */
  const see = (content: number, host: number, day: number): 'here' | 'elsewhere' | 'nowhere' => {
    if (recent.seen(content, host, day)) return 'here';
    const elsewhere = anywhere.get(content) !== undefined;
    const here = elsewhere ? dayOf.get(content, host) : undefined;
    if (!here) insert.run(content, host, day);
    else if (Number(here.day) < day) touch.run(day, content, host);
    if (here) return 'here';
    return elsewhere ? 'elsewhere' : 'nowhere';
  };

  /** Whether there is nothing yet that the event could be new against. */
  const isLearnt = ({ subject, host }: NoveltyKeys, event: FeedEvent): boolean => {
    const { seenAt: now } = event;
    const id = hashed(host);
    if (now - heard.since(`${subject}\u0000${host}`, id, now) >= LEARNING_MS) return false;
    const hostSince = heard.since(`\u0000${host}`, id, now);
    const subjectSince = heard.since(subject, 0, now);
    return isInventory(event) || now - Math.max(hostSince, subjectSince) < KNOWN_MS;
  };

  return {
    newness(event) {
      if (!canBeNew(event)) return UNTOLD;
      const keys = noveltyKeys(event);
      const learnt = isLearnt(keys, event);
      const seen = see(keys.content, hashed(keys.host), Math.floor(event.seenAt / DAY_MS));
      const { content } = keys;
      if (seen === 'here' || learnt) return { content };
      return { content, isNew: seen === 'elsewhere' ? 'host' : 'fleet' };
    },
    forget() {
      recent.clear();
      heard.clear();
    },
  };
}
