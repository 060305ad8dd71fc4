/** What a table of the node is: osquery's name and columns, and where its rows come from. */

export type Cell = string | number | bigint | null | undefined;

/** Values by column. An absent column is NULL to SQL and the empty string in an answer, as in osquery. */
export type TableRow = Readonly<Record<string, Cell>>;

/** What a statement asks of a table. */
export type Demand = {
  /** Values that a bound column is compared with (`=`, `IN`, a join), by column. Only for a table with `required` or `narrowed`. */
  readonly equals: Readonly<Record<string, readonly string[]>>;
  /** `LIKE` patterns, likewise. */
  readonly like: Readonly<Record<string, readonly string[]>>;
  /** Whether the statement reads the column (may say yes too often). */
  uses(column: string): boolean;
  /** For long walks: lets others run, and throws when the query is out of time. */
  pause(): Promise<void>;
};

export type Rows = Iterable<TableRow> | AsyncIterable<TableRow> | Promise<Iterable<TableRow>>;

export type Table = {
  readonly name: string;
  /** `name TYPE`, or `name TYPE HIDDEN` for what `SELECT *` leaves out, in osquery's order. */
  readonly columns: readonly string[];
  /** Columns of which a statement must bind one; without it the table refuses, as osquery does. */
  readonly required?: readonly string[];
  /** Columns that change which rows there are when a statement binds one (`uid` of a table of user data). */
  readonly narrowed?: readonly string[];
  rows(demand: Demand): Rows;
};

/** The tables of a node by lower-case name, e.g. a Map. What it does not have is "no such table" to SQL. */
export type Tables = { get(name: string): Table | undefined };

/** The places and facts a local table reads from. `root` stands before every path, so that tests can use a tree of their own. */
export type TableHost = {
  readonly root: string;
  /** Epoch ms. */
  now(): number;
  /** The user the agent runs as: tables of user data show only theirs unless a statement binds `uid`. */
  readonly euid: number;
  readonly identity: Identity;
};

/** Who the node says it is. `uuid` stands in where the hardware's cannot be read; `startedAt` is epoch s. */
export type Identity = {
  readonly uuid: string;
  readonly instanceId: string;
  readonly version: string;
  readonly startedAt: number;
};

/** Name and declared type of a column, e.g. `pid BIGINT`. */
export function columnOf(definition: string): { readonly name: string; readonly type: string; readonly hidden: boolean } {
  const [name = '', type = 'TEXT', hidden] = definition.split(' ');
  return { name, type, hidden: hidden === 'HIDDEN' };
}
