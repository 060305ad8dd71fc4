/** One line that tells a responder what a row is about. All sources use it, so that the same thing reads the same. */
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
    file_events: ['{action}', '{target_path}', '{sha256}'],
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
    process_events: ['{cmdline|path}', 'pid {pid}'],
    process_open_sockets: ['{local_address}:{local_port}', '→ {remote_address}:{remote_port}', '{name|process_name}', 'pid {pid}'],
    processes: ['{name}', 'pid {pid}', '{cmdline|path}'],
    safari_extensions: ['{name}', '{version}', '{identifier}'],
    scheduled_tasks: ['{name}', '{action|path}'],
    services: ['{name}', '{path}', '{status}'],
    shell_history: ['{command}', 'in {history_file}'],
    socket_events: ['{action}', '{local_address}:{local_port}', '→ {remote_address}:{remote_port}', '{path}', 'pid {pid}'],
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

function fill(phrase: string, row: Row): string | undefined {
  let complete = true;
  const filled = phrase.replace(/\{([^}]+)\}/g, (_, columns: string) => {
    const value = columns
      .split('|')
      .map(column => row[column])
      .find(isTelling);
    complete &&= Boolean(value);
    return short(value ?? '');
  });
  return complete ? filled : undefined;
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

/**
 * `listening_ports added: 0.0.0.0:4444 nc /usr/bin/nc pid 812`. Named after the table where it is known, else after the
 * query. A difference says which way it went; a row of a snapshot needs no word for that.
 */
export function titleOf({ tables, queryName, action, row }: Titled): string {
  const table = tables.find(name => PHRASES.has(name));
  const phrases = (PHRASES.get(table ?? '') ?? []).flatMap(phrase => fill(phrase, row) ?? []);
  const told = phrases.length > 0 ? phrases : plain(row);
  const subject = table ?? tables[0] ?? queryName ?? 'result';
  const change = action === 'added' || action === 'removed' ? ` ${action}` : '';
  return clean(told.length > 0 ? `${subject}${change}: ${told.join(' ')}` : `${subject}${change}`, MAX_TITLE);
}
