import { constants, type DatabaseSync } from 'node:sqlite';
import sources from 'rollcall:templates';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { isOsqueryTable } from '../../src/core/osquery-tables.ts';
import { AllowlistError } from '../../src/core/problem.ts';
import { checkSelect, OSQUERY_FUNCTIONS } from '../../src/core/select-only.ts';
import { parseTemplate } from '../../src/core/template.ts';
import { osqueryDatabase } from '../helpers/osquery-database.ts';

/** A host's SQLite: osquery's tables and functions, and what an extension added to them. */
let host: DatabaseSync;

beforeAll(async () => {
  host = await osqueryDatabase('linux');
  host.exec('CREATE TABLE kolide_exec (cmd TEXT, output TEXT); CREATE TABLE yara (path TEXT, sigurl TEXT)');
  host.exec('ALTER TABLE yara_file ADD COLUMN sigurl TEXT');
  for (const name of [...OSQUERY_FUNCTIONS, 'carve', 'sleep']) host.function(name, { varargs: true }, () => null);
});

describe('checkSelect', () => {
  it.each(sources.map(parseTemplate).map(template => [template.name, template.sql] as const))(
    'lets the shipped template %s pass',
    (_, sql) => {
      expect(checkSelect(sql)).toBeUndefined();
    },
  );

  it.each([
    'SELECT 1',
    'select name from processes;',
    "SELECT count(*), group_concat(DISTINCT name) FILTER (WHERE pid > 1) FROM processes WHERE name IN ('curl', 'wget', 'carve')",
    "SELECT 'curl', name FROM processes WHERE cmdline LIKE '%; DROP TABLE users; --%'",
    "SELECT replace(path, 'a', 'b') AS 'insert' FROM users u, file f WHERE f.directory = u.directory -- DELETE FROM users",
    'SELECT * FROM carves',
    "SELECT * FROM yara_file WHERE path = '/tmp/x' AND sigfile = '/etc/rules.yar'",
    'WITH RECURSIVE up(pid, n) AS NOT MATERIALIZED (SELECT 1, 0 UNION ALL SELECT p.parent, n + 1 FROM up JOIN processes p USING (pid)) SELECT * FROM up LIMIT 9',
    'WITH a AS (VALUES (1)), b AS MATERIALIZED (SELECT * FROM a) SELECT * FROM b WHERE EXISTS (SELECT 1 FROM users)',
    'SELECT row_number() OVER w FROM processes WINDOW w AS (PARTITION BY uid ORDER BY pid)',
    'SELECT CASE WHEN (1) THEN (2) ELSE (3) END, CAST (pid AS text) FROM processes',
    "SELECT value FROM users, json_each('[1]') WHERE in_cidr_block('10.0.0.0/8', '10.1.1.1')",
    'SELECT name FROM processes WHERE pid = :pid',
  ])('lets pass: %s', sql => {
    expect(checkSelect(sql)).toBeUndefined();
    expect(() => host.prepare(sql)).not.toThrow();
  });

  it.each([
    ['nothing', ''],
    ['a comment alone', '-- SELECT 1'],
    ['deletion', 'DELETE FROM users'],
    ['a pragma', 'PRAGMA table_info(users)'],
    ['an explanation', 'EXPLAIN SELECT 1'],
    ['values', 'VALUES (1)'],
    ['another database', "ATTACH '/tmp/x' AS x"],
    ['two statements', 'SELECT 1; SELECT 2'],
    ['two statements, one behind a comment', 'SELECT 1 /* ; */ ; -- \n DELETE FROM users'],
    ['a change behind WITH', 'WITH a AS (SELECT 1) DELETE FROM users'],
    ['a change behind several common tables', 'WITH a(x) AS (SELECT 1), b AS MATERIALIZED (SELECT 2) INSERT INTO users (uid) SELECT 3'],
    ['a replacement behind WITH', 'WITH RECURSIVE a AS (SELECT 1) REPLACE INTO users (uid) VALUES (1)'],
    ['a common table called recursive', 'WITH recursive AS (SELECT 1) DELETE FROM users'],
    ['a quote that does not end', "SELECT 'a FROM users"],
    ['a comment that does not end', 'SELECT 1 /* FROM users'],
    ['a NUL', 'SELECT 1\0FROM users'],
    ['text that runs backwards', 'SELECT 1 /* \u202e */'],
    ['the carve function in a window', "SELECT carve('/etc/shadow') OVER () FROM users"],
    ['loading code', "SELECT load_extension('/tmp/x.so')"],
    ['a function that nobody knows', 'SELECT made_up(1)'],
    ['a space that is none to SQLite', 'SELECT 1 FROM users\u00a0window'],
  ])('refuses %s', (_, sql) => {
    const problem = checkSelect(sql);
    expect(problem).toBeInstanceOf(AllowlistError);
    expect(problem?.message).toMatch(/^The statement is refused\. .+ Only a single SELECT/);
  });

  /** Each is a statement that SQLite takes. */
  it.each([
    ['a request', "SELECT * FROM curl WHERE url = 'http://203.0.113.40/'"],
    ['a request, in any case', 'SELECT * FROM CuRl'],
    ['a request with its schema', 'SELECT * FROM main.curl'],
    ['a request in quotes', 'SELECT * FROM "curl"'],
    ['a request in brackets', 'SELECT * FROM [curl]'],
    ['a request in backticks', 'SELECT * FROM `curl`'],
    ['a request named by a text', "SELECT * FROM 'curl'"],
    ['a request behind comments', 'SELECT * FROM/**/--x\n/* y */curl'],
    ['a request behind a comma', 'SELECT * FROM users, curl'],
    ['a request in nested brackets', 'SELECT * FROM (users u JOIN ((curl)) ON 1)'],
    ['a request in a sub-query', 'SELECT (SELECT result FROM curl LIMIT 1) FROM users'],
    ['a request in a common table', 'WITH a AS (SELECT * FROM curl) SELECT * FROM a'],
    ['a request behind a common table of its name', 'WITH curl AS (SELECT 1) SELECT * FROM main.curl'],
    ['a request behind IN', "SELECT 1 FROM users WHERE 'x' IN (SELECT result FROM curl)"],
    ['a request behind an alias that looks like a clause', 'SELECT * FROM users window, curl'],
    ['a request as a text behind such an alias', "SELECT * FROM users window, 'curl'"],
    ['a certificate', "SELECT * FROM curl_certificate WHERE hostname = 'x'"],
    ['a carve', "SELECT * FROM carves WHERE path = '/etc/shadow' AND carve = 1"],
    ['a carve in other words', 'SELECT * FROM carves c WHERE 1 IN (c."carve")'],
    ['a carve by a join', "SELECT * FROM carves NATURAL JOIN (SELECT 1 AS 'carve', '/etc/shadow' AS path)"],
    [
      'a carve by a list of columns',
      "WITH w(carve, path) AS (VALUES (1, '/etc/shadow')) SELECT * FROM carves JOIN w USING ('carve', path)",
    ],
    ['the carve function', "SELECT carve('/etc/shadow')"],
    ['the carve function in quotes', `SELECT "carve"('/etc/shadow')`],
    ['the carve function in brackets', "SELECT [carve] /**/ ('/etc/shadow')"],
    ['the carve function under an odd alias', "SELECT carve('/etc/shadow') AS materialized FROM users"],
    ['sleep', 'SELECT sleep(3600)'],
    ['much memory', 'SELECT zeroblob(1000000000)'],
    ['rules from an address', "SELECT * FROM yara_file WHERE path = '/tmp' AND sigurl = 'http://203.0.113.40/'"],
    ['rules from an address, in quotes', `SELECT * FROM yara_file WHERE "SIGURL" = 'x'`],
    ['a table of an extension', 'SELECT * FROM kolide_exec'],
    ['a table of an extension behind an alias that looks like a clause', 'SELECT * FROM users window, kolide_exec'],
    ['a table of an extension behind a window', 'SELECT * FROM users JOIN processes window JOIN kolide_exec'],
    ['the schema', 'SELECT sql FROM sqlite_master'],
    ['a pragma as a table', "SELECT * FROM pragma_table_info('users')"],
    ['a table of an extension behind IN', "SELECT 1 FROM users WHERE 'x' IN (SELECT cmd FROM 'kolide_exec')"],
  ])('refuses %s: %s', (_, sql) => {
    expect(() => host.prepare(sql)).not.toThrow();
    expect(checkSelect(sql)).toBeInstanceOf(AllowlistError);
  });

  it('names what it refuses', () => {
    expect(checkSelect('SELECT * FROM kolide_exec')?.message).toContain('reads kolide_exec: osquery has no such table');
    expect(checkSelect('DROP TABLE users')?.message).toContain('begins with "DROP"');
    expect(checkSelect('SELECT CARVE(path) FROM users')?.message).toContain('calls carve()');
    expect(checkSelect('SELECT 1 FROM carves WHERE carve')?.message).toContain('starts the carving of files');
    expect(checkSelect('\u001b[2J')?.message).not.toContain('\u001b');
  });
});

describe('what passes', () => {
  const table = fc.constantFrom(
    'users',
    'processes',
    'kolide_exec',
    'curl',
    '"curl"',
    "'kolide_exec'",
    'main.users',
    'carves',
    'c0',
    "json_each('1')",
  );
  const alias = fc.constantFrom(
    '',
    ' x',
    ' AS y',
    ' window',
    " AS 'z'",
    ' "order"',
    ' AS materialized',
    ' left',
    ' recursive',
    ' NOT INDEXED',
  );
  const call = fc.constantFrom('1', 'count(*)', "carve('x')", '"sleep"(1)', "lower('A')", 'max(1, 2) AS filter', "'curl'", 'NULL');
  const { source } = fc.letrec<{ source: string; query: string }>(tie => ({
    source: fc.oneof(
      { maxDepth: 3 },
      fc.tuple(table, alias).map(([name, as]) => name + as),
      fc
        .tuple(tie('source'), fc.constantFrom(', ', ' JOIN ', ' CROSS JOIN ', ' NATURAL JOIN ', ' LEFT JOIN '), tie('source'))
        .map(parts => parts.join('')),
      tie('source').map(inner => `(${inner})`),
      fc.tuple(tie('query'), alias).map(([inner, as]) => `(${inner})${as}`),
    ),
    query: fc
      .tuple(
        call,
        tie('source'),
        fc.constantFrom('', ' WHERE 1 IN (SELECT 1 FROM users)', " WHERE 'x' IN kolide_exec", ' GROUP BY 1 ORDER BY 1', ' LIMIT 1'),
      )
      .map(([what, from, rest]) => `SELECT ${what} FROM ${from}${rest}`),
  }));
  const statement = fc
    .tuple(
      fc.constantFrom('', 'WITH c0 AS (SELECT 1) ', 'WITH RECURSIVE c0(a) AS (SELECT 1) ', 'WITH c0 AS (SELECT 1 FROM kolide_exec) '),
      call,
      source,
    )
    .map(([start, what, from]) => `${start}SELECT ${what} FROM ${from}`);

  /** What SQLite itself says that a statement reads and calls; undefined when it takes no such statement. */
  function usedBy(sql: string): { tables: Set<string>; functions: Set<string> } | undefined {
    const used = { tables: new Set<string>(), functions: new Set<string>() };
    host.setAuthorizer((action, first, second) => {
      if (action === constants.SQLITE_READ && first !== null) used.tables.add(first.toLowerCase());
      if (action === constants.SQLITE_FUNCTION && second !== null) used.functions.add(second.toLowerCase());
      return constants.SQLITE_OK;
    });
    try {
      host.prepare(sql);
      return used;
    } catch {
      return undefined;
    } finally {
      host.setAuthorizer(null);
    }
  }

  it('reads only tables of osquery and calls only known functions, as SQLite understands it', () => {
    let passed = 0;
    fc.assert(
      fc.property(statement, sql => {
        const used = usedBy(sql);
        if (used === undefined || checkSelect(sql) !== undefined) return;
        passed += 1;
        const tables = [...used.tables].filter(name => name !== 'c0' && name !== 'json_each');
        expect(tables.filter(name => !isOsqueryTable(name) || name === 'curl')).toEqual([]);
        expect([...used.functions].filter(name => name === 'carve' || name === 'sleep')).toEqual([]);
      }),
      { numRuns: 3_000 },
    );
    expect(passed).toBeGreaterThan(50);
  });
});
