/** What enrolled hosts watch by themselves, and how: the reply to a config request (contracts/osquery-remote.md 1.4). */

/** One scheduled query as osquery's config writes it. `interval` in seconds. */
export type ScheduledQuery = {
  readonly query: string;
  readonly interval: number;
  readonly snapshot?: boolean;
  readonly platform?: 'linux' | 'posix' | 'darwin' | 'windows';
};
export type Schedule = Readonly<Record<string, ScheduledQuery>>;

/** Seconds. */
export type Intervals = {
  /** Between looks at what changes differentially, and between snapshots. */
  readonly differential: number;
  readonly snapshot: number;
  /** Between a host's questions for live queries, and between its deliveries of logs. */
  readonly distributed: number;
  readonly logger: number;
};

export const DEFAULT_INTERVALS: Intervals = { differential: 60, snapshot: 300, distributed: 10, logger: 4 };

/** Columns that change by themselves (times, counters, `used_by`) stay out: each change would be an event. */
export const defaultSchedule = ({ differential, snapshot }: Intervals): Schedule => ({
  listening_ports: {
    query:
      'SELECT l.address, l.port, l.protocol, l.family, l.pid, p.name, p.path, p.cmdline FROM listening_ports AS l LEFT JOIN processes AS p USING (pid) WHERE l.port <> 0',
    interval: differential,
  },
  logged_in_users: { query: 'SELECT type, user, tty, host, time, pid FROM logged_in_users', interval: differential },
  crontab: {
    query: 'SELECT event, minute, hour, day_of_month, month, day_of_week, command, path FROM crontab',
    interval: differential,
    platform: 'posix',
  },
  kernel_modules: { query: 'SELECT name, size, status FROM kernel_modules', interval: differential, platform: 'linux' },
  startup_items: { query: 'SELECT name, path, args, type, source, status, username FROM startup_items', interval: differential },
  processes: { query: 'SELECT pid, parent, name, path, cmdline, uid FROM processes', interval: snapshot, snapshot: true },
});

/** The config reply. Options that osquery takes from its command line only have no place here: it would warn of each. */
export function configReply(schedule: Schedule, { distributed, logger }: Intervals): Record<string, unknown> {
  return { schedule, options: { distributed_interval: distributed, logger_tls_period: logger }, node_invalid: false };
}
