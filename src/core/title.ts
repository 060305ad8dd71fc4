/** One line that tells a responder what a row is about. All sources use it, so that the same thing reads the same. */
import { eventTitle } from './event-titles.ts';
import type { EventAction, Row } from './model.ts';
import { clean } from './sanitize.ts';

/** Longest title, and longest value in it, in UTF-16 units. */
export const MAX_TITLE = 200;
const MAX_VALUE = 100;

/**
 * The telling columns of a table as phrases, in reading order. `{a|b}` is the first of these columns that has a value;
 * a phrase is left out when one of its marks has none.
 */
const PHRASES: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    arp_cache: ['{address}', 'is {mac}'],
    authorized_keys: ['{key_file}', '{comment|key}'],
    chrome_extensions: ['{name}', '{version}', '{identifier}'],
    crontab: ['{command}', 'in {path}'],
    deb_packages: ['{name}', '{version}'],
    etc_hosts: ['{address}', '{hostnames}'],
    file: ['{path}'],
    firefox_addons: ['{name}', '{version}', '{identifier}'],
    groups: ['{groupname}', 'gid {gid}'],
    hash: ['{path}', '{sha256}'],
    kernel_extensions: ['{name}', '{version}', '{path}'],
    kernel_modules: ['{name}', '{status}'],
    last: ['{username}', 'on {tty}', 'from {host}'],
    launchd: ['{label|name}', '{program|program_arguments}', 'in {path}'],
    listening_ports: ['{address}:{port}', '{name|process_name}', '{path|process_path}', 'pid {pid}'],
    logged_in_users: ['{user}', 'on {tty}', 'from {host}'],
    mounts: ['{device}', 'on {path}'],
    os_version: ['{name}', '{version}'],
    process_open_sockets: ['{local_address}:{local_port}', '→ {remote_address}:{remote_port}', '{name|process_name}', 'pid {pid}'],
    processes: ['{name}', 'pid {pid}', '{cmdline|path}'],
    safari_extensions: ['{name}', '{version}', '{identifier}'],
    scheduled_tasks: ['{name}', '{action|path}'],
    services: ['{name}', '{path}', '{status}'],
    shell_history: ['{command}', 'in {history_file}'],
    startup_items: ['{name}', '{path}', '{args}'],
    suid_bin: ['{path}', '{permissions}', 'of {username}'],
    system_info: ['{hostname|computer_name}', '{uuid}'],
    systemd_units: ['{id}', '{fragment_path}'],
    uptime: ['{days} d', '{hours} h'],
    users: ['{username}', 'uid {uid}', '{shell}'],
  }),
);

/** Column/value pairs shown of a row whose table has no phrases. */
const PLAIN_COLUMNS = 3;

/** osquery writes -1 for what it could not find out, such as whose a socket is. */
const isTelling = (value: string | null | undefined): boolean => Boolean(value) && value !== '-1';

const short = (value: string): string => clean(value, MAX_VALUE);

/** A phrase as text and, at the odd places, the columns of a mark. Every event is told by one, so each is taken apart once. */
function partsOf(phrase: string): readonly (readonly string[])[] {
  const known = PARTS.get(phrase);
  if (known) return known;
  const parts = phrase.split(/\{([^}]+)\}/).map((part, at) => (at % 2 === 1 ? part.split('|') : [part]));
  PARTS.set(phrase, parts);
  return parts;
}
const PARTS = new Map<string, readonly (readonly string[])[]>();

function fill(phrase: string, row: Row): string | undefined {
  let text = '';
  for (const [at, part] of partsOf(phrase).entries()) {
    if (at % 2 === 0) {
      text += part[0];
      continue;
    }
    const column = part.find(name => isTelling(row[name]));
    if (column === undefined) return undefined;
    text += short(row[column] ?? '');
  }
  return text;
}

function plain(row: Row): string[] {
  const pairs = Object.entries(row).flatMap(([column, value]) => (value ? [`${column}=${short(value)}`] : []));
  return pairs.slice(0, PLAIN_COLUMNS);
}

export type Titled = {
  /** Tables that produced the row, most telling first. */
  readonly tables: readonly string[];
  readonly queryName: string | null;
  readonly action: EventAction | null;
  /** Already clean (`cleanRow`). */
  readonly row: Row;
};

const filled = (phrases: readonly string[], row: Row): string[] => phrases.flatMap(phrase => fill(phrase, row) ?? []);

/** An event table's row is something that happened; one without the columns that tell of it is like any other row. */
function happened(tables: readonly string[], row: Row): string | undefined {
  for (const table of tables) {
    const event = eventTitle(table, row);
    const told = event ? filled(event.phrases, row) : [];
    if (event && told.length > 0) return `${event.what}: ${told.join(' ')}`;
  }
  return undefined;
}

/**
 * `listening_ports added: 0.0.0.0:4444 nc /usr/bin/nc pid 812`, `file created: /etc/cron.d/x`. Named after the table where it is
 * known, else after the query. A difference says which way it went; a row of a snapshot needs no word for that.
 */
export function titleOf({ tables, queryName, action, row }: Titled): string {
  const event = action === 'removed' ? undefined : happened(tables, row);
  if (event !== undefined) return clean(event, MAX_TITLE);
  const table = tables.find(name => PHRASES.has(name));
  const phrases = filled(PHRASES.get(table ?? '') ?? [], row);
  const told = phrases.length > 0 ? phrases : plain(row);
  const subject = table ?? tables[0] ?? queryName ?? 'result';
  const change = action === 'added' || action === 'removed' ? ` ${action}` : '';
  return clean(told.length > 0 ? `${subject}${change}: ${told.join(' ')}` : `${subject}${change}`, MAX_TITLE);
}
