/** The local node's tables, held against what Node itself knows of this machine and of this process. */
import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { chmodSync, linkSync, mkdirSync, readFileSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { localTables } from '../../src/agent/tables/index.ts';
import { loadOsqueryTables } from '../../src/core/osquery-tables.ts';
import { temporaryDirectory } from '../helpers/directories.ts';
import { listen } from '../helpers/servers.ts';
import { ask, hostOf } from './local.ts';

const isLinux = process.platform === 'linux';

describe('columns', async () => {
  const specs = await loadOsqueryTables();

  it.each([...localTables(hostOf(), 'linux').values()])(
    'of $name are osquery’s, in its order, with what is not for Linux hidden',
    ({ name, columns, required }) => {
      const spec = specs.get(name);
      const wanted = spec?.columns
        // listening_ports and process_open_sockets have no column of another platform; a column for none is left out by osquery's build.
        .map(
          column =>
            `${column.name} ${column.type}${column.hidden || (column.platforms.length > 0 && !column.platforms.includes('linux')) ? ' HIDDEN' : ''}`,
        );
      expect(columns).toEqual(wanted);
      expect(required ?? []).toEqual(spec?.columns.filter(column => column.required).map(column => column.name));
    },
  );

  it('of every table that the local node promises are there', () => {
    const promised =
      'processes process_open_sockets listening_ports logged_in_users file hash users groups user_groups system_info os_version uptime time osquery_info kernel_modules crontab startup_items mounts last authorized_keys shell_history etc_hosts dns_resolvers interface_addresses deb_packages';
    expect([...localTables(hostOf(), 'linux').keys()].toSorted()).toEqual(promised.split(' ').toSorted());
  });

  it('on macOS are those of the tables that work without Linux', async () => {
    const tables = localTables(hostOf(), 'darwin');
    for (const name of ['file', 'hash', 'etc_hosts', 'time', 'uptime', 'system_info', 'interface_addresses', 'os_version', 'osquery_info'])
      expect(tables.has(name)).toBe(true);
    await expect(ask('SELECT * FROM processes', {}, 'darwin')).rejects.toThrow('no such table: processes');
  });
});

describe.runIf(isLinux)('processes', () => {
  it('tell of this process what it knows of itself', async () => {
    const [row] = await ask(`SELECT * FROM processes WHERE pid = ${process.pid}`);
    expect(row).toMatchObject({
      pid: String(process.pid),
      parent: String(process.ppid),
      path: process.execPath,
      cwd: process.cwd(),
      root: '/',
      uid: String(process.getuid?.()),
      egid: String(process.getegid?.()),
      on_disk: '1',
      wired_size: '0',
    });
    expect(row?.cmdline).toContain(path.basename(process.execPath));
    expect(Number(row?.resident_size)).toBeGreaterThan(10 * 1024 * 1024);
    expect(Number(row?.threads)).toBeGreaterThan(1);
    const started = Date.now() / 1000 - process.uptime();
    expect(Math.abs(Number(row?.start_time) - started)).toBeLessThan(5);
  });

  it('are all there, this one’s parent too', async () => {
    const rows = await ask('SELECT p.pid, m.pid AS parent FROM processes p JOIN processes m ON m.pid = p.parent');
    expect(rows).toContainEqual({ pid: String(process.pid), parent: String(process.ppid) });
  });
});

describe.runIf(isLinux)('sockets', () => {
  it('of this process appear as listeners with its pid, until they are closed', async () => {
    const server = createServer();
    const port = await listen(server);
    const find = () => ask(`SELECT pid, port, protocol, family, address, fd > 0 AS fd FROM listening_ports WHERE port = ${port}`);
    expect(await find()).toEqual([
      { pid: String(process.pid), port: String(port), protocol: '6', family: '2', address: '127.0.0.1', fd: '1' },
    ]);
    server.close();
    await once(server, 'close');
    expect(await find()).toEqual([]);
  });

  it('over IPv6, UDP and unix paths are listeners too', async () => {
    const six = createServer().listen(0, '::1');
    const udp = createSocket('udp4');
    udp.bind(0, '127.0.0.1');
    const file = path.join(temporaryDirectory(), 'a socket');
    const unix = createServer().listen(file);
    onTestFinished(() => {
      six.close();
      udp.close();
      unix.close();
    });
    await Promise.all([once(six, 'listening'), once(udp, 'listening'), once(unix, 'listening')]);
    const rows = await ask(`SELECT address, port, protocol, family, path FROM listening_ports WHERE pid = ${process.pid}`);
    const sixPort = (six.address() as { port: number }).port;
    expect(rows).toContainEqual({ address: '::1', port: String(sixPort), protocol: '6', family: '10', path: '' });
    expect(rows).toContainEqual({ address: '127.0.0.1', port: String(udp.address().port), protocol: '17', family: '2', path: '' });
    expect(rows).toContainEqual({ address: '', port: '0', protocol: '0', family: '1', path: file });
  });

  it('that are connected say to whom', async () => {
    const server = createServer();
    const port = await listen(server);
    const { connect } = await import('node:net');
    const client = connect(port, '127.0.0.1');
    onTestFinished(() => void client.destroy());
    await once(client, 'connect');
    const local = (client.address() as { port: number }).port;
    const rows = await ask(`SELECT pid, local_port, remote_address, state FROM process_open_sockets WHERE remote_port = ${port}`);
    expect(rows).toContainEqual({ pid: String(process.pid), local_port: String(local), remote_address: '127.0.0.1', state: 'ESTABLISHED' });
  });
});

/** A directory with a file, a dotfile, a sub-directory with both, and a link to the file. */
function someFiles(): string {
  const directory = temporaryDirectory();
  mkdirSync(path.join(directory, 'sub'));
  for (const name of ['file', '.dot', 'sub/inner', 'sub/.inner']) writeFileSync(path.join(directory, name), `content of ${name}`);
  chmodSync(path.join(directory, 'file'), 0o4640);
  linkSync(path.join(directory, 'file'), path.join(directory, 'twin'));
  symlinkSync(path.join(directory, 'file'), path.join(directory, 'link'));
  symlinkSync('/nowhere', path.join(directory, 'broken'));
  return directory;
}

describe('file', () => {
  it('gives by path what stat does', async () => {
    const file = path.join(someFiles(), 'file');
    utimesSync(file, 1_700_000_000.9, 1_600_000_000.9);
    const stat = statSync(file);
    expect(await ask(`SELECT * FROM file WHERE path = '${file}'`)).toEqual([
      {
        path: file,
        directory: path.dirname(file),
        filename: 'file',
        inode: String(stat.ino),
        uid: String(stat.uid),
        gid: String(stat.gid),
        mode: '4640',
        device: '0',
        size: '15',
        block_size: String(stat.blksize),
        atime: '1700000000',
        mtime: '1600000000',
        ctime: String(Math.floor(stat.ctimeMs / 1000)),
        btime: isLinux ? '0' : expect.stringMatching(/^\d+$/),
        hard_links: '2',
        symlink: '0',
        type: 'regular',
        symlink_target_path: '',
      },
    ]);
  });

  it('has no row for a path that is not there', async () => {
    expect(await ask("SELECT * FROM file WHERE path = '/no/such/file'")).toEqual([]);
  });

  it('follows links for everything but the word that it is one', async () => {
    const directory = someFiles();
    const rows = await ask(
      `SELECT filename, symlink, type, symlink_target_path, size FROM file WHERE directory = '${directory}' AND symlink = 1 ORDER BY filename`,
    );
    expect(rows).toEqual([
      { filename: 'broken', symlink: '1', type: 'unknown', symlink_target_path: '/nowhere', size: '8' },
      { filename: 'link', symlink: '1', type: 'regular', symlink_target_path: path.join(directory, 'file'), size: '15' },
    ]);
  });

  it('with LIKE sees one level, no dotfiles, and directories with a trailing slash', async () => {
    const directory = someFiles();
    expect(
      await ask(`SELECT path, filename, directory FROM file WHERE path LIKE '${directory}/%' AND type <> 'unknown' ORDER BY path`),
    ).toEqual([
      { path: `${directory}/file`, filename: 'file', directory },
      { path: `${directory}/link`, filename: 'link', directory },
      { path: `${directory}/sub/`, filename: '.', directory: `${directory}/sub` },
      { path: `${directory}/twin`, filename: 'twin', directory },
    ]);
  });

  it('with a trailing %% goes down, where it sees dotfiles', async () => {
    const directory = someFiles();
    const rows = await ask(`SELECT path FROM file WHERE path LIKE '${directory}/%%' AND path LIKE '%inner'`);
    expect(rows.map(row => row.path).toSorted()).toEqual([`${directory}/sub/.inner`, `${directory}/sub/inner`]);
    expect(await ask(`SELECT path FROM file WHERE path LIKE '${directory}/%%' AND filename = '.dot'`)).toEqual([]);
  });

  it('does not run in circles of links', async () => {
    const directory = someFiles();
    symlinkSync(directory, path.join(directory, 'sub', 'up'));
    const rows = await ask(`SELECT path FROM file WHERE path LIKE '${directory}/%%' AND filename = 'inner'`);
    expect(rows).toContainEqual({ path: `${directory}/sub/inner` });
    expect(rows.length).toBeLessThan(4);
  });

  it('with a directory gives its dotfiles too, and nothing from below', async () => {
    const directory = someFiles();
    const rows = await ask(`SELECT filename FROM file WHERE directory = '${directory}' ORDER BY filename`);
    expect(rows.map(row => row.filename)).toEqual(['.dot', 'broken', 'file', 'link', 'sub', 'twin']);
  });

  it('understands alternatives, sets and single characters as the shell does', async () => {
    const directory = someFiles();
    const found = async (pattern: string) =>
      (await ask(`SELECT filename FROM file WHERE path LIKE '${directory}/${pattern}' OR path = '/none'`)).length;
    expect(await found('%in%')).toBe(2);
    expect(await found('sub/%')).toBe(1);
    expect(await found('.%')).toBe(1);
  });
});

describe('hash', () => {
  it('is what crypto says, joined with the file’s metadata', async () => {
    const file = path.join(someFiles(), 'file');
    const digest = (algorithm: string) => createHash(algorithm).update(readFileSync(file)).digest('hex');
    expect(
      await ask(`SELECT f.size, h.md5, h.sha1, h.sha256 FROM file f LEFT JOIN hash h ON h.path = f.path WHERE f.path = '${file}'`),
    ).toEqual([{ size: '15', md5: digest('md5'), sha1: digest('sha1'), sha256: digest('sha256') }]);
  });

  it('of a directory are those of its regular files', async () => {
    const directory = someFiles();
    const rows = await ask(`SELECT path FROM hash WHERE directory = '${directory}'`);
    expect(rows.map(row => path.basename(String(row.path)))).toEqual(['.dot', 'file', 'link', 'twin']);
  });

  it.runIf(isLinux)('of running programs come by a join with processes', async () => {
    const rows = await ask(`SELECT h.sha256 FROM processes p JOIN hash h ON h.path = p.path WHERE p.pid = ${process.pid}`);
    expect(rows).toEqual([{ sha256: createHash('sha256').update(readFileSync(process.execPath)).digest('hex') }]);
  });
});

describe('the machine', () => {
  it('has its name, memory and processors', async () => {
    const [row] = await ask('SELECT hostname, computer_name, cpu_logical_cores, physical_memory, uuid FROM system_info', {
      root: temporaryDirectory(),
    });
    expect(row).toEqual({
      hostname: os.hostname(),
      computer_name: os.hostname(),
      cpu_logical_cores: String(os.cpus().length),
      physical_memory: String(os.totalmem()),
      uuid: hostOf().identity.uuid,
    });
  });

  it('has been up for as long as the system says', async () => {
    const [row] = await ask('SELECT *, days * 86400 + hours * 3600 + minutes * 60 + seconds AS sum FROM uptime');
    expect(row?.sum).toBe(row?.total_seconds);
    expect(Math.abs(Number(row?.total_seconds) - os.uptime())).toBeLessThan(5);
  });

  it('has the addresses of its interfaces', async () => {
    const rows = await ask("SELECT address, mask FROM interface_addresses WHERE address = '127.0.0.1'");
    expect(rows).toEqual([{ address: '127.0.0.1', mask: '255.0.0.0' }]);
  });

  it('has a clock in UTC', async () => {
    expect(
      await ask('SELECT weekday, year, month, day, hour, minutes, seconds, timezone, unix_time, timestamp, iso_8601 FROM time'),
    ).toEqual([
      {
        weekday: 'Saturday',
        year: '2026',
        month: '11',
        day: '21',
        hour: '3',
        minutes: '4',
        seconds: '5',
        timezone: 'UTC',
        unix_time: '1795230245',
        timestamp: 'Sat Nov 21 03:04:05 2026 UTC',
        iso_8601: '2026-11-21T03:04:05Z',
      },
    ]);
  });

  it('says who the agent is', async () => {
    expect(await ask('SELECT pid, version, instance_id, start_time, platform_mask FROM osquery_info')).toEqual([
      { pid: String(process.pid), version: '9.9.9', instance_id: 'instance-1', start_time: '1795000000', platform_mask: '9' },
    ]);
  });

  it.runIf(isLinux)('has its file systems with the sizes that statfs gives', async () => {
    const rows = await ask("SELECT path, blocks_size > 0 AS sized FROM mounts WHERE path = '/proc'");
    expect(rows).toEqual([{ path: '/proc', sized: '1' }]);
  });
});
