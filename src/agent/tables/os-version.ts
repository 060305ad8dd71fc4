import path from 'node:path';
import type { Table, TableHost, TableRow } from '../table.ts';
import { readText } from './files.ts';
import { machine } from './system-info.ts';

/** Name and version of the operating system: /etc/os-release on Linux, SystemVersion.plist on macOS. */
export const osVersion = (host: TableHost, platform: NodeJS.Platform): Table => ({
  name: 'os_version',
  columns: [
    'name TEXT',
    'version TEXT',
    'major INTEGER',
    'minor INTEGER',
    'patch INTEGER',
    'build TEXT',
    'platform TEXT',
    'platform_like TEXT',
    'codename TEXT',
    'arch TEXT',
    'extra TEXT HIDDEN',
    'install_date BIGINT HIDDEN',
    'revision INTEGER HIDDEN',
    'pid_with_namespace INTEGER HIDDEN',
    'mount_namespace_id TEXT HIDDEN',
  ],
  rows: () => [{ ...(platform === 'darwin' ? macos(host) : linux(host)), arch: machine(), pid_with_namespace: 0 }],
});

function linux(host: TableHost): TableRow {
  const release = releaseFields(readText(path.join(host.root, '/etc/os-release')) ?? '');
  const [major = 0, minor = 0, patch = 0] = (release.get('VERSION_ID') ?? '').split('.').filter(part => part !== '');
  const row = {
    name: release.get('NAME') ?? 'Unknown',
    version: release.get('VERSION'),
    major,
    minor,
    patch,
    build: release.get('BUILD_ID'),
    platform: release.get('ID') ?? 'posix',
    platform_like: release.get('ID_LIKE'),
    codename: release.get('VERSION_CODENAME'),
  };
  const redhat = readText(path.join(host.root, '/etc/redhat-release'));
  return redhat === undefined ? row : { ...row, ...redhatRow(redhat.trim().replace(/\s+/g, ' ')) };
}

function releaseFields(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split('\n').flatMap(line => {
      const found = /^(\w+)=(?:"(.*)"|'(.*)'|(.*))$/.exec(line.trim());
      return found ? [[found[1] ?? '', found[2] ?? found[3] ?? found[4] ?? ''] as const] : [];
    }),
  );
}

/** The release line wins over os-release on Red Hat's family. */
function redhatRow(line: string): TableRow {
  const [, name, major, minor, patch] = /^([\w\s]+) .* (\d+)\.(\d+)\.?(\w+)?/.exec(line) ?? [];
  return {
    platform: 'rhel',
    platform_like: 'rhel',
    version: line,
    build: '',
    ...(name === undefined ? {} : { name, major, minor, patch: patch ?? 0 }),
  };
}

function macos(host: TableHost): TableRow {
  const plist = readText(path.join(host.root, '/System/Library/CoreServices/SystemVersion.plist')) ?? '';
  const value = (key: string) => new RegExp(`<key>${key}</key>\\s*<string>([^<]*)</string>`).exec(plist)?.[1];
  const version = value('ProductVersion') ?? '';
  const [major, minor, patch = 0] = version.split('.');
  return {
    name: value('ProductName') ?? 'macOS',
    version,
    major,
    minor,
    patch,
    build: value('ProductBuildVersion'),
    platform: 'darwin',
    platform_like: 'darwin',
  };
}
