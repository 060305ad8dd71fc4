/** What a host is told to watch, and the ways in which it may come: contracts/osquery-remote.md 1.2, 1.4 and 3. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ALL_PACKS, configReply, packedNames } from '../../../src/connectors/direct/config.ts';
import { tableFinder } from '../../../src/connectors/direct/logs.ts';
import { DEFAULT_INTERVALS, defaultSchedule, packsOf } from '../../../src/connectors/direct/schedule.ts';
import { loadOsqueryTables } from '../../../src/core/osquery-tables.ts';
import { tablesOf } from '../../../src/core/sql-tables.ts';
import { authority } from '../../helpers/certificates.ts';
import { temporaryDirectory } from '../../helpers/directories.ts';
import { allHosts } from '../contract.ts';
import { ask, consume, difference, enrolment, startDirect, TestNode } from './support.ts';

const deps = { schedule: defaultSchedule(DEFAULT_INTERVALS), intervals: DEFAULT_INTERVALS, packs: ALL_PACKS, filePaths: undefined };
const packsFor = (platform: string, tags: string[] = [], over: Partial<typeof deps> = {}) =>
  configReply({ ...deps, ...over }, { platform, tags }) as Record<string, Record<string, { queries: Record<string, unknown> }>>;
const queriesFor = (platform: string) => Object.values(packsFor(platform).packs ?? {}).flatMap(({ queries }) => Object.keys(queries));

describe('the packs', () => {
  it('are those of the host’s platform', () => {
    expect(queriesFor('ubuntu')).toEqual(expect.arrayContaining(['file_events', 'systemd_units', 'authorized_keys']));
    expect(queriesFor('ubuntu')).not.toEqual(expect.arrayContaining(['services']));
    expect(queriesFor('darwin')).toEqual(expect.arrayContaining(['file_events', 'launchd']));
    expect(queriesFor('windows')).toEqual(expect.arrayContaining(['services', 'ntfs_journal_events', 'scheduled_tasks']));
    expect(queriesFor('windows')).not.toEqual(expect.arrayContaining(['file_events']));
  });

  it('go to hosts with a tag, where tags are named', () => {
    const packs = { fim: ['dmz'], network: 'none' } as const;
    const reply = (tags: string[]) => configReply({ ...deps, packs }, { platform: 'debian', tags });
    expect(reply(['dmz', 'x'])).toMatchObject({ packs: { fim: {} }, file_paths: {}, options: { enable_file_events: true } });
    expect(reply(['x'])).not.toHaveProperty('packs');
    expect(reply(['x'])).not.toHaveProperty('file_paths');
  });

  it('watch paths of the platform, or the operator’s own', () => {
    expect(packsFor('debian').file_paths).toMatchObject({ ssh: expect.arrayContaining(['/root/.ssh/%%']) });
    expect(packsFor('windows').file_paths).toMatchObject({ tasks: expect.any(Array) });
    expect(configReply({ ...deps, filePaths: { web: ['/srv/%%'] } }, { platform: 'debian', tags: [] })).toMatchObject({
      file_paths: { web: ['/srv/%%'] },
    });
  });

  it('name tables and columns that osquery has', async () => {
    const tables = await loadOsqueryTables();
    const queries = Object.values(packsOf(DEFAULT_INTERVALS)).flatMap(pack => Object.values(pack.queries));
    for (const { query } of queries) {
      const known = tablesOf(query).map(name => tables.get(name));
      expect(known, query).not.toContain(undefined);
      const columns = new Set(known.flatMap(table => table?.columns.map(({ name }) => name) ?? []));
      const listed = query.slice('SELECT '.length, query.indexOf(' FROM ')).split(', ');
      for (const column of listed) expect(columns, `${query}: ${column}`).toContain(column.replace(/^\w\./, ''));
    }
  });

  it('are smaller than what osquery reads', () => {
    expect(JSON.stringify(packsFor('')).length).toBeLessThan(65_536);
  });

  it('log under names whose tables are known', () => {
    const find = tableFinder(packedNames(DEFAULT_INTERVALS));
    expect(find('pack/fim/file_events')).toEqual(['file_events']);
    expect(find('pack/windows_services/services')).toEqual(['services']);
  });

  it('are those of the table that a query is named after, though another comes first in its SQL', () => {
    const find = tableFinder(packedNames(DEFAULT_INTERVALS));
    expect(find('pack/processes/shell_history')).toEqual(['shell_history', 'users']);
    expect(find('pack/persistence/authorized_keys')).toEqual(['authorized_keys', 'users']);
  });
});

describe('a change to a file', () => {
  it('is an event with its action and path', async () => {
    const { connector, address } = await startDirect({ packs: ALL_PACKS });
    const node = await TestNode.enroll(address, 'web-1');
    const { events } = consume(connector);
    const columns = { target_path: '/etc/cron.d/x', category: 'configuration', action: 'CREATED', transaction_id: '0' };
    await node.log([difference('pack/fim/file_events', columns)]);
    expect(events).toMatchObject([
      { tables: ['file_events'], action: 'added', row: columns, title: expect.stringContaining('/etc/cron.d/x') },
    ]);
  });
});

describe('a host with --tls_enroll_override', () => {
  it('sends its secret under another key', async () => {
    const { address } = await startDirect({ secretKey: 'deployment_key' });
    const { enroll_secret, ...rest } = enrolment(address.enrollSecret, 'web-1');
    expect(await ask(address, '/enroll', { ...rest, deployment_key: enroll_secret })).toHaveProperty('node_key');
    expect(await ask(address, '/enroll', { ...rest, enroll_secret })).toEqual({ node_invalid: true });
  });
});

describe('a host with a client certificate and no key', () => {
  it('is known by its certificate, from the first request on', async () => {
    const ca = await authority();
    const clientCaFile = path.join(temporaryDirectory(), 'ca.pem');
    writeFileSync(clientCaFile, ca.cert);
    const { connector, address } = await startDirect({ clientCaFile });
    const [one, two] = [await ca.sign(), await ca.sign()];
    for (const tls of [one, one, two]) expect(await ask(address, '/config', { node_key: '' }, { tls })).toHaveProperty('schedule');
    expect(await allHosts(connector)).toMatchObject([{ hostname: 'signed' }, { hostname: 'signed', labels: ['duplicate'] }]);
    expect(await ask(address, '/config', { node_key: 'wrong' }, { tls: one })).toEqual({ node_invalid: true });
  });

  it('is nobody where no client CA is set', async () => {
    const { address } = await startDirect();
    expect(await ask(address, '/config', { node_key: '' })).toEqual({ node_invalid: true });
  });
});
