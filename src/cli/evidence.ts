/** `rollcall evidence export` and `verify`: a bundle that stands for itself, and whether one still does. */
import path from 'node:path';
import { openSettings } from '../adapters/config-file.ts';
import { readAudit } from '../adapters/evidence-audit.ts';
import { type CheckedFile, checkFiles, hashText, parseHash, readManifest, sha256 } from '../core/evidence.ts';
import { parseFilter } from '../core/filter.ts';
import type { FeedEvent } from '../core/model.ts';
import { Problem, toProblem } from '../core/problem.ts';
import { clean } from '../core/sanitize.ts';
import { namedFilter } from '../core/saved-filters.ts';
import { isoUtc, parseTime } from '../core/time.ts';
import { createTriage } from '../state/triage.ts';
import type { Command, CommandContext } from './context.ts';
import { AUDIT_FILE, type Bundle, type BundleEvents, EVIDENCE_ACTION, makeBundle } from './evidence-bundle.ts';
import { readBundle } from './evidence-read.ts';
import { csvRecord, jsonLine, writeAll, writeJson } from './print.ts';
import { type Session, withSession } from './session.ts';
import { lastSequence, storedEvents } from './stored-events.ts';

const usage = (message: string) => new Problem('usage', message);

const EXAMPLE = 'rollcall evidence export RUN_ID --output DIR';

type Wanted = { readonly runId: string | undefined; readonly filter: string | undefined; readonly since: number | undefined };

function wantedOf({ args, given, clock }: CommandContext): Wanted {
  const [runId] = args;
  const [filter] = given.get('events') ?? [];
  const [since] = given.get('since') ?? [];
  if (runId === undefined && filter === undefined) throw usage(`Evidence of what? Name a run, or events with --events FILTER: ${EXAMPLE}.`);
  if (since !== undefined && filter === undefined) throw usage('--since narrows the events of --events: give that too.');
  const from = since === undefined ? undefined : parseTime(since, clock.now());
  if (since !== undefined && from === undefined)
    throw usage(`--since takes a span (30m, 24h, 7d) or a time (RFC 3339), not '${clean(since, 80)}'.`);
  return { runId, filter, since: from };
}

/** Stored events that pass, read while the bundle is written. Throws a 'usage' Problem when there is none. */
function eventsOf({ clock }: CommandContext, { store }: Session, { filter, since }: Wanted): BundleEvents | undefined {
  if (filter === undefined) return undefined;
  const now = () => clock.now();
  const board = createTriage({ store, now });
  const text = namedFilter(store, filter);
  const { match } = parseFilter(text, { now: now(), statusOf: ({ id }) => board.stateOf(id) });
  const last = lastSequence(store);
  function* passing(): Generator<FeedEvent> {
    for (const { event } of storedEvents(store, { order: 'asc', ...(since !== undefined && { since }) }, last))
      if (match(event)) yield event;
  }
  const from = since === undefined ? '' : ` from ${isoUtc(since)} on`;
  if (passing().next().done) throw usage(`No stored event passes ${clean(text, 200) || 'the filter'}${from}: there is nothing to export.`);
  return { chosen: `${text === '' ? 'all' : `those that pass the filter ${clean(text, 500)}`}${from}`, events: passing() };
}

function runOf({ engine }: Session, { runId }: Wanted) {
  if (runId === undefined) return undefined;
  const run = engine.run(runId);
  if (!run) throw usage(`There is no run '${clean(runId, 80)}'. \`rollcall runs\` lists them.`);
  return run;
}

async function printBundle(context: CommandContext, bundle: Bundle): Promise<void> {
  const { path: target, files, manifest, masked, rows, events } = bundle;
  if (context.format === 'json' || context.format === 'jsonl') {
    await writeJson(context, { path: target, files: [...files], manifest: hashText(manifest), masked: masked ?? null, rows, events });
    return;
  }
  const secrets = masked === undefined ? 'values are exact, with the secrets that stand in them' : `${masked} secrets masked`;
  await writeAll(context, [
    `${target}: ${files.length} files, ${rows} rows, ${events} events; ${secrets}\n`,
    `MANIFEST ${hashText(manifest)}\n`,
    'Note this hash elsewhere: it shows later that nothing was changed.\n',
  ]);
}

/** Throws a 'usage' Problem where there is nothing to export, or something stands at the path. */
export const exportEvidence: Command = async context => {
  const { common, directories, clock, given } = context;
  const wanted = wantedOf(context);
  const { output } = common;
  if (output === undefined || output === '-') throw usage(`A bundle needs a place: --output DIR, or --output FILE.tar. ${EXAMPLE}.`);
  if (context.format === 'csv') throw usage('What was exported is told as a table or as JSON: leave --format csv out.');
  return withSession(
    context,
    async session => {
      const { engine, store, audit, who } = session;
      const subject = { run: runOf(session, wanted), events: eventsOf(context, session, wanted), mask: given.has('mask') };
      const bundle = await makeBundle(subject, path.resolve(output), {
        dataDir: directories.dataDir,
        who,
        audit,
        store,
        templates: engine.templates,
        sources: openSettings(directories.configDir).sources(),
        now: () => clock.now(),
      });
      await printBundle(context, bundle);
      return 0;
    },
    'none',
  );
};

type Verdict = {
  readonly path: string;
  readonly good: boolean;
  readonly manifest: string;
  /** Whether it is the hash that `--manifest` names; null without. */
  readonly as_noted: boolean | null;
  /** The line of this machine's audit log that holds the hash. */
  readonly audited: { readonly line: number; readonly at: unknown; readonly by: unknown } | null;
  readonly faults: readonly string[];
  readonly files: readonly CheckedFile[];
};

/** The first line of the local audit trail that tells of a bundle with this hash. A trail that cannot be read knows nothing. */
async function auditedAs({ directories, messages }: CommandContext, manifest: string): Promise<Verdict['audited']> {
  let found: Verdict['audited'] = null;
  try {
    await readAudit(path.join(directories.dataDir, AUDIT_FILE), ({ number, entry }) => {
      if (found === null && entry.action === EVIDENCE_ACTION && entry.manifest === manifest)
        found = { line: number, at: entry.time ?? null, by: entry.user ?? null };
    });
  } catch (thrown) {
    messages.tell(`The audit log was not looked at: ${toProblem(thrown).message}`);
  }
  return found;
}

function summaryLines({ good, manifest, as_noted, audited, faults, files }: Verdict): string[] {
  const count = (state: CheckedFile['state']) => files.filter(file => file.state === state).length;
  const numbers = (['changed', 'missing', 'unlisted'] as const).map(state => `${count(state)} ${state}`).join(', ');
  const noted =
    as_noted === null
      ? []
      : [as_noted ? 'This is the hash that was noted.' : 'This is NOT the hash that was noted: the list itself was replaced.'];
  const log = audited
    ? `The audit log here noted it at ${clean(String(audited.at), 40)}, by ${clean(String(audited.by), 80)} (line ${audited.line}).`
    : 'The audit log here does not know it: compare it with what was noted when the bundle was made.';
  return [
    ...faults.map(fault => `MANIFEST is damaged: ${fault}.`),
    `MANIFEST ${manifest}`,
    ...noted,
    log,
    good
      ? `GOOD: all ${files.length} files are as they were listed.`
      : `NOT GOOD: ${count('good')} of ${files.length} files are as they were listed, ${numbers}.`,
  ];
}

async function printVerdict(context: CommandContext, verdict: Verdict): Promise<void> {
  const { format } = context;
  const { files } = verdict;
  if (format === 'json') await writeJson(context, verdict);
  else if (format === 'jsonl') await writeAll(context, [...files.map(jsonLine), jsonLine({ summary: { ...verdict, files: undefined } })]);
  else if (format === 'csv') {
    const columns = ['name', 'state', 'listed', 'found'];
    await writeAll(context, [`${columns.join(',')}\r\n`, ...files.map(file => csvRecord(columns, file))]);
  } else {
    const lines = [...files.map(({ name, state }) => `${state.padEnd(8)}  ${clean(name, 200)}`), ...summaryLines(verdict)];
    await writeAll(
      context,
      lines.map(line => `${line}\n`),
    );
  }
}

/** 0 when every listed file is there unchanged and no other; 1 otherwise. Throws a 'usage' Problem when there is no bundle. */
export const verifyEvidence: Command = async context => {
  const { args, given } = context;
  const target = path.resolve(args[0] ?? '');
  const [noted] = given.get('manifest') ?? [];
  const expected = noted === undefined ? undefined : parseHash(noted);
  if (noted !== undefined && expected === undefined)
    throw usage(`--manifest takes sha256: and 64 hexadecimal digits, not '${clean(noted, 80)}'.`);
  const found = await readBundle(target);
  const { files: listed, faults } = readManifest(found.manifest.toString('utf8'));
  const files = checkFiles(listed, found.files);
  const own = sha256(found.manifest);
  const asNoted = expected === undefined ? null : expected === own;
  const manifest = hashText(own);
  const good = faults.length === 0 && asNoted !== false && files.every(({ state }) => state === 'good');
  await printVerdict(context, {
    path: target,
    good,
    manifest,
    as_noted: asNoted,
    audited: await auditedAs(context, manifest),
    faults,
    files,
  });
  return good ? 0 : 1;
};
