import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { isOsqueryTable } from '../../src/core/osquery-tables.ts';
import { tableOfQueryName, tablesOf } from '../../src/core/sql-tables.ts';

describe('tablesOf', () => {
  it.each([
    ['a plain statement', 'SELECT * FROM processes', ['processes']],
    ['any case', 'select * From PROCESSES', ['processes']],
    ['newlines and tabs', 'SELECT *\nFROM\n\tcrontab\nWHERE 1', ['crontab']],
    ['a comma join', 'SELECT * FROM users u, crontab AS c , uptime', ['users', 'crontab', 'uptime']],
    ['joins of all kinds', 'SELECT * FROM a LEFT OUTER JOIN b ON a.x = b.x NATURAL JOIN c CROSS JOIN d USING (y)', ['a', 'b', 'c', 'd']],
    ['a comma after a join condition', 'SELECT * FROM a JOIN b ON f(a.x, b.y) = 1, c', ['a', 'b', 'c']],
    ['columns of the condition as columns', 'SELECT * FROM a JOIN b USING (x, y) WHERE z IN (1, 2)', ['a', 'b']],
    ['a sub-query in FROM', 'SELECT * FROM (SELECT pid FROM processes) p JOIN uptime', ['processes', 'uptime']],
    ['a sub-query in WHERE', 'SELECT * FROM file WHERE uid IN (SELECT uid FROM users) AND 1', ['file', 'users']],
    ['a sub-query among the columns', 'SELECT (SELECT count(*) FROM users), 1 FROM uptime', ['users', 'uptime']],
    ['a comma after a sub-query', 'SELECT * FROM (SELECT 1), users', ['users']],
    ['bracketed joins', 'SELECT * FROM (a JOIN (b, c) ON 1), d', ['a', 'b', 'c', 'd']],
    ['a union', 'SELECT 1 FROM a UNION ALL SELECT 2 FROM b ORDER BY 1, 2', ['a', 'b']],
    ['each table once', 'SELECT * FROM a JOIN A JOIN b', ['a', 'b']],
    ['a common table expression', 'WITH p AS (SELECT * FROM processes) SELECT * FROM p JOIN users', ['processes', 'users']],
    ['several of them', 'WITH a AS (SELECT 1), b(x, y) AS MATERIALIZED (SELECT * FROM file) SELECT * FROM a, b', ['file']],
    [
      'a recursive one',
      'WITH RECURSIVE t(pid, depth) AS (SELECT pid, 0 FROM processes UNION ALL SELECT p.pid, depth + 1 FROM processes p JOIN t ON p.parent = t.pid) SELECT * FROM t',
      ['processes'],
    ],
    ['a common table only where it is known', 'SELECT * FROM (WITH users AS (SELECT 1) SELECT * FROM users), users', ['users']],
    ['a real table behind its schema', 'WITH users AS (SELECT 1) SELECT * FROM main.users', ['users']],
    ['quoted names', 'SELECT * FROM "Processes", `users`, [crontab], \'uptime\'', ['processes', 'users', 'crontab', 'uptime']],
    ['a doubled quote in a name', 'SELECT * FROM "a""b"', ['a"b']],
    ['a hostile name, made printable', 'SELECT * FROM "a\u001b[2J"', ['a␛[2j']],
    ['a schema', 'SELECT * FROM main.processes, "main"."users"', ['processes', 'users']],
    ['nothing in strings', "SELECT ' FROM crontab ', 'it''s FROM users' FROM uptime", ['uptime']],
    ['nothing in comments', 'SELECT 1 -- FROM crontab\nFROM /* FROM users */ uptime', ['uptime']],
    ['nothing of IS DISTINCT FROM', 'SELECT * FROM a WHERE x IS NOT DISTINCT FROM y', ['a']],
    ['a table after IN', 'SELECT * FROM a WHERE pid IN processes', ['a', 'processes']],
    ['no table functions', 'SELECT * FROM a, json_each(a.x)', ['a']],
    ['a statement without a table', 'SELECT 1, 2', []],
    ['nothing at all', '', []],
    ['several statements', 'SELECT 1 FROM a; SELECT x, y', ['a']],
  ])('finds %s', (_, sql, tables) => {
    expect(tablesOf(sql)).toEqual(tables);
  });

  it.each([
    "SELECT * FROM a WHERE x = 'never ends FROM b",
    'SELECT * FROM a /* never ends FROM b',
    'SELECT ) FROM a )',
    'FROM',
    'FROM (',
    'WITH x AS (',
  ])('takes what can be read of a broken statement: %s', sql => {
    expect(tablesOf(sql)).toEqual(sql.includes('FROM a') ? ['a'] : []);
  });

  it('reads a very long statement', () => {
    const string = `'${"x''".repeat(500_000)}'`;
    expect(tablesOf(`SELECT ${string} FROM processes WHERE ${'('.repeat(50_000)}`)).toEqual(['processes']);
  });
});

describe('tableOfQueryName', () => {
  it.each([
    ['crontab', 'crontab'],
    ['CronTab', 'crontab'],
    ['pack/ir/crontab', 'crontab'],
    ['pack/Global/kernel_modules', 'kernel_modules'],
    ['pack_ir_crontab', 'crontab'],
    ['pack_incident-response_kernel_modules', 'kernel_modules'],
    ['pack_ir_process_open_sockets', 'process_open_sockets'],
    ['pack/ir/browser_extensions', 'browser_extensions'],
  ])('%s is named after %s', (name, table) => {
    expect(tableOfQueryName(name)).toBe(table);
  });

  it.each(['', 'suspicious things', 'pack/ir/strange_login', 'pack_ir_strange_login', 'new_uptime', 'pack_', '/', 'constructor'])(
    '%j is not named after a table',
    name => {
      expect(tableOfQueryName(name)).toBeNull();
    },
  );
});

const collected = path.join(import.meta.dirname, '../../../shared/triage-templates.json');
const triage: { name: string; sql: string }[] = existsSync(collected) ? JSON.parse(readFileSync(collected, 'utf8')) : [];

describe.skipIf(triage.length === 0)('on the collected triage queries', () => {
  it('finds nothing but tables of osquery, and at least one in each', () => {
    for (const { name, sql } of triage) {
      const tables = tablesOf(sql);
      expect(tables, name).not.toEqual([]);
      expect(
        tables.filter(table => !isOsqueryTable(table)),
        name,
      ).toEqual([]);
    }
  });
});
