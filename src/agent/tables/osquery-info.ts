import type { Table, TableHost } from '../table.ts';
import { hostUuid } from './system-info.ts';

/** osquery's platform bits: POSIX 1, Linux 8, macOS 16 (contracts/osquery-remote.md 1.2). */
export const platformMask = (platform: NodeJS.Platform): number => (platform === 'darwin' ? 1 | 4 | 16 : 1 | 8);

/** The agent itself. `build_platform` is the platform it runs on; it is not a build of osquery, so it has no distro. */
export const osqueryInfo = (host: TableHost, platform: NodeJS.Platform): Table => ({
  name: 'osquery_info',
  columns: [
    'pid INTEGER',
    'uuid TEXT',
    'instance_id TEXT',
    'version TEXT',
    'config_hash TEXT',
    'config_valid INTEGER',
    'extensions TEXT',
    'build_platform TEXT',
    'build_distro TEXT',
    'start_time INTEGER',
    'watcher INTEGER',
    'platform_mask INTEGER',
  ],
  rows: () => [
    {
      pid: process.pid,
      uuid: hostUuid(host),
      instance_id: host.identity.instanceId,
      version: host.identity.version,
      config_valid: 1,
      extensions: 'inactive',
      build_platform: platform,
      start_time: host.identity.startedAt,
      watcher: -1,
      platform_mask: platformMask(platform),
    },
  ],
});
