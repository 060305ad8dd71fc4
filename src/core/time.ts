/** Times as people write and read them. All values are epoch ms in UTC. */

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/** A span such as `30s`, `15m`, `24h`, `7d`, `2w`, in ms; undefined for anything else. */
export function parseSpan(text: string): number | undefined {
  const found = /^(0|[1-9]\d{0,8})([smhdw])$/.exec(text);
  if (!found) return undefined;
  const [, count, unit] = found;
  return Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS];
}

const RFC_3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;

/** Strict: a day or hour that does not exist is refused, and so is a time without its offset. */
function parseRfc3339(text: string): number | undefined {
  const found = RFC_3339.exec(text);
  if (!found) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found.slice(1, 7).map(Number);
  const offsetHours = Number(found[9] ?? 0);
  const offsetMinutes = Number(found[10] ?? 0);
  if (offsetHours > 23 || offsetMinutes > 59) return undefined;
  const local = new Date(0);
  local.setUTCFullYear(year, month - 1, day);
  local.setUTCHours(hour, minute, second, Number((found[7] ?? '').slice(0, 3).padEnd(3, '0')));
  if (local.toISOString().slice(0, 19) !== `${text.slice(0, 10)}T${text.slice(11, 19)}`) return undefined;
  const offset = (offsetHours * 60 + offsetMinutes) * 60_000;
  return local.getTime() - (found[8] === '-' ? -offset : offset);
}

/**
 * A point in time as epoch ms: a span ago (`30m`, counted from `now`), RFC 3339 with its offset, or epoch seconds.
 * Undefined for anything else.
 */
export function parseTime(text: string, now: number): number | undefined {
  const span = parseSpan(text);
  if (span !== undefined) return now - span;
  if (/^(0|[1-9]\d{0,10})$/.test(text)) return Number(text) * 1_000;
  return parseRfc3339(text);
}

const FIRST = Date.parse('0000-01-01T00:00:00.000Z');
const LAST = Date.parse('9999-12-31T23:59:59.999Z');

/** RFC 3339 in UTC with ms. A time that RFC 3339 cannot write (a host's clock may say anything) becomes the nearest it can. */
export function isoUtc(ms: number): string {
  const known = Number.isNaN(ms) ? 0 : ms;
  return new Date(Math.min(Math.max(known, FIRST), LAST)).toISOString();
}

/** An age in one unit, rounded down: `12s`, `3m`, `4h`, `2d`. A time in the future is `0s` old. */
export function shortAge(ms: number): string {
  const age = Math.max(0, ms);
  if (age < UNIT_MS.m) return `${Math.floor(age / UNIT_MS.s)}s`;
  if (age < UNIT_MS.h) return `${Math.floor(age / UNIT_MS.m)}m`;
  if (age < UNIT_MS.d) return `${Math.floor(age / UNIT_MS.h)}h`;
  return `${Math.floor(age / UNIT_MS.d)}d`;
}
