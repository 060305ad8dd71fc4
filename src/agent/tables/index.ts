/** The tables of the local node. Exactly osquery's columns; what the platform cannot tell honestly is not there. */
import type { Table, TableHost, Tables } from '../table.ts';
import { authorizedKeys } from './authorized-keys.ts';
import { crontab } from './crontab.ts';
import { debPackages } from './deb-packages.ts';
import { dnsResolvers } from './dns-resolvers.ts';
import { etcHosts } from './etc-hosts.ts';
import { file } from './file.ts';
import { groups } from './groups.ts';
import { hash } from './hash.ts';
import { interfaceAddresses } from './interface-addresses.ts';
import { kernelModules } from './kernel-modules.ts';
import { last } from './last.ts';
import { listeningPorts } from './listening-ports.ts';
import { loggedInUsers } from './logged-in-users.ts';
import { mounts } from './mounts.ts';
import { osVersion } from './os-version.ts';
import { osqueryInfo } from './osquery-info.ts';
import { processOpenSockets } from './process-open-sockets.ts';
import { processes } from './processes.ts';
import { shellHistory } from './shell-history.ts';
import { startupItems } from './startup-items.ts';
import { systemInfo } from './system-info.ts';
import { time } from './time.ts';
import { uptime } from './uptime.ts';
import { userGroups } from './user-groups.ts';
import { users } from './users.ts';

/** Tables that need nothing of Linux. */
const portable = (host: TableHost, platform: NodeJS.Platform): Table[] => [
  crontab(host),
  etcHosts(host),
  file(),
  hash(),
  interfaceAddresses(),
  osVersion(host, platform),
  osqueryInfo(host, platform),
  systemInfo(host),
  time(host),
  uptime(),
];

/** Tables over /proc, utmp, dpkg and the account files, which on macOS do not exist or do not tell the truth. */
const linux = (host: TableHost): Table[] => [
  authorizedKeys(host),
  debPackages(host),
  dnsResolvers(host),
  groups(host),
  kernelModules(host),
  last(host),
  listeningPorts(host),
  loggedInUsers(host),
  mounts(host),
  processOpenSockets(host),
  processes(host),
  shellHistory(host),
  startupItems(host),
  userGroups(host),
  users(host),
];

export function localTables(host: TableHost, platform: NodeJS.Platform = process.platform): Tables & ReadonlyMap<string, Table> {
  const tables = platform === 'linux' ? [...portable(host, platform), ...linux(host)] : portable(host, platform);
  return new Map(tables.map(table => [table.name, table]));
}
