/** One host against its peers: what only it has, what only it lacks, and where it differs from all others of its kind. */
import { columnsOfRows, hasAnswered, type RowRules, rowIdentity } from './diff.ts';
import { platformFamily } from './host-match.ts';
import type { Row } from './model.ts';
import type { Run, Target } from './run.ts';

/** An answer: of a host that failed or is silent there is none, which is not the same as one without rows. */
export type PeerAnswer = { readonly hostKey: string; readonly platform: string; readonly rows: readonly Row[] };

/** A value that no other host of the platform has in the row of the same key. */
export type Difference = {
  /** Values of the key columns; empty where every host has one row. */
  readonly key: readonly (string | null)[];
  readonly column: string;
  readonly here: string | null;
  /** What most others have, and how many of how many that have the row. */
  readonly usual: string | null;
  readonly usualHosts: number;
  readonly peers: number;
};

export type Baseline = {
  /** Other hosts that answered, and those of them of the same platform family (`platformFamily`). */
  readonly peers: number;
  readonly kin: number;
  /** Rows, less volatile columns, that no other host has, on whatever platform; each once. */
  readonly onlyHere: readonly Row[];
  /** Rows that all others of the platform have and this host has not; each once, as one of them told it. */
  readonly missingHere: readonly Row[];
  /** Strongest agreement of the others first. */
  readonly differs: readonly Difference[];
};

/** The host that is looked at, and the others that are like it, with the columns that count. */
type Comparison = { readonly host: PeerAnswer; readonly kin: readonly PeerAnswer[]; readonly columns: readonly string[] };

/** Compares a host with the others; `others` does not hold the host itself. */
export function baselineOf(host: PeerAnswer, others: readonly PeerAnswer[], rules: RowRules): Baseline {
  const family = platformFamily(host.platform);
  const kin = others.filter(other =>
    family === 'other' ? other.platform.toLowerCase() === host.platform.toLowerCase() : platformFamily(other.platform) === family,
  );
  const columns = steadyColumns(host, kin, rules.volatile);
  const here = distinct(host.rows, columns);
  const missing = new Map(kin[0] && distinct(kin[0].rows, columns));
  for (const { rows } of others) for (const row of rows) here.delete(rowIdentity(row, columns));
  for (const row of host.rows) missing.delete(rowIdentity(row, columns));
  for (const { rows } of kin.slice(1)) keepCommon(missing, rows, columns);
  return {
    peers: others.length,
    kin: kin.length,
    onlyHere: [...here.values()],
    missingHere: [...missing.values()],
    differs: differences({ host, kin, columns }, rules.key),
  };
}

const answerOf = ({ key, host, rows }: Target): PeerAnswer => ({ hostKey: key, platform: host.platform, rows });

/** Compares a target of a run with all others that answered; undefined when it did not answer itself. */
export function baselineInRun(run: Run, target: Target, rules: RowRules): Baseline | undefined {
  if (!hasAnswered(target)) return undefined;
  const others = run.targets.filter(other => other.key !== target.key && hasAnswered(other));
  return baselineOf(answerOf(target), others.map(answerOf), rules);
}

/** Columns less the volatile, as far as host and kin both have them: an agent of another version may have columns more. */
function steadyColumns(host: PeerAnswer, kin: readonly PeerAnswer[], volatile: readonly string[]): readonly string[] {
  const mine = columnsOfRows(host.rows.slice(0, 1));
  const theirs = columnsOfRows(kin.flatMap(({ rows }) => rows.slice(0, 1)));
  const both = mine.length > 0 && theirs.length > 0 ? mine.filter(column => theirs.includes(column)) : [...mine, ...theirs];
  const steady = both.filter(column => !volatile.includes(column));
  return steady.length > 0 ? steady : both;
}

function distinct(rows: readonly Row[], columns: readonly string[]): Map<string, Row> {
  const found = new Map<string, Row>();
  for (const row of rows) {
    const text = rowIdentity(row, columns);
    if (!found.has(text)) found.set(text, row);
  }
  return found;
}

/** Takes out of `common` what `rows` do not have. */
function keepCommon(common: Map<string, Row>, rows: readonly Row[], columns: readonly string[]): void {
  if (common.size === 0) return;
  const texts = new Set(rows.map(row => rowIdentity(row, columns)));
  for (const text of common.keys()) if (!texts.has(text)) common.delete(text);
}

/** Distinct values by column, of the rows of one key. */
type Values = Map<string, Set<string | null>>;

/** Without a key only a single row can be compared: it is the same thing on every host. */
function byKey(rows: readonly Row[], key: readonly string[], columns: readonly string[], wanted?: ReadonlyMap<string, Values>) {
  const found = new Map<string, Values>();
  if (key.length === 0 && rows.length !== 1) return found;
  for (const row of rows) {
    const text = rowIdentity(row, key);
    if (wanted && !wanted.has(text)) continue;
    const values: Values = found.get(text) ?? new Map(columns.map(column => [column, new Set()]));
    found.set(text, values);
    for (const [column, set] of values) set.add(row[column] ?? null);
  }
  return found;
}

/** How many hosts have which value of a column, in rows of one key. */
type Tally = Map<string | null, number>;

function differences({ host, kin, columns }: Comparison, key: readonly string[]): readonly Difference[] {
  if (key.some(column => !columns.includes(column))) return [];
  const compared = columns.filter(column => !key.includes(column));
  const mine = byKey(host.rows, key, compared);
  const peers = new Map<string, number>();
  const tallies = new Map([...mine.keys()].map(text => [text, new Map(compared.map(column => [column, new Map() as Tally]))]));
  for (const { rows } of kin) {
    for (const [text, values] of byKey(rows, key, compared, mine)) {
      peers.set(text, (peers.get(text) ?? 0) + 1);
      for (const [column, set] of values) {
        const tally = tallies.get(text)?.get(column);
        for (const value of set) tally?.set(value, (tally.get(value) ?? 0) + 1);
      }
    }
  }
  const found = [...mine].flatMap(([text, values]) =>
    [...values].flatMap(([column, set]) =>
      [...set].flatMap(here => {
        const usual = outlier(here, tallies.get(text)?.get(column) ?? new Map(), peers.get(text) ?? 0);
        return usual ? [{ key: JSON.parse(text) as (string | null)[], column, here, ...usual }] : [];
      }),
    ),
  );
  return found.sort((left, right) => right.usualHosts / right.peers - left.usualHosts / left.peers);
}

/**
 * What the others have instead, when none of them has the value. Where no two of them agree either (a serial number, an
 * address), each is different by nature and nothing is said.
 */
function outlier(here: string | null, tally: Tally, peers: number): Pick<Difference, 'usual' | 'usualHosts' | 'peers'> | undefined {
  if (peers === 0 || tally.has(here)) return undefined;
  let usual: string | null = null;
  let usualHosts = 0;
  for (const [value, hosts] of tally) if (hosts > usualHosts) [usual, usualHosts] = [value, hosts];
  return peers > 1 && usualHosts < 2 ? undefined : { usual, usualHosts, peers };
}
