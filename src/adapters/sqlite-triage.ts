/** Decisions about events, in SQLite: a history that is only ever added to, by any number of processes. */
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import type { TriageStore } from '../core/ports.ts';
import { type Decision, type Triage, type TriageAction, type TriageEntry, triageAfter } from '../core/triage.ts';
import type { Atomic } from './sqlite-connection.ts';

function entryOf(row: Record<string, SQLOutputValue>): TriageEntry {
  const { seq, event, action, state, until, comment, who, at } = row;
  return {
    seq: Number(seq),
    event: String(event),
    action: action as TriageAction,
    state: state as Decision['state'],
    until: until === null ? null : Number(until),
    comment: String(comment),
    who: String(who),
    at: Number(at),
  };
}

const UNTOUCHED: Decision = { state: 'new', until: null, comment: '' };

/** The decisions that were not taken back, oldest first. */
function standing(history: readonly TriageEntry[]): readonly TriageEntry[] {
  const decisions: TriageEntry[] = [];
  for (const entry of history) {
    if (entry.action === 'decide') decisions.push(entry);
    else if (entry.action === 'undo') decisions.pop();
  }
  return decisions;
}

const stands = (history: readonly TriageEntry[]): Triage | undefined =>
  history.reduce<Triage | undefined>((before, entry) => triageAfter(before, entry), undefined);

export function triageStore(db: DatabaseSync, atomic: Atomic): TriageStore {
  const insert = db.prepare('INSERT INTO triage (event, action, state, until, comment, who, at) VALUES (?, ?, ?, ?, ?, ?, ?)');
  const after = db.prepare('SELECT * FROM triage WHERE seq > ? ORDER BY seq LIMIT ?');
  const current = db.prepare('SELECT state, until FROM triage WHERE event = ? ORDER BY seq DESC LIMIT 1');
  const newest = db.prepare('SELECT max(seq) AS seq FROM triage');
  const waking = db.prepare('SELECT min(until) AS until FROM triage WHERE until > ?');
  const ofEvent = db.prepare('SELECT * FROM triage WHERE event = ? ORDER BY seq');
  const historyOf = (event: string) => ofEvent.all(event).map(entryOf);

  const add = (event: string, action: TriageAction, { state, until, comment }: Decision, who: string, at: number): TriageEntry => {
    const { lastInsertRowid } = insert.run(event, action, state, until, comment, who, at);
    return { seq: Number(lastInsertRowid), event, action, state, until, comment, who, at };
  };

  const takeBack = (event: string, who: string, at: number, only: ReadonlySet<number> | undefined): readonly TriageEntry[] => {
    const decisions = standing(historyOf(event));
    const last = decisions.at(-1);
    if (!last || (only && !only.has(last.seq))) return [];
    return [add(event, 'undo', decisions.at(-2) ?? UNTOUCHED, who, at)];
  };

  return {
    decide: (events, decision, who, at) => atomic(() => events.map(event => add(event, 'decide', decision, who, at))),
    comment: (events, comment, who, at) =>
      atomic(() =>
        events.map(event => {
          const { state, until } = stands(historyOf(event)) ?? UNTOUCHED;
          return add(event, 'comment', { state, until, comment }, who, at);
        }),
      ),
    undo: (events, who, at, only) => atomic(() => events.flatMap(event => takeBack(event, who, at, only))),
    triage: event => stands(historyOf(event)),
    triageState(event) {
      const row = current.get(event);
      return row && { state: row.state as Triage['state'], until: row.until === null ? null : Number(row.until) };
    },
    triageSince: (seq, limit = -1) => after.all(seq, limit).map(entryOf),
    lastTriage: () => Number(newest.get()?.seq ?? 0),
    nextWake(at) {
      const until = waking.get(at)?.until;
      return typeof until === 'number' ? until : undefined;
    },
    triageHistory: historyOf,
  };
}
