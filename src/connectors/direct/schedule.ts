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

/** Queries that belong together, for one kind of machine. */
export type Pack = { readonly queries: Schedule; readonly platform?: ScheduledQuery['platform'] };

export const PACK_NAMES = ['processes', 'network', 'persistence', 'fim', 'windows_services'] as const;
export type PackName = (typeof PACK_NAMES)[number];

/** What is watched beyond the schedule. Rows of event tables come once by themselves. Intervals of slow things are longer. */
export const packsOf = ({ differential, snapshot }: Intervals): Readonly<Record<PackName, Pack>> => {
  const seldom = Math.max(differential, snapshot);
  return {
    processes: {
      queries: {
        process_events: {
          query: 'SELECT pid, parent, uid, path, cmdline, cwd, time FROM process_events',
          interval: differential,
          platform: 'posix',
        },
        shell_history: {
          query: 'SELECT u.username, h.time, h.command, h.history_file FROM users AS u JOIN shell_history AS h USING (uid)',
          interval: seldom,
          platform: 'posix',
        },
      },
    },
    network: {
      queries: {
        process_open_sockets: {
          query:
            "SELECT s.remote_address, s.remote_port, s.protocol, p.name, p.path, p.cmdline, p.uid FROM process_open_sockets AS s JOIN processes AS p USING (pid) WHERE s.remote_port <> 0 AND s.remote_address NOT IN ('127.0.0.1', '::1')",
          interval: differential,
        },
        etc_hosts: { query: 'SELECT address, hostnames FROM etc_hosts', interval: seldom },
        dns_resolvers: { query: 'SELECT type, address FROM dns_resolvers', interval: seldom, platform: 'posix' },
      },
    },
    persistence: {
      queries: {
        users: { query: 'SELECT username, uid, gid, directory, shell FROM users', interval: seldom },
        authorized_keys: {
          query:
            'SELECT u.username, k.algorithm, k.key, k.options, k.comment, k.key_file FROM users AS u JOIN authorized_keys AS k USING (uid)',
          interval: seldom,
          platform: 'posix',
        },
        suid_bin: { query: 'SELECT path, username, groupname, permissions FROM suid_bin', interval: seldom, platform: 'posix' },
        systemd_units: {
          query: "SELECT id, fragment_path, unit_file_state, user FROM systemd_units WHERE unit_file_state IN ('enabled', 'generated')",
          interval: seldom,
          platform: 'linux',
        },
        launchd: {
          query: 'SELECT path, label, program, program_arguments, run_at_load, username FROM launchd',
          interval: seldom,
          platform: 'darwin',
        },
        scheduled_tasks: {
          query: 'SELECT name, action, path, enabled, hidden FROM scheduled_tasks',
          interval: seldom,
          platform: 'windows',
        },
        autoexec: { query: 'SELECT path, name, source FROM autoexec', interval: seldom, platform: 'windows' },
        wmi_script_event_consumers: {
          query: 'SELECT name, scripting_engine, script_file_name, script_text FROM wmi_script_event_consumers',
          interval: seldom,
          platform: 'windows',
        },
      },
    },
    fim: {
      queries: {
        file_events: {
          query: 'SELECT target_path, category, action, uid, gid, mode, size, sha256, hashed, time FROM file_events',
          interval: differential,
          platform: 'posix',
        },
        ntfs_journal_events: {
          query: 'SELECT action, category, path, old_path, time FROM ntfs_journal_events',
          interval: differential,
          platform: 'windows',
        },
      },
    },
    windows_services: {
      platform: 'windows',
      queries: {
        services: {
          query: 'SELECT name, display_name, service_type, start_type, path, module_path, user_account FROM services',
          interval: seldom,
        },
        drivers: { query: 'SELECT service, image, signed FROM drivers', interval: seldom },
      },
    },
  };
};

/** Run by the host when it loads the config; what they say is with every line that it logs. */
export const DECORATORS = {
  load: ['SELECT uuid AS host_uuid FROM system_info', 'SELECT version AS osquery_version FROM osquery_info'],
} as const;
