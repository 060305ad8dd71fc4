/** The files of an evidence bundle: each with what it is, and its text piece by piece. */
import { type HostLine, hostLine, summaryLine, templateToJson } from '../core/aisoc.ts';
import type { Masker } from '../core/evidence-mask.ts';
import { eventToJson } from '../core/judge.ts';
import type { FeedEvent } from '../core/model.ts';
import type { TriageStore } from '../core/ports.ts';
import type { Run, Target } from '../core/run.ts';
import { safeJson } from '../core/sanitize.ts';
import type { Template } from '../core/template.ts';
import { isoUtc } from '../core/time.ts';
import type { TriageEntry } from '../core/triage.ts';
import { csvLine } from './csv.ts';
import { csvRecord, jsonLine } from './print.ts';
import { csvOf } from './print-run.ts';

export type BundleFile = { readonly name: string; readonly what: string; readonly texts: Iterable<string> };

/** The targets, their rows and reasons through the mask. */
function maskedTargets({ targets }: Run, mask: Masker): readonly Target[] {
  if (!mask.on) return targets;
  return targets.map(target => ({ ...target, rows: target.rows.map(mask.row), reason: mask.text(target.reason) }));
}

const isAnswered = ({ state }: HostLine): boolean => state === 'rows' || state === 'no_rows';

/** The documented answer of `query`, host by host: a large one is never held as one text. */
function* runJson(run: Run, targets: readonly Target[]): Generator<string> {
  const errors: [host: string, error: string][] = [];
  yield '{"results":{';
  let before = '';
  for (const line of targets.map(hostLine)) {
    if (line.error !== null) errors.push([line.host, line.error]);
    if (!isAnswered(line)) continue;
    yield `${before}${safeJson(line.host)}:${safeJson(line.rows)}`;
    before = ',\n';
  }
  const rest = { ...summaryLine(run).summary, errors: Object.fromEntries(errors) };
  yield `},${safeJson(rest).slice(1)}\n`;
}

function* rowLines(targets: readonly Target[]): Generator<string> {
  for (const { key: host, host: asked, rows } of targets) {
    for (const row of rows) yield jsonLine({ host, host_id: asked.id, source: asked.source, row });
  }
}

const ROLL_COLUMNS = [
  'host',
  'state',
  'reason',
  'rows',
  'late',
  'after_ms',
  'host_id',
  'source',
  'uuid',
  'platform',
  'os_version',
] as const;

/** How one host stands, without its rows. */
function rollEntry({ key, state, reason, rows, late, afterMs, host }: Target) {
  const { id, source, hostname, uuid, platform, osVersion, osqueryVersion, status, ip } = host;
  return {
    host: key,
    state,
    reason,
    rows: rows.length,
    late,
    after_ms: afterMs,
    host_id: id,
    source,
    hostname,
    uuid,
    platform,
    os_version: osVersion,
    osquery_version: osqueryVersion,
    status_when_asked: status,
    ip,
  };
}

function* rollLines(targets: readonly Target[]): Generator<string> {
  for (const target of targets) yield jsonLine(rollEntry(target));
}

function* rollCsv(targets: readonly Target[]): Generator<string> {
  yield csvLine(ROLL_COLUMNS);
  for (const target of targets) yield csvRecord(ROLL_COLUMNS, rollEntry(target));
}

/** What a run was, whom it asked, and what they said. `template`: as it is now, where its digest is still the same. */
export function* runFiles(run: Run, template: Template | undefined, mask: Masker): Generator<BundleFile> {
  // Once, so that each secret is counted once.
  const targets = maskedTargets(run, mask);
  yield { name: 'run.json', what: 'the query and all answers by host, errors, silent hosts', texts: runJson(run, targets) };
  yield { name: 'roll.jsonl', what: 'every host that was asked: its state, and why it is silent', texts: rollLines(targets) };
  yield { name: 'roll.csv', what: 'the same for a spreadsheet', texts: rollCsv(targets) };
  yield { name: 'rows.jsonl', what: 'every row, with its host', texts: rowLines(targets) };
  yield { name: 'rows.csv', what: 'the same for a spreadsheet', texts: csvOf(targets) };
  yield { name: 'query.sql', what: 'the SQL as it was sent', texts: [`${run.record.sql}\n`] };
  if (template) {
    const what = 'the template that the SQL was made from, with its digest';
    yield { name: 'template.json', what, texts: [`${safeJson(templateToJson(template), 2)}\n`] };
  }
}

const historyEntry = ({ action, state, until, comment, who, at }: TriageEntry) => ({
  at: isoUtc(at),
  who,
  action,
  state,
  until: until === null ? null : isoUtc(until),
  comment,
});

/** Events with their raw records, and everything that was decided about them. */
export function* eventLines(events: Iterable<FeedEvent>, store: TriageStore, now: number, mask: Masker): Generator<string> {
  for (const event of events) {
    const json = eventToJson(event, store.triage(event.id), now);
    const triage_history = store.triageHistory(event.id).map(historyEntry);
    yield jsonLine(mask.value({ ...json, triage_history }));
  }
}
