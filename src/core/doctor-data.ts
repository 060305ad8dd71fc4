/** Judges directories, the data file, the audit trail, settings, policy, templates and rules. Pure. */
import type { Allowlist, ListedTemplate } from './allowlist.ts';
import { type Check, checksOf } from './doctor.ts';
import { hashText } from './evidence.ts';
import { type ChainReport, chainText } from './evidence-chain.ts';
import { NO_POLICY, type Policy } from './policy.ts';
import type { Problem } from './problem.ts';
import { shortSize } from './size.ts';

/** A path as it is found. */
export type PlaceFacts = {
  readonly path: string;
  readonly exists: boolean;
  /** Permission bits; 0 where there is nothing, or the system has none. */
  readonly mode: number;
  /** Why it cannot be written to; where there is nothing: why it cannot be made. Undefined when it can. */
  readonly hindrance: string | undefined;
};

const OTHERS = 0o077;
const modeText = (mode: number): string => mode.toString(8).padStart(3, '0');

const places = checksOf('directories');

function openToOthers(name: string, { path, mode }: PlaceFacts, right: string): Check | undefined {
  if ((mode & OTHERS) === 0) return undefined;
  return places.warn(name, `${path}: others on this machine may use it (mode ${modeText(mode)})`, `chmod ${right} ${path}`);
}

export function settingsPlaceCheck(place: PlaceFacts): Check {
  const { path, exists, mode, hindrance } = place;
  if (hindrance !== undefined)
    return places.warn('settings', `${path}: ${hindrance}; sources cannot be added`, 'mend its rights, or name another with --config-dir');
  if (!exists) return places.ok('settings', `${path}: not there yet, made (0700) with the first source`);
  return openToOthers('settings', place, '700') ?? places.ok('settings', `${path} (${modeText(mode)}), writable`);
}

export function dataPlaceCheck(place: PlaceFacts): Check {
  const { path, exists, mode, hindrance } = place;
  if (hindrance !== undefined)
    return places.bad(
      'data',
      `${path}: ${hindrance}; nothing can be stored`,
      'storage',
      'mend its rights, or name another with --data-dir',
    );
  if (!exists) return places.ok('data', `${path}: not there yet, made (0700) when something is stored`);
  return openToOthers('data', place, '700') ?? places.ok('data', `${path} (${modeText(mode)}), writable`);
}

/** Below this (bytes) one should look for room. */
const LITTLE = 2e9;

/** `free`: bytes; `least`: what the direct endpoint leaves free, bytes. */
export function spaceCheck(free: number, least: number): Check {
  const text = `${shortSize(free)} free on the disk of the data`;
  if (free < least)
    return places.bad('space', `${text}: nothing is taken from hosts`, 'storage', 'free some space, or `rollcall prune --older-than 30d`');
  if (free < LITTLE) return places.warn('space', text, 'free some space, or `rollcall prune --older-than 30d`');
  return places.ok('space', text);
}

/** Files that should be for their owner only. */
export function fileChecks(files: readonly PlaceFacts[]): readonly Check[] {
  const open = files.filter(({ exists }) => exists).map(file => openToOthers('file', file, '600'));
  return open.filter(check => check !== undefined);
}

export type StoreFacts = {
  readonly schema: number;
  readonly events: number;
  readonly runs: number;
  readonly openRuns: number;
  /** Bytes on disk, the journal with it. */
  readonly bytes: number;
  /** Epoch ms of the newest event. */
  readonly newest: number | null;
};

const store = checksOf('store');

/** `facts`: undefined where there is no data file; a `Problem` where it cannot be read. `known`: the schema of this rollcall. */
export function storeChecks(facts: StoreFacts | Problem | undefined, known: number): readonly Check[] {
  if (facts === undefined) return [store.ok('data file', 'none yet')];
  if (facts instanceof Error) return [store.bad('data file', facts.message, facts.kind)];
  const { schema, events, runs, openRuns, bytes } = facts;
  const number = (value: number) => value.toLocaleString('en');
  const size = `${number(events)} events, ${number(runs)} runs${openRuns > 0 ? ` (${openRuns} open)` : ''}, ${shortSize(bytes)}`;
  const content = store.ok('data file', size);
  if (schema > known) {
    const todo = 'take that rollcall, or another directory with --data-dir';
    return [content, store.bad('schema', `version ${schema}, made by a newer rollcall than this (${known})`, 'storage', todo)];
  }
  return [
    content,
    store.ok('schema', schema === known ? `version ${schema}` : `version ${schema}, brought up to ${known} at the next start`),
  ];
}

const audit = checksOf('audit log');

export function auditChecks(report: ChainReport | Problem | undefined): readonly Check[] {
  if (report === undefined) return [audit.ok('chain', 'no log yet: nobody has done anything')];
  if (report instanceof Error) return [audit.bad('chain', report.message, report.kind)];
  const text = chainText(report);
  const chain =
    report.breaks.length > 0
      ? audit.bad('chain', text, 'storage', 'keep a copy of the log as it is, and find out who had access to it')
      : audit.ok('chain', text);
  return report.head === null ? [chain] : [chain, audit.ok('last line', hashText(report.head))];
}

const settings = checksOf('settings');

/** `sources`: how many; a `Problem` where the file is off. */
export function settingsCheck(file: string, sources: number | Problem): Check {
  if (typeof sources !== 'number') return settings.bad('file', sources.message, sources.kind);
  if (sources > 0) return settings.ok('file', `${file}: ${sources} ${sources === 1 ? 'source' : 'sources'}`);
  return settings.ok('file', 'no source yet: `rollcall source add`, or look around with --lab');
}

const allowed = checksOf('allowlist');

function policyText({ templates, siteTemplates, maxHosts, confirmAbove }: Policy): string {
  return [
    templates ? `${Object.keys(templates).length} templates named` : 'all shipped templates',
    siteTemplates ? 'site templates once approved' : 'no site templates',
    Number.isFinite(maxHosts) ? `${maxHosts} hosts at once` : 'any number of hosts',
    `asks above ${confirmAbove}`,
  ].join(', ');
}

function templateCheck({ name, state, reason }: ListedTemplate): Check {
  const text = `${name} may not run: ${reason}`;
  return state === 'broken'
    ? allowed.bad('template', text, 'usage', `mend it, then \`rollcall templates ${name}\``)
    : allowed.warn('template', text);
}

/** `allowlist`: a `Problem` where the policy cannot be followed. `file`: of the policy. */
export function allowlistChecks(allowlist: Allowlist | Problem, file: string): readonly Check[] {
  if (allowlist instanceof Error) return [allowed.bad('policy', allowlist.message, allowlist.kind)];
  const { policy, listed, templates } = allowlist;
  const forbidden = listed.filter(({ state }) => state === 'forbidden').length;
  const refused = listed.filter(({ state }) => state !== 'approved' && state !== 'forbidden');
  const rest = forbidden > 0 ? `, ${forbidden} forbidden by the policy` : '';
  return [
    allowed.ok('policy', policy === NO_POLICY ? `none (${file})` : `${file}, root's alone: ${policyText(policy)}`),
    templates.length > 0
      ? allowed.ok('templates', `${templates.length} may run${rest}`)
      : allowed.warn('templates', `none may run${rest}`, 'ask whoever wrote the policy'),
    ...refused.map(templateCheck),
  ];
}

const rules = checksOf('rules');

/** `broken`: `file:line: reason` of each file whose rules are not in force. */
export function rulesChecks(inForce: number, files: number, broken: readonly string[]): readonly Check[] {
  return [
    rules.ok('rules', `${inForce} in force, from ${files} files`),
    ...broken.map(line => rules.bad('file', `${line}. None of its rules are in force`, 'usage', 'mend it, then `rollcall rules test`')),
  ];
}
