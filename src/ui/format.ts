/** Times and counts as people read them. */
import type { UiState } from './ui-state.ts';

export type Zone = UiState['zone'];

/** Minutes that local time is ahead of UTC at `ms`. */
export type OffsetMinutes = (ms: number) => number;

const MINUTE_MS = 60_000;

/** `YYYY-MM-DD HH:MM:SS.mmm` of the clock that is `offset` minutes ahead of UTC. A time beyond reason is shown as `?`. */
function wallClock(ms: number, offset: number): string {
  const date = new Date(ms + offset * MINUTE_MS);
  return Number.isNaN(date.getTime()) ? '????-??-?? ??:??:??.???' : date.toISOString().slice(-24, -1).replace('T', ' ');
}

const offsetIn = (zone: Zone, ms: number, offsetOf: OffsetMinutes): number => (zone === 'utc' ? 0 : offsetOf(ms));

function offsetLabel(minutes: number): string {
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60].map(part => String(part).padStart(2, '0'));
  return `${minutes < 0 ? '-' : '+'}${hours}:${rest}`;
}

const DAY_MS = 86_400_000;

const twoDigits = (value: number): string => (value < 10 ? `0${value}` : String(value));

/** `HH:MM:SS` for today, `MM-DD HH:MM` for other days: 11 cells, as the clock of `zone` shows it. */
export function shortTime(ms: number, now: number, zone: Zone, offsetOf: OffsetMinutes): string {
  const local = ms + offsetIn(zone, ms, offsetOf) * MINUTE_MS;
  const today = now + offsetIn(zone, now, offsetOf) * MINUTE_MS;
  if (Math.floor(local / DAY_MS) !== Math.floor(today / DAY_MS)) return wallClock(local, 0).slice(5, 16);
  const seconds = Math.floor((local % DAY_MS) / 1_000);
  return `   ${twoDigits(Math.floor(seconds / 3_600))}:${twoDigits(Math.floor(seconds / 60) % 60)}:${twoDigits(seconds % 60)}`;
}

/** `HH:MM:SS` for today, `DD HH:MM` for other days: 8 cells. */
export function dayTime(ms: number, now: number, zone: Zone, offsetOf: OffsetMinutes): string {
  return shortTime(ms, now, zone, offsetOf).slice(3);
}

/** `YYYY-MM-DD HH:MM:SS.mmm UTC`, or with the offset of this machine: `... +02:00`. */
export function fullTime(ms: number, zone: Zone, offsetOf: OffsetMinutes): string {
  const offset = offsetIn(zone, ms, offsetOf);
  return `${wallClock(ms, offset)} ${zone === 'utc' ? 'UTC' : offsetLabel(offset)}`;
}

/** `1,204`: the same on every machine. */
export const count = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ',');

/** `1 event`, `1,204 events`. */
export const counted = (value: number, singular: string, plural = `${singular}s`): string =>
  `${count(value)} ${value === 1 ? singular : plural}`;
