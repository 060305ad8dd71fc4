/** From the values of a row to the next question: which templates take them, on this host and on all. Pure. */
import type { Host, Row } from '../../src/core/model.ts';
import { checkParam } from '../../src/core/params.ts';
import type { ParamSpec, Template } from '../../src/core/template.ts';

/** What a value is, as far as its column and its form say. */
export type ValueKind = 'sha256' | 'ip' | 'path' | 'pid' | 'name';

/** Columns whose values name a thing that templates search for by text. */
const NAMES = new Set(['name', 'username', 'user', 'process', 'filename', 'service', 'display_name']);
const PIDS = new Set(['pid', 'parent', 'ppid', 'pgroup']);

const ADDRESS: ParamSpec = { name: 'ip', title: 'Address', type: 'ip' };

export function kindOf(column: string, value: string): ValueKind | undefined {
  if (/^[0-9a-f]{64}$/i.test(value)) return 'sha256';
  if ('value' in checkParam(ADDRESS, value, 0)) return 'ip';
  if (/^(\/.|[A-Za-z]:\\.)/.test(value)) return 'path';
  if (PIDS.has(column) && /^[1-9]\d*$/.test(value)) return 'pid';
  return NAMES.has(column) && value !== '' ? 'name' : undefined;
}

/** Whether a parameter is made for such a value. */
function takes(param: ParamSpec, kind: ValueKind): boolean {
  if (kind === 'pid') return param.type === 'int' && param.name === 'pid';
  if (kind === 'name') return param.type === 'text';
  return param.type === kind;
}

export type Offer = {
  readonly column: string;
  readonly value: string;
  readonly template: Template;
  readonly params: Readonly<Record<string, string>>;
  readonly hosts: readonly Host[];
  /** "web-1", "all 25 hosts". */
  readonly where: string;
};

export type Pivot = {
  readonly row: Row;
  /** Column under the cursor: its value comes first. */
  readonly column: string | undefined;
  /** The host that the row is of, when it is in the inventory. */
  readonly host: Host | undefined;
};

/** Addresses that are no one's in particular. */
const EMPTY = new Set(['', '0.0.0.0', '::', '127.0.0.1', '::1']);

/** Every template that takes a value of the row: on the host of the row first, then on all. A pid is a thing of one host only. */
export function offersFor({ row, column, host }: Pivot, templates: readonly Template[], all: readonly Host[]): readonly Offer[] {
  const columns = Object.keys(row).sort((a, b) => Number(b === column) - Number(a === column));
  return columns.flatMap(name => {
    const value = row[name] ?? '';
    const kind = EMPTY.has(value) ? undefined : kindOf(name, value);
    if (!kind) return [];
    return templates.flatMap(template => {
      const param = template.params.find(candidate => takes(candidate, kind));
      if (!param || !('value' in checkParam(param, value, 0))) return [];
      const offer = { column: name, value, template, params: { [param.name]: value } };
      const here: Offer[] = host ? [{ ...offer, hosts: [host], where: host.hostname }] : [];
      const everywhere: Offer[] = kind === 'pid' ? [] : [{ ...offer, hosts: all, where: `all ${all.length} hosts` }];
      return [...here, ...everywhere];
    });
  });
}
