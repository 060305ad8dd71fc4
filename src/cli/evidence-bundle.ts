/** Makes an evidence bundle: its files, what it says of itself, its line in the audit trail, its list of hashes. */
import { hostname } from 'node:os';
import path from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };
import type { SourceSettings } from '../adapters/config-file.ts';
import { type AuditLine, readAudit } from '../adapters/evidence-audit.ts';
import { openBundle } from '../adapters/evidence-writer.ts';
import { runSummary } from '../core/aisoc.ts';
import { hashText } from '../core/evidence.ts';
import { type ChainReport, chainText } from '../core/evidence-chain.ts';
import { createMasker, type Masker, NO_MASK } from '../core/evidence-mask.ts';
import { readmeText } from '../core/evidence-readme.ts';
import type { FeedEvent } from '../core/model.ts';
import type { AuditLog, TriageStore } from '../core/ports.ts';
import type { Run } from '../core/run.ts';
import { clean, safeJson } from '../core/sanitize.ts';
import type { Template } from '../core/template.ts';
import { isoUtc } from '../core/time.ts';
import { type BundleFile, eventLines, runFiles } from './evidence-content.ts';
import { LAB_SOURCE } from './lab.ts';

/** The action in the audit trail under which the hash of a bundle's list is found. */
export const EVIDENCE_ACTION = 'evidence';
export const AUDIT_FILE = 'audit.jsonl';

/** `chosen`: in words, how the events were chosen. */
export type BundleEvents = { readonly chosen: string; readonly events: Iterable<FeedEvent> };

export type BundleSubject = { readonly run?: Run | undefined; readonly events?: BundleEvents | undefined; readonly mask: boolean };

export type BundleDeps = {
  readonly dataDir: string;
  readonly who: string;
  readonly audit: AuditLog;
  readonly store: TriageStore;
  readonly templates: readonly Template[];
  /** Those of the settings file. */
  readonly sources: readonly SourceSettings[];
  /** Epoch ms. */
  now(): number;
};

/** `manifest`: hexadecimal SHA-256 of the list. `masked`: undefined where nothing was to be masked. */
export type Bundle = {
  readonly path: string;
  readonly files: readonly string[];
  readonly manifest: string;
  readonly masked: number | undefined;
  readonly rows: number;
  readonly events: number;
};

/** Who said all this: addresses, never where a secret is. */
function sourceDescriptions(
  { run, names }: { readonly run: Run | undefined; readonly names: ReadonlySet<string> },
  { sources }: BundleDeps,
) {
  const wanted = new Set([...(run?.record.sources ?? []), ...names]);
  return [...wanted].sort().map(name => {
    const found = sources.find(source => source.name === name);
    if (!found) {
      const kind = run?.targets.find(({ host }) => host.source === name)?.host.kind ?? null;
      const note = name === LAB_SOURCE ? 'the built-in lab: this machine and simulated hosts' : 'not in the settings when this was made';
      return { name, kind, address: null, note };
    }
    const { kind, own, insecure, caFile } = found;
    const tls = insecure ? 'not verified' : caFile === undefined ? 'verified' : 'verified by a CA of our own';
    return { name, kind, address: own.base_url ?? own.listen ?? null, environment: own.environment ?? null, tls };
  });
}

/** Counts what goes by, and remembers where it came from. */
function* counting(events: Iterable<FeedEvent>, seen: SeenEvents): Generator<FeedEvent> {
  for (const event of events) {
    seen.count += 1;
    seen.ids.add(event.id);
    seen.sources.add(event.source);
    yield event;
  }
}

/** Whether a line of the audit trail tells of this run, or of one of these events. */
function concerns({ entry }: AuditLine, run: Run | undefined, ids: ReadonlySet<string>): boolean {
  if (run && entry.run === run.id) return true;
  return Array.isArray(entry.events) && entry.events.some(id => typeof id === 'string' && ids.has(id));
}

function auditSummary(report: ChainReport | undefined, lines: number) {
  if (!report) return null;
  return { lines_here: lines, lines_in_log: report.lines, chain: chainText(report), head: report.head && hashText(report.head) };
}

function subjectsOf({ run, events }: BundleSubject, count: number): string[] {
  const about: string[] = [];
  if (run) {
    const { template, source, started_at, targeted, answered, failed, timed_out } = runSummary(run);
    const numbers = `${targeted} hosts were asked: ${answered} answered, ${failed} failed, ${timed_out} did not answer.`;
    const open = run.open ? ' It was still waiting for answers when this bundle was made.' : '';
    about.push(`Live query ${run.id}: template ${template}, sent to ${source} at ${started_at}. ${numbers}${open}`);
  }
  if (events) about.push(`${count} events of the feed: ${events.chosen}.`);
  return about;
}

type Making = { readonly bundle: ReturnType<typeof openBundle>; readonly files: BundleFile[] };

async function add({ bundle, files }: Making, file: BundleFile): Promise<void> {
  await bundle.add(file.name, file.texts);
  files.push(file);
}

/** What was seen of the events while they were written. */
type SeenEvents = { count: number; readonly ids: Set<string>; readonly sources: Set<string> };

async function addEvents(making: Making, { chosen, events }: BundleEvents, mask: Masker, at: number, { store }: BundleDeps) {
  const seen: SeenEvents = { count: 0, ids: new Set(), sources: new Set() };
  const texts = eventLines(counting(events, seen), store, at, mask);
  await add(making, { name: 'events.jsonl', what: 'events, their raw records and what was decided on them', texts });
  return { ...seen, chosen };
}

/** The lines of the audit trail that tell of what is in the bundle, and how the trail stands. */
async function addAudit(making: Making, run: Run | undefined, ids: ReadonlySet<string>, mask: Masker, { dataDir }: BundleDeps) {
  const lines: string[] = [];
  const report = await readAudit(path.join(dataDir, AUDIT_FILE), line => {
    if (concerns(line, run, ids)) lines.push(line.text);
  });
  if (lines.length > 0) {
    const texts = lines.map(line => `${mask.text(line)}\n`);
    await add(making, { name: AUDIT_FILE, what: 'what people did, from the audit log', texts });
  }
  return auditSummary(report, lines.length);
}

/** All but `README.txt` and the list; returns how many events there were. */
async function addContents(making: Making, { run, events }: BundleSubject, mask: Masker, at: number, deps: BundleDeps): Promise<number> {
  const template = run && deps.templates.find(({ name, digest }) => name === run.record.template && digest === run.record.digest);
  if (run) for (const file of runFiles(run, template, mask)) await add(making, file);
  const seen = events && (await addEvents(making, events, mask, at, deps));
  const audit = await addAudit(making, run, seen?.ids ?? new Set(), mask, deps);
  const about = {
    made_at: isoUtc(at),
    made_by: deps.who,
    made_on: hostname(),
    tool: { name: 'rollcall', version: packageJson.version },
    masked: mask.on ? mask.count : null,
    run: run ? { ...runSummary(run), phase: run.phase, notes: run.notes, template_is_unchanged: template !== undefined } : null,
    events: seen ? { chosen: seen.chosen, count: seen.count } : null,
    sources: sourceDescriptions({ run, names: seen?.sources ?? new Set() }, deps),
    audit,
  };
  const what = 'who made this, when, with what; sources; state of the audit log';
  await add(making, { name: 'about.json', what, texts: [`${safeJson(about, 2)}\n`] });
  return seen?.count ?? 0;
}

/**
 * Makes a bundle at `target` (absolute; an archive where it ends in `.tar`). Its hash is audited before it takes its name.
 * Throws a 'usage' Problem when it cannot be there, and 'storage' Problems.
 */
export async function makeBundle(subject: BundleSubject, target: string, deps: BundleDeps): Promise<Bundle> {
  const mask = subject.mask ? createMasker() : NO_MASK;
  const at = deps.now();
  const bundle = openBundle(target, at);
  const making: Making = { bundle, files: [] };
  try {
    const events = await addContents(making, subject, mask, at, deps);
    const masked = mask.on ? mask.count : undefined;
    const listed = making.files.map(({ name, what }) => [name, what] as const);
    const text = readmeText({
      version: packageJson.version,
      at,
      who: clean(deps.who, 80),
      machine: clean(hostname(), 80),
      subjects: subjectsOf(subject, events),
      files: listed,
      masked,
    });
    await add(making, { name: 'README.txt', what: 'this text', texts: [text] });
    const manifest = await bundle.seal();
    deps.audit.write(EVIDENCE_ACTION, {
      path: target,
      manifest: hashText(manifest),
      run: subject.run?.id ?? null,
      events: events > 0 ? `${events}: ${subject.events?.chosen}` : null,
      masked: mask.on,
    });
    bundle.finish();
    const rows = subject.run?.targets.reduce((sum, { rows: said }) => sum + said.length, 0) ?? 0;
    return { path: target, files: making.files.map(({ name }) => name), manifest, masked, rows, events };
  } catch (thrown) {
    bundle.discard();
    throw thrown;
  }
}
