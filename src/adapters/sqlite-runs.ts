/** Runs and their answers in SQLite. A stored run is told again as it happened: answers, silences, its end, late answers. */
import type { DatabaseSync } from 'node:sqlite';
import type { Host, HostAnswer, Row } from '../core/model.ts';
import type { RunStore } from '../core/ports.ts';
import { Run, type RunPhase, type RunRecord, type Sending, SILENT_STATES, type SilentState, type TargetState } from '../core/run.ts';

type Silence = readonly [source: string, hostId: string, state: SilentState, reason: string];

type RunRow = {
  readonly id: string;
  readonly record: string;
  readonly hosts: string;
  readonly phase: RunPhase;
  readonly ended_at: number | null;
  readonly remote_ids: string;
  readonly notes: string;
  readonly silences: string;
  readonly sendings: string;
};

type AnswerRow = {
  readonly source: string;
  readonly host: string;
  readonly at: number;
  readonly state: HostAnswer['state'];
  readonly words: string;
  readonly late: number;
  readonly row_count: number;
};

/** Rows that are read when somebody looks at them: a list of past runs needs only their number. */
function lazyRows(count: number, load: () => readonly Row[]): readonly Row[] {
  if (count === 0) return [];
  let rows: readonly Row[] | undefined;
  const loaded = () => {
    rows ??= load();
    return rows;
  };
  return new Proxy<Row[]>([], {
    get: (_, key) => (key === 'length' ? count : Reflect.get(loaded(), key)),
    has: (_, key) => Reflect.has(loaded(), key),
    ownKeys: () => Reflect.ownKeys(loaded()),
    getOwnPropertyDescriptor: (_, key) => Reflect.getOwnPropertyDescriptor(loaded(), key),
  });
}

const isSilent = (state: TargetState): state is SilentState => (SILENT_STATES as readonly TargetState[]).includes(state);

function silencesOf(run: Run): Silence[] {
  return run.targets.flatMap(({ host, state, reason }) => (isSilent(state) ? [[host.source, host.id, state, reason] as const] : []));
}

export function runStore(db: DatabaseSync): RunStore {
  const upsert = db.prepare(
    `INSERT INTO runs (id, record, hosts, phase, ended_at, remote_ids, notes, silences, sendings) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET phase = excluded.phase, ended_at = excluded.ended_at, remote_ids = excluded.remote_ids,
       notes = excluded.notes, silences = excluded.silences, sendings = excluded.sendings`,
  );
  const insertAnswer = db.prepare(
    `INSERT OR REPLACE INTO answers (run, source, host, at, state, words, late, row_count, rows)
     VALUES (?, ?, ?, ?, ?, ?, coalesce(?, (SELECT phase <> 'waiting' FROM runs WHERE id = ?), 0), ?, ?)`,
  );
  const one = db.prepare('SELECT * FROM runs WHERE id = ?');
  const newest = db.prepare('SELECT * FROM runs ORDER BY seq DESC LIMIT ?');
  const newestIds = db.prepare('SELECT id FROM runs ORDER BY seq DESC LIMIT ?');
  const answersOf = db.prepare('SELECT source, host, at, state, words, late, row_count FROM answers WHERE run = ?');
  const failuresOf = db.prepare("SELECT source, host FROM answers WHERE run = ? AND state <> 'rows'");
  const deleteAnswer = db.prepare('DELETE FROM answers WHERE run = ? AND source = ? AND host = ?');
  const rowsOf = db.prepare('SELECT rows FROM answers WHERE run = ? AND source = ? AND host = ?');

  const answerOf = (run: string, { source, host, at, state, words, row_count }: AnswerRow): HostAnswer => {
    if (state !== 'rows') return { hostId: host, at, state, error: words };
    const rows = lazyRows(row_count, () => JSON.parse(String(rowsOf.get(run, source, host)?.rows ?? '[]')) as readonly Row[]);
    return { hostId: host, at, state, rows, ...(words && { note: words }) };
  };

  const retell = (row: RunRow): Run => {
    const run = new Run(JSON.parse(row.record) as RunRecord, JSON.parse(row.hosts) as readonly Host[]);
    for (const sending of JSON.parse(row.sendings) as readonly Sending[]) run.take(sending);
    const answers = answersOf.all(row.id) as unknown as readonly AnswerRow[];
    for (const answer of answers) if (answer.late === 0) run.answer(answer.source, answerOf(row.id, answer), false);
    for (const silence of JSON.parse(row.silences) as readonly Silence[]) run.silence(...silence);
    if (row.phase !== 'waiting') run.end(row.ended_at ?? run.record.startedAt, row.phase);
    for (const answer of answers) if (answer.late === 1) run.answer(answer.source, answerOf(row.id, answer), true);
    // Those of runs that were stored without their sendings, too.
    for (const [source, id] of JSON.parse(row.remote_ids) as readonly [string, string][]) run.remoteIds.set(source, id);
    for (const note of JSON.parse(row.notes) as readonly string[]) run.note(note);
    return run;
  };

  /** A failure does not stand any more once its host was asked again. */
  const forgetFailures = (run: Run) => {
    for (const { source, host } of failuresOf.all(run.id) as unknown as readonly Pick<AnswerRow, 'source' | 'host'>[]) {
      const state = run.target(source, host)?.state;
      if (state !== 'error' && state !== 'denylisted') deleteAnswer.run(run.id, source, host);
    }
  };

  return {
    saveRun(run) {
      const hosts = run.targets.map(({ host }) => host);
      const changing = [[...run.remoteIds], run.notes, silencesOf(run), run.sendings].map(value => JSON.stringify(value));
      upsert.run(run.id, JSON.stringify(run.record), JSON.stringify(hosts), run.phase, run.endedAt, ...changing);
      if (run.open) forgetFailures(run);
    },
    saveAnswer(runId, source, answer, late) {
      const rows = answer.state === 'rows' ? answer.rows : [];
      const words = answer.state === 'rows' ? (answer.note ?? '') : answer.error;
      const known = late === undefined ? null : Number(late);
      insertAnswer.run(runId, source, answer.hostId, answer.at, answer.state, words, known, runId, rows.length, JSON.stringify(rows));
    },
    run(id) {
      const row = one.get(id);
      return row && retell(row as unknown as RunRow);
    },
    runs: limit => (newest.all(limit) as unknown as readonly RunRow[]).map(retell),
    runIds: limit => newestIds.all(limit).map(({ id }) => String(id)),
  };
}
