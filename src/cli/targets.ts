/** From the flags of `query` to the hosts that are asked. Whatever is off is said before anything is sent. */
import { readFile } from 'node:fs/promises';
import { runsOn } from '../core/applicable.ts';
import { selectHosts, type WantedHosts } from '../core/host-match.ts';
import type { Host } from '../core/model.ts';
import type { Connector } from '../core/ports.ts';
import { Problem } from '../core/problem.ts';
import { clean } from '../core/sanitize.ts';
import type { Template } from '../core/template.ts';
import type { CommandContext } from './context.ts';
import { PATIENCE_MS, within } from './limits.ts';
import { type Session, withLate } from './session.ts';
import { readAll } from './stdin.ts';
import { worst } from './worst.ts';

async function readNames(file: string, { stdin, signal }: CommandContext): Promise<string> {
  if (file === '-') return readAll(stdin, signal);
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Problem(
      'usage',
      `The hosts file ${file} cannot be read (${why}). Name a file with one host a line, or - for standard input.`,
    );
  }
}

/** Names, one a line; blank lines and lines that begin with `#` are left out. */
async function hostsFile(file: string, context: CommandContext): Promise<string[]> {
  const lines = (await readNames(file, context)).replace(/^\ufeff/, '').split(/[\r\n]+/);
  const names = lines.map(line => line.trim()).filter(line => line !== '' && !line.startsWith('#'));
  if (names.length === 0) {
    throw new Problem('usage', `${file === '-' ? 'Standard input' : `The hosts file ${file}`} names no host, so nothing was sent.`);
  }
  return names;
}

/** Who is meant, from the flags. Reads the hosts file; asks nobody. Throws a 'usage' Problem when nobody is. */
export async function wantedHosts(context: CommandContext): Promise<WantedHosts> {
  const { given } = context;
  const many = (name: string): readonly string[] => given.get(name) ?? [];
  const [file] = many('hosts-file');
  const names = [...many('host'), ...(file === undefined ? [] : await hostsFile(file, context))];
  const wanted = { names, all: given.has('all'), platforms: many('platform'), labels: many('label'), exclude: many('exclude') };
  const empty = ['host', 'platform', 'label', 'exclude'].find(flag => many(flag).some(value => value.trim() === ''));
  if (empty) throw new Problem('usage', `--${empty} has an empty value, so nothing was sent.`);
  if (names.length === 0 && !wanted.all && wanted.platforms.length === 0 && wanted.labels.length === 0) {
    throw new Problem('usage', 'No host was chosen, so nothing was sent. Choose with --host, --hosts-file, --platform, --label or --all.');
  }
  return wanted;
}

/** Lists the hosts of all sources, at most `ms` long: who has not listed all by then has failed. */
export async function listHosts(
  { clock, signal }: CommandContext,
  { engine, seen }: Session,
  ms: number,
): Promise<ReadonlyMap<string, Problem>> {
  const { value: failures, expired } = await within(ms, clock, signal, limited => engine.refreshHosts(limited));
  signal.throwIfAborted();
  return expired ? withLate(failures, engine, seen.listed, `did not list its hosts within ${Math.round(ms / 1000)} s`) : failures;
}

/** Hosts that are known by uuid only, of sources that do not let their account list hosts. */
function unlisted(
  connector: Connector,
  { names, all, platforms, labels }: WantedHosts,
  refusal: Problem | undefined,
  listed: readonly Host[],
): Host[] {
  const known = new Set(listed.flatMap(host => [host.uuid.toLowerCase(), host.id.toLowerCase()]));
  const byUuid = (name: string) => connector.hostsByUuid?.([name]) ?? [];
  const narrowed = all || platforms.length > 0 || labels.length > 0;
  if (narrowed || names.some(name => byUuid(name).length === 0)) throw refusal;
  return names.filter(name => !known.has(name.toLowerCase())).flatMap(byUuid);
}

/**
 * Lists the hosts of all sources. Resolves with the refusal of each source that does not list its hosts but can be asked by
 * uuid; throws the failure of any other.
 */
export async function listForAsking(context: CommandContext, session: Session): Promise<ReadonlyMap<string, Problem>> {
  const failures = await listHosts(context, session, PATIENCE_MS);
  const isClosed = (id: string, { kind }: Problem): boolean =>
    kind === 'auth' && session.engine.connectors.some(connector => connector.id === id && connector.hostsByUuid !== undefined);
  const failure = worst([...failures].filter(([id, problem]) => !isClosed(id, problem)).map(([, problem]) => problem));
  if (failure) throw failure;
  return failures;
}

/**
 * The hosts to ask. Throws the failure of a source that could not be listed: a name could stand for one of its hosts.
 * Throws a 'usage' Problem that names every unknown and ambiguous host.
 */
export async function chooseTargets(context: CommandContext, session: Session, wanted: WantedHosts): Promise<readonly Host[]> {
  const { engine } = session;
  const refusals = await listForAsking(context, session);
  const closed = engine.connectors.filter(({ id }) => refusals.has(id));
  const hosts = closed.flatMap(connector => unlisted(connector, wanted, refusals.get(connector.id), engine.hosts()));
  const { hosts: chosen, problems } = selectHosts([...engine.hosts(), ...hosts], wanted);
  if (problems.length > 0) throw new Problem('usage', `${problems.join(' ')} Nothing was sent.`);
  return chosen;
}

const count = (number: number, one: string): string => `${number} ${one}${number === 1 ? '' : 's'}`;

/**
 * Without the hosts on which the template cannot run, which is said. Those that were named one by one stay: whoever names a
 * host wants its answer, be it a failure. Throws a 'usage' Problem when nobody is left.
 */
export function thoseItRunsOn(
  context: CommandContext,
  template: Template,
  hosts: readonly Host[],
  { names }: WantedHosts,
): readonly Host[] {
  const exact = new Set(names.map(name => name.trim().toLowerCase()));
  const isNamed = ({ hostname, displayName, uuid, id }: Host) =>
    [hostname, displayName, uuid, id].some(name => exact.has(name.toLowerCase()));
  const where = `${template.name} runs on ${template.platforms.join(', ')} only`;
  const asked = hosts.filter(host => runsOn(template, host) || isNamed(host));
  if (asked.length === 0) throw new Problem('usage', `No host is left to ask: ${where}. Nothing was sent.`);
  const left = hosts.length - asked.length;
  if (left > 0) context.messages.tell(`${count(left, 'host')} ${left === 1 ? 'is' : 'are'} not asked: ${where}.`);
  const unfit = asked.filter(host => !runsOn(template, host)).map(({ hostname }) => hostname);
  if (unfit.length > 0) context.messages.tell(`${where}. Asked all the same, because they were named: ${clean(unfit.join(', '))}.`);
  return asked;
}
