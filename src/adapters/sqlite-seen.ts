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

type Newness = (event: FeedEvent) => 'host' | 'fleet' | undefined;

export type SeenBefore = {
  /** To be asked for each event that is about to be written, in order. */
  readonly newness: Newness;
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

export function seenBefore(db: DatabaseSync): SeenBefore {
  const dayOf = db.prepare('SELECT day FROM seen WHERE content = ? AND host = ?');
  const anywhere = db.prepare('SELECT 1 FROM seen WHERE content = ? LIMIT 1');
  const insert = db.prepare('INSERT INTO seen (content, host, day) VALUES (?, ?, ?)');
  const touch = db.prepare('UPDATE seen SET day = ? WHERE content = ? AND host = ?');
  const hashed = remembered();
  /** Pairs that are in the table with this day. */
  const recent = new Map<string, number>();

  /** Where the content was seen before; from now on it was seen on this host. */
  const see = (content: number, host: number, day: number): 'here' | 'elsewhere' | 'nowhere' => {
    const pair = `${content}/${host}`;
    if (recent.get(pair) === day) return 'here';
    if (recent.size >= MEMORY) recent.clear();
    recent.set(pair, day);
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
      if (!canBeNew(event)) return undefined;
      const keys = noveltyKeys(event);
      const day = Math.floor(event.seenAt / DAY_MS);
      const first = isFirstAnswer(keys, event, day);
      const seen = see(keys.content, hashed(keys.host), day);
      if (seen === 'here' || (isInventory(event) && first)) return undefined;
      return seen === 'elsewhere' ? 'host' : 'fleet';
    },
    forget: () => recent.clear(),
  };
}
