/** From the values of a row to the next question: which templates take them, on this host and on all. Pure. */
import type { Host, Row } from '../../src/core/model.ts';
import { checkParam } from '../../src/core/params.ts';
import type { ParamSpec, Template } from '../../src/core/template.ts';

/** What a value is, as far as its column and its form say. */
export type ValueKind = 'sha256' | 'ip' | 'path' | 'pid' | 'user' | 'name';

/** Columns whose values name a thing that templates search for by text. */
const NAMES = new Set(['name', 'process', 'filename', 'service', 'display_name']);
const USERS = new Set(['username', 'user', 'user_account']);
const PIDS = new Set(['pid', 'parent', 'ppid', 'pgroup']);

const ADDRESS: ParamSpec = { name: 'ip', title: 'Address', type: 'ip' };

export function kindOf(column: string, value: string): ValueKind | undefined {
  if (/^[0-9a-f]{64}$/i.test(value)) return 'sha256';
  if ('value' in checkParam(ADDRESS, value, 0)) return 'ip';
  if (/^(\/.|[A-Za-z]:\\.)/.test(value)) return 'path';
  if (PIDS.has(column) && /^[1-9]\d*$/.test(value)) return 'pid';
  if (value === '') return undefined;
  if (USERS.has(column)) return 'user';
  return NAMES.has(column) ? 'name' : undefined;
}

/** Whether a parameter is made for such a value. */
function takes(param: ParamSpec, kind: ValueKind): boolean {
  if (kind === 'pid') return param.type === 'int' && param.name === 'pid';
  // Any text may be looked for in a history or a command line; an account only where accounts are asked for, and nothing else there.
  if (kind === 'user') return param.type === 'text' && (param.name === 'user' || param.name === 'text');
  if (kind === 'name') return param.type === 'text' && param.name !== 'user';
  return param.type === kind;
}

type Followed = {
  readonly column: string;
  readonly value: string;
  readonly hosts: readonly Host[];
  /** "web-1", "all 25 hosts". */
  readonly where: string;
};

export type Offer =
  /** A template that takes the value. */
  | (Followed & { readonly kind: 'query'; readonly template: Template; readonly params: Readonly<Record<string, string>> })
  /** The file whose path the value is, to be fetched from the host. */
  | (Followed & { readonly kind: 'carve' });

/** Whether the host can be asked to send the file of this path. */
export type CanCarve = (host: Host, path: string) => boolean;

export type Pivot = {
  readonly row: Row;
  /** Column under the cursor: its value comes first. */
  readonly column: string | undefined;
  /** The host that the row is of, when it is in the inventory. */
  readonly host: Host | undefined;
};

/** Addresses that are no one's in particular. */
const EMPTY = new Set(['', '0.0.0.0', '::', '127.0.0.1', '::1']);

/**
 * Every template that takes a value of the row: on the host of the row first, then on all. A pid is a thing of one host only.
 * After the templates that take a path, the file itself.
 */
export function offersFor(
  { row, column, host }: Pivot,
  templates: readonly Template[],
  all: readonly Host[],
  canCarve: CanCarve = () => false,
): readonly Offer[] {
  const columns = Object.keys(row).sort((a, b) => Number(b === column) - Number(a === column));
  return columns.flatMap(name => {
    const value = row[name] ?? '';
    const kind = EMPTY.has(value) ? undefined : kindOf(name, value);
    if (!kind) return [];
    const carve: readonly Offer[] =
      kind === 'path' && host && canCarve(host, value) ? [{ kind: 'carve', column: name, value, hosts: [host], where: host.hostname }] : [];
    const queries = templates.flatMap(template => {
      const param = template.params.find(candidate => takes(candidate, kind));
      if (!param || !('value' in checkParam(param, value, 0))) return [];
      const offer = { kind: 'query', column: name, value, template, params: { [param.name]: value } } as const;
      const here: Offer[] = host ? [{ ...offer, hosts: [host], where: host.hostname }] : [];
      const everywhere: Offer[] = kind === 'pid' ? [] : [{ ...offer, hosts: all, where: `all ${all.length} hosts` }];
      return [...here, ...everywhere];
    });
    return [...queries, ...carve];
  });
}
