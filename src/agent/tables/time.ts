import { asciiTime } from '../ascii-time.ts';
import type { Table, TableHost } from '../table.ts';

/** The host's clock, in UTC. */
export const time = (host: TableHost): Table => ({
  name: 'time',
  columns: [
    'weekday TEXT',
    'year INTEGER',
    'month INTEGER',
    'day INTEGER',
    'hour INTEGER',
    'minutes INTEGER',
    'seconds INTEGER',
    'timezone TEXT',
    'local_timezone TEXT',
    'unix_time INTEGER',
    'timestamp TEXT',
    'datetime TEXT',
    'iso_8601 TEXT',
    'win_timestamp BIGINT HIDDEN',
  ],
  rows: () => {
    const now = new Date(Math.floor(host.now() / 1000) * 1000);
    const iso = now.toISOString().replace('.000Z', 'Z');
    return [
      {
        weekday: now.toLocaleDateString('en', { weekday: 'long', timeZone: 'UTC' }),
        year: now.getUTCFullYear(),
        month: now.getUTCMonth() + 1,
        day: now.getUTCDate(),
        hour: now.getUTCHours(),
        minutes: now.getUTCMinutes(),
        seconds: now.getUTCSeconds(),
        timezone: 'UTC',
        local_timezone: localZone(now),
        unix_time: now.getTime() / 1000,
        timestamp: asciiTime(now.getTime()),
        datetime: iso,
        iso_8601: iso,
      },
    ];
  },
});

/** The abbreviation of the machine's zone, e.g. "UTC" or "EST". */
function localZone(now: Date): string {
  const parts = new Intl.DateTimeFormat('en', { timeZoneName: 'short' }).formatToParts(now);
  return parts.find(part => part.type === 'timeZoneName')?.value ?? 'UTC';
}
