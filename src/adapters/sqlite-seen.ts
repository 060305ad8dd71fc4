/**
 * What was ever seen, as pairs of content and host, with the last day on which it was: what is not in the table is new.
 * Written in the transaction of the events themselves.
 */
import type { DatabaseSync } from 'node:sqlite';
import { canBeNew, hash52, isInventory, type NoveltyKeys, noveltyKeys } from '../core/fold.ts';
import type { FeedEvent } from '../core/model.ts';

const DAY_MS = 86_400_000;
/** What a host's first answer to a query brings within this time was there before; it may come in many parts. */
const FIRST_ANSWER_MS = 30_000;
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

export function seenBefore(db: DatabaseSync): SeenBefore {
  const dayOf = db.prepare('SELECT day FROM seen WHERE content = ? AND host = ?');
  const anywhere = db.prepare('SELECT 1 FROM seen WHERE content = ? LIMIT 1');
  const insert = db.prepare('INSERT INTO seen (content, host, day) VALUES (?, ?, ?)');
  const touch = db.prepare('UPDATE seen SET day = ? WHERE content = ? AND host = ?');
  const hashed = remembered();
  const recent = recentPairs();

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

  /** By subject and host: when the first answer came, where this process saw it come. */
  const firstAnswers = new Map<string, number>();

  const isFirstAnswer = ({ subject, host }: NoveltyKeys, { seenAt }: FeedEvent, day: number): boolean => {
    const pair = `${subject}\u0000${host}`;
    if (see(hashed(`subject\u0000${subject}`), hashed(host), day) !== 'here') {
      if (firstAnswers.size >= MEMORY) firstAnswers.clear();
      firstAnswers.set(pair, seenAt);
    }
    const since = firstAnswers.get(pair);
    return since !== undefined && seenAt - since < FIRST_ANSWER_MS;
  };

  return {
    newness(event) {
      if (!canBeNew(event)) return UNTOLD;
      const keys = noveltyKeys(event);
      const day = Math.floor(event.seenAt / DAY_MS);
      const first = isFirstAnswer(keys, event, day);
      const seen = see(keys.content, hashed(keys.host), day);
      const { content } = keys;
      if (seen === 'here' || (isInventory(event) && first)) return { content };
      return { content, isNew: seen === 'elsewhere' ? 'host' : 'fleet' };
    },
    forget: () => recent.clear(),
  };
}
