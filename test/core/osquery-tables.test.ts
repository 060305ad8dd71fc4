import { describe, expect, it } from 'vitest';
import { isOsqueryTable, loadOsqueryTables, osqueryTable, osqueryTableNames } from '../../src/core/osquery-tables.ts';

describe('osquery tables', () => {
  it('names the same tables with and without their columns', async () => {
    expect(osqueryTableNames()).toEqual([...(await loadOsqueryTables()).keys()].toSorted());
    expect(osqueryTableNames()).toHaveLength(284);
  });

  it('knows names, and only names of tables', () => {
    expect(isOsqueryTable('processes')).toBe(true);
    expect(isOsqueryTable('Processes')).toBe(false);
    expect(isOsqueryTable('browser_extensions')).toBe(false);
    expect(isOsqueryTable('')).toBe(false);
  });

  it('tells platforms, types, required and hidden columns', async () => {
    const file = await osqueryTable('file');
    expect(file?.platforms).toEqual(['linux', 'darwin', 'windows']);
    expect(file?.columns.find(column => column.name === 'directory')).toEqual({
      name: 'directory',
      type: 'TEXT',
      required: true,
      hidden: false,
      platforms: [],
    });
    expect(file?.columns.find(column => column.name === 'pid_with_namespace')).toMatchObject({ hidden: true, platforms: ['linux'] });
    expect(file?.evented).toBe(false);
  });

  it('tells which tables need a publisher, and which need a user', async () => {
    expect((await osqueryTable('process_events'))?.evented).toBe(true);
    expect((await osqueryTable('shell_history'))?.perUser).toBe(true);
    expect(await osqueryTable('no_such_table')).toBeUndefined();
  });
});
