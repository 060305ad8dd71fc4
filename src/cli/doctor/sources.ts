/** Checks every source as `source test` does, side by side and within a bounded time. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { SourceSettings } from '../../adapters/config-file.ts';
import type { SourceFacts } from '../../core/doctor-sources.ts';
import type { SourceReport } from '../../core/ports.ts';
import { isAbort, Problem, toProblem } from '../../core/problem.ts';
import type { EngineObserver } from '../../engine/api.ts';
import type { CommandContext, Opened } from '../context.ts';
import { LAB_SOURCE } from '../lab.ts';
import { unlessAborted, within } from '../limits.ts';
import { type Probe, probePeer } from './probe.ts';

/** ms that a source gets unless `--timeout` says otherwise: a report at night is to be had soon. */
const PATIENCE_MS = 15_000;

export type CheckedSource = { readonly facts: SourceFacts; readonly skewMs: number | undefined; readonly probed: boolean };

const NOBODY: EngineObserver = {
  events: () => undefined,
  health: () => undefined,
  hosts: () => undefined,
  run: () => undefined,
  notice: () => undefined,
};

/** Where the secret is, in words: a command may hold more than one should see. */
function secretWords({ secret }: SourceSettings, env: CommandContext['env']): string {
  if (secret === undefined) return '';
  if ('command' in secret) return 'printed by a command';
  if ('env' in secret) return `in the variable ${secret.env}, which is ${env[secret.env] ? 'set' : 'not set'}`;
  const mode = statSync(secret.file, { throwIfNoEntry: false })?.mode;
  return `in the file ${secret.file} (${mode === undefined ? 'not there' : (mode & 0o777).toString(8).padStart(3, '0')})`;
}

const addressOf = ({ own }: SourceSettings): string => String(own.base_url ?? own.listen ?? '127.0.0.1:8443');

const patienceMs = ({ common }: CommandContext): number => (common.timeoutS === undefined ? PATIENCE_MS : common.timeoutS * 1_000);

/** What the source says of itself, or what is in the way. */
async function ask(context: CommandContext, { engine, ready }: Opened, name: string): Promise<SourceReport | Problem> {
  const ms = patienceMs(context);
  const { clock, signal, common } = context;
  try {
    const work = async (limited: AbortSignal) => {
      if (common.lab !== undefined) await unlessAborted(ready(), limited);
      return unlessAborted(engine.check(name, limited), limited);
    };
    return (await within(ms, clock, signal, work)).value;
  } catch (thrown) {
    if (!isAbort(thrown)) return toProblem(thrown);
    if (signal.aborted) return new Problem('unreachable', 'Interrupted before it answered.');
    return new Problem('unreachable', `It did not answer within ${Math.round(ms / 1_000)} s. Check address and network.`);
  }
}

/** The sources opened together; one by one where together they cannot be, so that one that is off does not hide the others. */
async function withOpened<T>(
  context: CommandContext,
  dataDir: string,
  names: readonly string[],
  work: (name: string, opened: Opened | Problem) => Promise<T>,
): Promise<T[]> {
  const { openRollcall } = await context.wire();
  const lab = context.common.lab;
  const open = async (sources: readonly string[]): Promise<Opened | Problem> => {
    try {
      return await openRollcall({ configDir: context.directories.configDir, dataDir, lab, sources, observer: NOBODY });
    } catch (thrown) {
      return toProblem(thrown);
    }
  };
  const together = await open(names);
  const found = names.length === 1 ? together : undefined;
  if (!(together instanceof Error)) {
    try {
      return await Promise.all(names.map(name => work(name, together)));
    } finally {
      await together.close();
    }
  }
  return Promise.all(
    names.map(async name => {
      const opened = found ?? (await open([name]));
      try {
        return await work(name, opened);
      } finally {
        if (!(opened instanceof Error)) await opened.close();
      }
    }),
  );
}

/** A data directory for the time of the check, where the real one is of no use, or is not there and is not to be made by us. */
async function withDataDir<T>(context: CommandContext, usable: boolean, work: (dataDir: string) => Promise<T>): Promise<T> {
  if (usable) return work(context.directories.dataDir);
  const passing = mkdtempSync(path.join(tmpdir(), 'rollcall-doctor-'));
  try {
    return await work(passing);
  } finally {
    rmSync(passing, { recursive: true, force: true });
  }
}

type Subject = Omit<SourceFacts, 'report' | 'tookMs' | 'tls'>;

function subjectsOf({ common, env }: CommandContext, sources: readonly SourceSettings[]): Subject[] {
  if (common.lab !== undefined) {
    return [{ name: LAB_SOURCE, kind: 'direct', address: 'a loopback port', secret: '', insecure: false, caFile: undefined }];
  }
  return sources.map(source => {
    const { name, kind, insecure, caFile } = source;
    return { name, kind, address: addressOf(source), secret: secretWords(source, env), insecure, caFile };
  });
}

/** `usable`: whether the data directory is there and can be written to. */
export async function checkSources(
  context: CommandContext,
  sources: readonly SourceSettings[],
  usable: boolean,
): Promise<readonly CheckedSource[]> {
  const { clock, signal } = context;
  const subjects = subjectsOf(context, sources);
  if (subjects.length === 0) return [];
  const probe = async ({ kind, address }: Subject): Promise<Probe | undefined> => {
    if (kind === 'direct') return undefined;
    const ms = patienceMs(context);
    return (await within(ms, clock, signal, limited => probePeer(address, clock, limited))).value;
  };
  const work = async (name: string, opened: Opened | Problem): Promise<CheckedSource[]> => {
    const subject = subjects.find(one => one.name === name);
    if (!subject) return [];
    const startedAt = clock.now();
    const report = opened instanceof Error ? opened : ask(context, opened, name);
    const [said, probed] = await Promise.all([report, probe(subject)]);
    const tookMs = clock.now() - startedAt;
    return [{ facts: { ...subject, report: said, tookMs, tls: probed?.tls }, skewMs: probed?.skewMs, probed: probed !== undefined }];
  };
  const names = subjects.map(({ name }) => name);
  return (await withDataDir(context, usable, dataDir => withOpened(context, dataDir, names, work))).flat();
}
