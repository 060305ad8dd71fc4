/** What the console writes into files: lines of what it shows, and evidence bundles. */
import { existsSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { fileOutput } from '../adapters/output.ts';
import { hashText } from '../core/evidence.ts';
import { createMasker, type Masker, NO_MASK } from '../core/evidence-mask.ts';
import { eventToJson } from '../core/judge.ts';
import type { FeedEvent, Row } from '../core/model.ts';
import type { EventLookup, TriageStore } from '../core/ports.ts';
import type { ExportEvidence, ExportedLines, Exporter, ExportFormat, ExportLines, ExportPlace } from '../ui/exporter.ts';
import { csvLine } from './csv.ts';
import { type BundleDeps, makeBundle } from './evidence-bundle.ts';
import { CSV_COLUMNS } from './feed.ts';
import { csvRecord, jsonLine } from './print.ts';

export type ExporterDeps = BundleDeps & { readonly store: EventLookup & TriageStore };

/** Characters that are written before keys get their turn. */
const TURN = 65_536;

/** `~` as shells know it. */
function absolute(typed: string): string {
  const home = /^~(?=\/|$)/.test(typed) ? homedir() + typed.slice(1) : typed;
  return path.resolve(home);
}

function placeOf(typed: string): ExportPlace {
  const target = absolute(typed);
  if (!existsSync(target)) return { path: target, taken: 'free' };
  return { path: target, taken: statSync(target).isFile() ? 'file' : 'other' };
}

/** Events as they are stored now; those that were taken away since are left out. */
function* eventsOf(store: EventLookup, ids: readonly string[]): Generator<FeedEvent> {
  for (const id of ids) {
    const found = store.event(id);
    if (found) yield found.event;
  }
}

const rowOf = (columns: readonly string[], cells: readonly (string | null)[]): Row =>
  Object.fromEntries(columns.map((column, index) => [column, cells[index] ?? null]));

/** The text of each line; for CSV the first is the head. */
function* textsOf(lines: ExportLines, format: ExportFormat, mask: Masker, { store, now }: ExporterDeps): Generator<string> {
  const csv = format === 'csv';
  if (lines.kind === 'events') {
    if (csv) yield csvLine(CSV_COLUMNS);
    for (const event of eventsOf(store, lines.ids)) {
      const json = mask.value(eventToJson(event, store.triage(event.id), now()));
      yield csv ? csvRecord(CSV_COLUMNS, json) : jsonLine(json);
    }
    return;
  }
  const { columns, rows } = lines;
  if (csv) yield csvLine(columns);
  for (const cells of rows) {
    const row = mask.row(rowOf(columns, cells));
    yield csv ? csvLine(columns.map(column => row[column])) : jsonLine(row);
  }
}

async function writeLines(
  lines: ExportLines,
  format: ExportFormat,
  target: string,
  mask: Masker,
  deps: ExporterDeps,
): Promise<ExportedLines> {
  deps.audit.write('export', { path: target, format, events: lines.kind === 'events' ? lines.ids.length : null, masked: mask.on });
  const output = fileOutput(target);
  let count = format === 'csv' ? -1 : 0;
  try {
    let part = '';
    for (const text of textsOf(lines, format, mask, deps)) {
      count += 1;
      part += text;
      if (part.length < TURN) continue;
      await output.write(part);
      part = '';
      await setImmediate();
    }
    await output.write(part);
    await output.finish();
  } catch (thrown) {
    output.discard();
    throw thrown;
  }
  return { path: target, lines: count, masked: mask.count };
}

function subjectOf(evidence: ExportEvidence, { store }: ExporterDeps) {
  if (evidence.kind === 'run') return { run: evidence.run, mask: false };
  return { events: { chosen: evidence.chosen, events: eventsOf(store, evidence.ids) }, mask: false };
}

export const createExporter = (deps: ExporterDeps): Exporter => ({
  place: placeOf,
  write: (lines, format, target, { mask }) => writeLines(lines, format, target, mask ? createMasker() : NO_MASK, deps),
  async bundle(evidence, target) {
    const { files, manifest } = await makeBundle(subjectOf(evidence, deps), target, deps);
    return { path: target, files: files.length, manifest: hashText(manifest) };
  },
});
