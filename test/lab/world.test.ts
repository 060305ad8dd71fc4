import { beforeAll, describe, expect, it } from 'vitest';
import { runSql } from '../../src/agent/sql.ts';
import type { Demand, TableRow } from '../../src/agent/table.ts';
import { loadOsqueryTables, type OsqueryTable } from '../../src/core/osquery-tables.ts';
import type { Platform } from '../../src/core/template.ts';
import { type LabHost, rosterOf } from '../../src/lab/roster.ts';
import { MAKERS, World } from '../../src/lab/world/world.ts';

const NOW = Date.UTC(2026, 10, 21, 3);
const hosts = rosterOf(60, 'seed', NOW);
const hostOn = (platform: Platform): LabHost => {
  const host = hosts.find(one => one.platform === platform && !one.isOdd);
  if (!host) throw new Error(`no host on ${platform}`);
  return host;
};
const odd = hosts.find(host => host.isOdd) as LabHost;

let specs: ReadonlyMap<string, OsqueryTable>;
let world: World;
beforeAll(async () => {
  specs = await loadOsqueryTables();
  world = new World(specs);
});

async function ask(host: LabHost, sql: string) {
  const result = await runSql(sql, world.tables(host, NOW));
  if ('error' in result) throw new Error(result.error);
  return result.rows;
}

const EVERYTHING: Demand = {
  equals: { path: ['/etc/passwd'], directory: ['/tmp', '/etc', 'C:\\Windows\\Temp'] },
  like: {},
  uses: () => true,
  pause: () => Promise.resolve(),
};

describe('rows of the lab', () => {
  it.each(Object.entries(MAKERS))('for %s have only columns that osquery has, on each of its platforms', (name, maker) => {
    const spec = specs.get(name);
    expect(spec).toBeDefined();
    const columns = new Set(spec?.columns.map(column => column.name));
    const made: TableRow[] = hosts
      .filter(host => spec?.platforms.includes(host.platform))
      .flatMap(host => [...maker({ host, now: Math.floor(NOW / 1000) }, EVERYTHING)]);
    expect(made.length).toBeGreaterThan(0);
    expect([...new Set(made.flatMap(row => Object.keys(row)))].filter(key => !columns.has(key))).toEqual([]);
  });

  it('are the same at every asking, and honour LIMIT, WHERE, ORDER BY and joins', async () => {
    const sql =
      "SELECT p.name, s.local_port FROM process_open_sockets s JOIN processes p ON p.pid = s.pid WHERE s.state = 'LISTEN' ORDER BY s.local_port DESC LIMIT 2";
    const host = hostOn('linux');
    const rows = await ask(host, sql);
    expect(rows).toHaveLength(2);
    expect(Number(rows[0]?.local_port)).toBeGreaterThanOrEqual(Number(rows[1]?.local_port));
    expect(await ask(host, sql)).toEqual(rows);
  });

  it('agree with each other: every listener is a process, every session a user', async () => {
    for (const host of hosts) {
      expect(await ask(host, 'SELECT l.pid FROM listening_ports l LEFT JOIN processes p USING (pid) WHERE p.pid IS NULL')).toEqual([]);
      expect(await ask(host, 'SELECT l.user FROM logged_in_users l LEFT JOIN users u ON u.username = l.user WHERE u.uid IS NULL')).toEqual(
        [],
      );
    }
  });

  it('of files come by path, by directory with dotfiles, and by LIKE without', async () => {
    const host = odd;
    const inTmp = await ask(host, "SELECT path FROM file WHERE directory = '/tmp'");
    expect(inTmp.map(row => row.path)).toContain('/tmp/.kdm.sh');
    const like = await ask(host, "SELECT path FROM file WHERE path LIKE '/tmp/%'");
    expect(like.map(row => row.path)).not.toContain('/tmp/.kdm.sh');
    expect(
      await ask(
        host,
        "SELECT f.size > 0 AS sized, length(h.sha256) AS hex FROM file f JOIN hash h ON h.path = f.path WHERE f.path = '/usr/bin/sudo'",
      ),
    ).toEqual([{ sized: '1', hex: '64' }]);
    await expect(ask(host, 'SELECT * FROM file')).rejects.toThrow('without a required column');
  });

  it('of the same program have the same hash on hosts of the same release', async () => {
    const ofRelease = hosts.filter(host => host.os.version === hostOn('linux').os.version).slice(0, 3);
    const hashes = await Promise.all(ofRelease.map(host => ask(host, "SELECT sha256 FROM hash WHERE path = '/usr/bin/curl'")));
    expect(new Set(hashes.map(rows => rows[0]?.sha256)).size).toBe(1);
  });

  it('of user data are root’s unless joined with users', async () => {
    expect(await ask(hostOn('linux'), 'SELECT * FROM shell_history')).toEqual([]);
    const joined = await ask(hostOn('linux'), 'SELECT DISTINCT u.username FROM users u JOIN shell_history h ON h.uid = u.uid');
    expect(joined.length).toBeGreaterThan(0);
  });
});

describe('tables of the lab', () => {
  it.each([
    ['windows', 'crontab'],
    ['linux', 'scheduled_tasks'],
    ['darwin', 'kernel_modules'],
    ['linux', 'no_such_table'],
  ] as const)('on %s do not hold %s', async (platform, table) => {
    await expect(ask(hostOn(platform), `SELECT * FROM ${table}`)).rejects.toThrow(`no such table: ${table}`);
  });

  it('that nobody wrote rows for are there, and empty', async () => {
    expect(await ask(hostOn('linux'), 'SELECT * FROM docker_containers')).toEqual([]);
  });

  it('show the columns of their own platform', async () => {
    const [windows] = await ask(hostOn('windows'), 'SELECT * FROM processes LIMIT 1');
    const [linux] = await ask(hostOn('linux'), 'SELECT * FROM processes LIMIT 1');
    expect([Object.hasOwn(windows ?? {}, 'elevated_token'), Object.hasOwn(linux ?? {}, 'elevated_token')]).toEqual([true, false]);
  });
});

describe('the odd host', () => {
  it('is the only one with its listener', async () => {
    const sql = 'SELECT l.port, p.path, p.on_disk FROM listening_ports l JOIN processes p USING (pid) WHERE l.port = 31337';
    expect(await ask(odd, sql)).toEqual([{ port: '31337', path: '/dev/shm/.cache/kworkerd', on_disk: '0' }]);
    for (const host of hosts) if (host !== odd) expect(await ask(host, sql)).toEqual([]);
  });
});
