/** How severe an event is, from the osquery tables that produced it (contracts/aisoc.md 1.3). */
import type { Severity } from './model.ts';
import { SEVERITIES } from './model.ts';

const BY_TABLE: ReadonlyMap<string, Severity> = new Map<string, Severity>([
  ...[
    'startup_items',
    'scheduled_tasks',
    'launchd',
    'crontab',
    'kernel_extensions',
    'kernel_modules',
    // `browser_extensions` is the documented name; no such table exists. These are osquery's.
    'browser_extensions',
    'chrome_extensions',
    'firefox_addons',
    'safari_extensions',
    'ie_extensions',
    'browser_plugins',
    'chrome_extension_content_scripts',
  ].map(table => [table, 'high'] as const),
  ...['file_events', 'processes', 'process_open_sockets', 'listening_ports', 'logged_in_users'].map(table => [table, 'medium'] as const),
  ...['system_info', 'os_version', 'uptime'].map(table => [table, 'info'] as const),
]);

const UNLISTED: Severity = 'medium';

/** What a responder has to look at. */
export const isSevere = (severity: Severity): boolean => severity === 'high' || severity === 'critical';

export const severityRank = (severity: Severity): number => SEVERITIES.indexOf(severity);

/** The most severe of the tables decides; a table that is not listed is medium, and so is an unknown one. */
export function severityOfTables(tables: readonly string[]): { severity: Severity; reason: string; table: string | null } {
  let best: { severity: Severity; table: string } | undefined;
  for (const name of tables) {
    const table = name.trim().toLowerCase();
    const severity = BY_TABLE.get(table) ?? UNLISTED;
    if (!best || severityRank(severity) > severityRank(best.severity)) best = { severity, table };
  }
  if (!best) return { severity: UNLISTED, reason: 'table unknown: medium', table: null };
  const listed = BY_TABLE.has(best.table) ? '' : ' (not listed)';
  const others = tables.length > 1 ? `, the most severe of ${tables.join(', ')}` : '';
  return { severity: best.severity, reason: `table ${best.table}${listed}: ${best.severity}${others}`, table: best.table };
}
