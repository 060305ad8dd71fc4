/** How a costly query goes out: to a few hosts first, then to ever more of them, as long as it goes well. Pure. */
import type { Host } from './model.ts';
import { isAway, type Standing } from './run.ts';
import type { Template } from './template.ts';

/** Hosts in the first wave, and the number of hosts up to which all of them are asked at once. */
const PLANS: Readonly<Record<Template['cost'], { readonly first: number; readonly atOnce: number }>> = {
  low: { first: Number.POSITIVE_INFINITY, atOnce: Number.POSITIVE_INFINITY },
  medium: { first: 25, atOnce: 100 },
  high: { first: 5, atOnce: 5 },
};
/** A wave is so many times as large as the one before. */
const GROWTH = 4;
/** Of the hosts that were asked, so many may fail before no further wave begins: two, or two in ten where that is more. */
const MAY_FAIL = { hosts: 2, share: 0.2 };

/** `count` of the items, evenly spread over them, and the others; both in their order. */
function spread<T>(items: readonly T[], count: number): readonly [chosen: readonly T[], rest: readonly T[]] {
  const size = Math.min(count, items.length);
  const places = new Set(Array.from({ length: size }, (_, index) => Math.floor((index * items.length) / size)));
  return [items.filter((_, place) => places.has(place)), items.filter((_, place) => !places.has(place))];
}

/**
 * The hosts in waves; one wave where the template costs little or the hosts are few. Each wave is spread evenly over the
 * hosts that are left, so that a first one is not all of one kind. Hosts that are away hold nobody up: they go along with the
 * last wave of their source.
 */
export function planWaves<H extends Pick<Host, 'source' | 'status'>>(
  cost: Template['cost'],
  hosts: readonly H[],
): readonly (readonly H[])[] {
  const { first, atOnce } = PLANS[cost];
  const present = hosts.filter(host => !isAway(host));
  if (present.length <= atOnce) return [hosts];
  const waves: H[][] = [];
  let left: readonly H[] = present;
  for (let size = first; left.length > 0; size *= GROWTH) {
    const [wave, rest] = spread(left, size);
    waves.push([...wave]);
    left = rest;
  }
  const lastOf = new Map(waves.flatMap((wave, place) => wave.map(({ source }) => [source, place] as const)));
  for (const host of hosts.filter(isAway)) waves[lastOf.get(host.source) ?? waves.length - 1]?.push(host);
  return waves;
}

const sum = (standings: readonly Standing[], of: keyof Standing): number => standings.reduce((total, standing) => total + standing[of], 0);

/** Hosts that say something about the query: away ones do not. */
const counted = (standings: readonly Standing[]): number => sum(standings, 'well') + sum(standings, 'badly') + sum(standings, 'pending');

/**
 * Whether the next wave begins, from how the waves so far stand. `go`: too few are left to go wrong. `stop`: too many have.
 * `hold`: it depends on those that are waited for.
 */
export function nextWave(standings: readonly Standing[]): 'go' | 'hold' | 'stop' {
  const limit = Math.max(MAY_FAIL.hosts, Math.floor(MAY_FAIL.share * counted(standings)));
  const badly = sum(standings, 'badly');
  if (badly > limit) return 'stop';
  return badly + sum(standings, 'pending') <= limit ? 'go' : 'hold';
}

/** Why the waves stopped: "4 of 10 hosts failed or stayed silent". */
export const failuresText = (standings: readonly Standing[]): string =>
  `${sum(standings, 'badly')} of ${counted(standings)} hosts failed or stayed silent`;

/** "waves of 5, 20 and 75"; empty where all are asked at once. */
export function wavesText(waves: readonly (readonly unknown[])[]): string {
  if (waves.length < 2) return '';
  const sizes = waves.map(wave => wave.length);
  return `waves of ${sizes.slice(0, -1).join(', ')} and ${sizes.at(-1)}`;
}

/** When a wave begins, for people. */
export const WAVE_RULE = 'Each begins once 8 in 10 hosts before it answered, none after more than 2 in 10 (and 3) failed.';
