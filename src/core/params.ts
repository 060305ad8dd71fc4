/**
 * Typed parameters of templates. Strict on purpose: what is not plainly of its type is refused, so nobody runs a query
 * that means something else than they typed.
 */
import { isIPv4, isIPv6 } from 'node:net';
import { AllowlistError } from './problem.ts';
import { clean } from './sanitize.ts';
import type { ParamSpec, ParamValue, Template } from './template.ts';
import { parseTime } from './time.ts';

/** `problem` completes the sentence "Parameter 'x' of 'template' ...". */
export type CheckedParam = { readonly value: ParamValue } | { readonly problem: string };

/** How far ahead a time may lie, in ms: clocks differ. */
const MAX_SKEW_MS = 5 * 60_000;
const MAX_PATH = 4_096;

const refused = (expected: string, raw: string): CheckedParam => ({ problem: `must be ${expected}, not '${clean(raw, 80)}'` });

/** Control characters and unpaired surrogates cannot stand in a statement that a host is to read back unchanged. */
const isPlain = (raw: string): boolean => !/\p{Cc}/u.test(raw) && raw.isWellFormed();

/** Decimal digits only: no `0x10`, `1e3`, `+5`, `010`, ` 5`, full-width digits or trailing newline. */
function checkInt(spec: ParamSpec & { type: 'int' }, raw: string): CheckedParam {
  const value = /^(?:0|-?[1-9]\d{0,15})$/.test(raw) ? Number(raw) : Number.NaN;
  if (value >= spec.min && value <= spec.max) return { value };
  return refused(`a whole number from ${spec.min} to ${spec.max}`, raw);
}

/** A span ago, RFC 3339 or epoch seconds, as epoch seconds. */
function checkTime(raw: string, now: number): CheckedParam {
  const time = parseTime(raw, now);
  if (time === undefined || time < 0) return refused('a span ago (30m, 24h, 7d), RFC 3339 or epoch seconds', raw);
  if (time > now + MAX_SKEW_MS) return refused('a time that is not in the future', raw);
  return { value: Math.floor(time / 1_000) };
}

/**
 * An absolute path, POSIX (`/etc/passwd`) or Windows (`C:\Windows`), taken literally: `%` and `*` are characters. A path
 * that starts with two separators is refused: Windows would log in to another machine to look there.
 */
function checkPath(raw: string): CheckedParam {
  const absolute = /^(?:\/|[A-Za-z]:[\\/])/.test(raw) && !/^[\\/]{2}/.test(raw);
  if (absolute && isPlain(raw) && raw.length <= MAX_PATH) return { value: raw };
  return refused('an absolute path without control characters', raw);
}

/** IPv6 addresses become the form that hosts report: short, lower case, IPv4 inside IPv6 dotted. */
function checkIp(raw: string): CheckedParam {
  if (isIPv4(raw)) return { value: raw };
  if (!isIPv6(raw) || raw.includes('%')) return refused('an IPv4 or IPv6 address', raw);
  const short = new URL(`http://[${raw}]`).hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(short) ?? [];
  if (high === undefined || low === undefined) return { value: short };
  const bytes = [high, low].flatMap(group => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]);
  return { value: `::ffff:${bytes.join('.')}` };
}

/** Checks one value as typed. `now` (epoch ms) anchors spans. Never throws. */
export function checkParam(spec: ParamSpec, raw: string, now: number): CheckedParam {
  switch (spec.type) {
    case 'int':
      return checkInt(spec, raw);
    case 'time':
      return checkTime(raw, now);
    case 'enum':
      return spec.values.includes(raw) ? { value: raw } : refused(`one of ${spec.values.join(', ')}`, raw);
    case 'path':
      return checkPath(raw);
    case 'ip':
      return checkIp(raw);
    case 'sha256':
      return /^[0-9a-fA-F]{64}$/.test(raw) ? { value: raw.toLowerCase() } : refused('a SHA-256 (64 hexadecimal digits)', raw);
    case 'text':
      // Taken literally: templates compare texts with `=` and `instr`, never `LIKE`, so `%` and `_` mean themselves.
      if (raw.length > 0 && raw.length <= spec.maxLength && isPlain(raw)) return { value: raw };
      return refused(`text of 1 to ${spec.maxLength} characters without control characters`, raw);
  }
}

/**
 * All parameters of a template, checked, with defaults filled in, in the template's order.
 * Throws `AllowlistError` for an unknown, missing or invalid one (wording: contracts/aisoc.md 2.2).
 */
export function resolveParams(
  template: Template,
  given: Readonly<Record<string, string>>,
  now: number,
): Readonly<Record<string, ParamValue>> {
  const known = template.params.map(spec => spec.name);
  const unknown = Object.keys(given).filter(name => !known.includes(name));
  if (unknown.length > 0) {
    const names = unknown.sort().map(name => clean(name, 80));
    throw new AllowlistError(
      `Template '${template.name}' does not accept parameter(s): ${names.join(', ')}. Allowed: ${known.toSorted().join(', ') || 'none'}`,
    );
  }
  const missing = template.params.filter(spec => !Object.hasOwn(given, spec.name) && spec.default === undefined).map(spec => spec.name);
  if (missing.length > 0) {
    throw new AllowlistError(`Template '${template.name}' requires parameter(s) with no default: ${missing.sort().join(', ')}`);
  }
  const values: Record<string, ParamValue> = {};
  const problems: string[] = [];
  for (const spec of template.params) {
    const raw = Object.hasOwn(given, spec.name) ? given[spec.name] : undefined;
    const checked = checkParam(spec, raw ?? String(spec.default), now);
    if ('value' in checked) values[spec.name] = checked.value;
    else problems.push(`Parameter '${spec.name}' of '${template.name}' ${checked.problem}.`);
  }
  if (problems.length > 0) throw new AllowlistError(problems.join(' '));
  return values;
}
