/**
 * An event in little memory, some 350 bytes: what many events have in common is held once, and title and cells are one text, so
 * that a row is made when it is asked for. The raw record and the dedupe key are on disk only.
 */
import { Buffer } from 'node:buffer';
import type { FilteredEvent } from '../core/filter.ts';
import type { Row } from '../core/model.ts';

type Host = Pick<FilteredEvent, 'source' | 'connector' | 'hostname' | 'hostId' | 'hostUuid'>;
type Manner = Pick<
  FilteredEvent,
  'kind' | 'eventType' | 'table' | 'tables' | 'queryName' | 'action' | 'severity' | 'severityReason' | 'attack' | 'rules' | 'isNew'
> & {
  readonly columns: readonly string[];
  /** Characters of its columns. */
  readonly width: number;
};

/** Between title and cells. Printable text (`clean`) has no control characters; what has them anyway loses them. */
const SEPARATOR = '\u0000';
const NULL = '\u0001';
const MARKS = /[\u0000\u0001]/g;

/** Characters of keys by which shared values are found. Hostile hosts bring ever new ones: then sharing begins anew. */
const SHARED_AT_MOST = 1_000_000;

/** One value for each key, as long as there are not too many. */
function shared<T>(): (key: string, make: () => T) => T {
  const known = new Map<string, T>();
  let size = 0;
  return (key, make) => {
    const found = known.get(key);
    if (found !== undefined) return found;
    size += key.length;
    if (size > SHARED_AT_MOST) {
      known.clear();
      size = key.length;
    }
    const made = make();
    known.set(key, made);
    return made;
  };
}

const hosts = shared<Host>();
const manners = shared<Manner>();
const columnLists = shared<readonly string[]>();

/** A copy: what was cut out of a longer text keeps all of that in memory. */
const alone = (text: string): string => Buffer.from(text).toString();

function hostOf({ source, connector, hostname, hostId, hostUuid }: FilteredEvent): Host {
  const key = [source, connector, hostname, hostId, hostUuid].join(SEPARATOR);
  return hosts(key, () => ({ source, connector, hostname, hostId, hostUuid }));
}

function mannerOf(event: FilteredEvent): Manner {
  const { kind, eventType, table, tables, queryName, action, severity, severityReason, attack, rules, isNew, row } = event;
  const names = Object.keys(row).join(SEPARATOR);
  const key = [kind, eventType, table, tables, queryName, action, severity, severityReason, attack, rules, isNew, names].join('\u0001');
  return manners(key, () => {
    const columns = columnLists(names, () => Object.keys(row));
    return {
      kind,
      eventType,
      table,
      tables,
      queryName,
      action,
      severity,
      severityReason,
      attack,
      rules,
      isNew,
      columns,
      width: names.length,
    };
  });
}

const unmarked = (text: string): string => (text.includes(SEPARATOR) || text.includes(NULL) ? text.replace(MARKS, '·') : text);

function textOf({ title, row }: FilteredEvent): string {
  const parts = [unmarked(title)];
  for (const name in row) parts.push(row[name] === null ? NULL : unmarked(row[name] ?? ''));
  return parts.join(SEPARATOR);
}

/** Its members are accessors: a spread does not copy them. */
export class PackedEvent implements FilteredEvent {
  readonly id: string;
  readonly time: number;
  readonly seenAt: number;
  /** Title and cells. */
  readonly text: string;
  readonly #host: Host;
  readonly #manner: Manner;

  constructor(event: FilteredEvent) {
    this.id = alone(event.id);
    this.time = event.time;
    this.seenAt = event.seenAt;
    this.text = textOf(event);
    this.#host = hostOf(event);
    this.#manner = mannerOf(event);
  }

  /** Characters, those of its columns included, which it may share with others. */
  get size(): number {
    return this.text.length + this.#manner.width;
  }

  get source() {
    return this.#host.source;
  }
  get connector() {
    return this.#host.connector;
  }
  get hostname() {
    return this.#host.hostname;
  }
  get hostId() {
    return this.#host.hostId;
  }
  get hostUuid() {
    return this.#host.hostUuid;
  }
  get kind() {
    return this.#manner.kind;
  }
  get eventType() {
    return this.#manner.eventType;
  }
  get table() {
    return this.#manner.table;
  }
  get tables() {
    return this.#manner.tables;
  }
  get queryName() {
    return this.#manner.queryName;
  }
  get action() {
    return this.#manner.action;
  }
  get severity() {
    return this.#manner.severity;
  }
  get severityReason() {
    return this.#manner.severityReason;
  }
  get attack() {
    return this.#manner.attack;
  }
  get rules() {
    return this.#manner.rules;
  }
  get isNew() {
    return this.#manner.isNew;
  }

  get title(): string {
    const end = this.text.indexOf(SEPARATOR);
    return end < 0 ? this.text : this.text.slice(0, end);
  }

  /** Made anew each time. */
  get row(): Row {
    const [, ...cells] = this.text.split(SEPARATOR);
    return Object.fromEntries(this.#manner.columns.map((name, index) => [name, readable(cells[index])]));
  }

  /** One cell of the row, without making the others; undefined when there is no such column. */
  cell(name: string): string | null | undefined {
    const place = this.#manner.columns.indexOf(name);
    if (place < 0) return undefined;
    let from = 0;
    for (let passed = 0; passed <= place; passed++) from = this.text.indexOf(SEPARATOR, from) + 1;
    const end = this.text.indexOf(SEPARATOR, from);
    return readable(this.text.slice(from, end < 0 ? undefined : end));
  }
}

const readable = (cell: string | undefined): string | null => (cell === undefined || cell === NULL ? null : cell);
