/** What rows of osquery's event tables tell, as people would say it: they are things that happened, not lines of a table. */
import type { Row } from './model.ts';

/** `what` is the beginning ("file created"); `phrases` as in `title.ts`. */
export type EventTitle = { readonly what: string; readonly phrases: readonly string[] };

/** `ATTRIBUTES_MODIFIED`, `FileRename_NewName` and `reverse_connect` as words. */
const words = (name: string): string =>
  name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replace(/[_\s]+/g, ' ')
    .trim()
    .toLowerCase();

const FILE_ACTIONS: Readonly<Record<string, string>> = {
  created: 'created',
  updated: 'changed',
  deleted: 'deleted',
  'moved from': 'moved away',
  'moved to': 'moved here',
  'attributes modified': 'attributes changed',
  accessed: 'read',
};

/** Linux and macOS name the action alone, Windows says `FileCreation`. */
function fileWhat(action: string): string {
  const said = words(action);
  if (said === '') return 'file event';
  return /^(file|directory) /.test(said) ? said : `file ${FILE_ACTIONS[said] ?? said}`;
}

/** Types of records of the Linux audit system that osquery's `user_events` takes. */
const AUDIT_TYPES: Readonly<Record<string, string>> = {
  1100: 'user authentication',
  1101: 'user account check',
  1102: 'user management',
  1103: 'credentials acquired',
  1104: 'credentials disposed of',
  1105: 'session opened',
  1106: 'session closed',
  1108: 'password or account change',
  1109: 'user error',
  1110: 'credentials refreshed',
  1112: 'user login',
  1113: 'user logout',
  1114: 'user added',
  1115: 'user deleted',
  1116: 'group added',
  1117: 'group deleted',
  1123: 'user command',
};

/** A value of an audit message: `acct="root"`, `res=failed`. */
const said = (message: string, name: string): string => new RegExp(`(?:^|[\\s'])${name}="?([^\\s"']+)`).exec(message)?.[1] ?? '';

function userTitle({ type, message }: Row): EventTitle {
  const text = message ?? '';
  const failed = /^(failed|no|0)$/.test(said(text, 'res')) ? ' failed' : '';
  // A brace would begin a mark of a phrase.
  const account = said(text, 'acct').replace(/[{}]/g, '');
  return {
    what: `${AUDIT_TYPES[type ?? ''] ?? 'user event'}${failed}`,
    phrases: [...(account === '' ? [] : [account]), 'uid {uid}', 'by {path}', 'on {terminal}', 'from {address}'],
  };
}

const SOCKET_ACTIONS: Readonly<Record<string, EventTitle>> = {
  connect: { what: 'connection', phrases: ['to {remote_address}:{remote_port}', 'by {path}', 'pid {pid}'] },
  accept: {
    what: 'connection accepted',
    phrases: ['from {remote_address}:{remote_port}', 'on port {local_port}', 'by {path}', 'pid {pid}'],
  },
  bind: { what: 'socket bound', phrases: ['{local_address}:{local_port}', 'by {path}', 'pid {pid}'] },
  listen: { what: 'socket listens', phrases: ['{local_address}:{local_port}', 'by {path}', 'pid {pid}'] },
};

function socketTitle({ action, status }: Row): EventTitle {
  const known = SOCKET_ACTIONS[action ?? ''] ?? { what: `socket ${words(action ?? 'event')}`, phrases: ['{path}', 'pid {pid}'] };
  return status === 'failed' ? { ...known, what: `${known.what} failed` } : known;
}

const PROCESS = ['{cmdline|path}', 'pid {pid}', 'parent {parent|ppid}'];

/** `ProcessStop` and `exit` end a process; all else that is logged begins one, or says what it does. */
function processWhat(kind: string): string {
  const told = words(kind).replace(/^process /, '');
  if (told === '' || /^(start|exec|execve|execveat)$/.test(told)) return 'process started';
  if (/^(stop|exit)$/.test(told)) return 'process ended';
  return told === 'fork' ? 'process forked' : `process ${told}`;
}

const TITLES: Readonly<Record<string, (row: Row) => EventTitle>> = {
  apparmor_events: ({ apparmor }) => ({
    what: `AppArmor ${words(apparmor ?? '') || 'event'}`,
    phrases: ['{operation}', '{name}', 'by {comm}', 'profile {profile}'],
  }),
  disk_events: ({ action }) => ({ what: `disk ${words(action ?? '')}`.trim(), phrases: ['{name|media_name}', '{vendor}', '{path}'] }),
  dns_lookup_events: () => ({ what: 'name looked up', phrases: ['{name}', '→ {response}', 'by {path}', 'pid {pid}'] }),
  es_process_events: ({ event_type }) => ({ what: processWhat(event_type ?? ''), phrases: [...PROCESS, 'user {username}'] }),
  es_process_file_events: ({ event_type }) => ({
    what: fileWhat(event_type ?? ''),
    phrases: ['{filename}', '→ {dest_filename}', 'by {path}', 'pid {pid}'],
  }),
  file_events: ({ action }) => ({ what: fileWhat(action ?? ''), phrases: ['{target_path}', 'sha256 {sha256}'] }),
  hardware_events: ({ action }) => ({
    what: `hardware ${words(action ?? '')}`.trim(),
    phrases: ['{vendor}', '{model|path}', 'serial {serial}'],
  }),
  ntfs_journal_events: ({ action }) => ({ what: fileWhat(action ?? ''), phrases: ['{path}', 'was {old_path}'] }),
  powershell_events: () => ({ what: 'PowerShell ran', phrases: ['{script_text}', 'in {script_path}'] }),
  process_etw_events: ({ type }) => ({ what: processWhat(type ?? ''), phrases: [...PROCESS, 'user {username}'] }),
  process_events: () => ({ what: 'process started', phrases: [...PROCESS, 'uid {uid}'] }),
  process_file_events: ({ operation }) => ({
    what: fileWhat(operation ?? ''),
    phrases: ['{path}', '→ {dest_path}', 'by {executable}', 'pid {pid}'],
  }),
  seccomp_events: () => ({ what: 'system call refused', phrases: ['{syscall}', 'of {exe|comm}', 'pid {pid}'] }),
  selinux_events: () => ({ what: 'SELinux', phrases: ['{message}'] }),
  socket_events: socketTitle,
  syslog_events: () => ({ what: 'syslog', phrases: ['{tag}', '{message}'] }),
  user_events: userTitle,
  windows_events: ({ eventid }) => ({ what: `Windows event ${eventid ?? ''}`.trim(), phrases: ['{provider_name|source}', '{data}'] }),
  yara_events: () => ({ what: 'YARA match', phrases: ['{target_path}', '{matches}'] }),
};

/** How a row of this table is told; undefined for tables that are not of events. */
export const eventTitle = (table: string, row: Row): EventTitle | undefined =>
  Object.hasOwn(TITLES, table) ? TITLES[table]?.(row) : undefined;
