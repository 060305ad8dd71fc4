import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runSql, type SqlLimits } from '../../src/agent/sql.ts';
import type { Table } from '../../src/agent/table.ts';
import { toyFile, toyKeys, toyProcesses, toyTable, toyUsers } from './toy-tables.ts';

function node() {
  const tables = { file: toyFile(), hash: toyFile('hash'), processes: toyProcesses(), users: toyUsers(), keys: toyKeys() };
  const run = (sql: string, limits?: SqlLimits) => runSql(sql, new Map<string, Table>(Object.entries(tables)), limits);
  return { tables, run };
}

const answer = (sql: string) => node().run(sql);

describe('values', () => {
  it('are strings: integers exactly, reals with a point, NULL as nothing', async () => {
    const sql = "SELECT 9007199254740993 AS big, 1.0 AS real, 0.1 + 0.2 AS sum, NULL AS gone, 'x' AS text, x'4142' AS blob";
    expect(await answer(sql)).toEqual({ rows: [{ big: '9007199254740993', real: '1.0', sum: '0.3', gone: '', text: 'x', blob: 'AB' }] });
  });

  it('are typed inside the statement by their columns, whatever the table gave', async () => {
    expect(await answer('SELECT pid FROM processes WHERE pid > 3 ORDER BY pid')).toEqual({ rows: [{ pid: '20' }, { pid: '300' }] });
    expect(await answer("SELECT typeof(pid) AS a, typeof(name) AS b FROM processes WHERE name = 'cat'")).toEqual({
      rows: [{ a: 'integer', b: 'text' }],
    });
  });

  it('of a numeric column that are empty are NULL to SQL; empty text stays text', async () => {
    expect(await answer("SELECT parent IS NULL AS gone, path = '' AS empty FROM processes WHERE pid = 300")).toEqual({
      rows: [{ gone: '1', empty: '1' }],
    });
  });

  it('of columns with the same name collapse, and the last one stays', async () => {
    expect(await answer('SELECT 1 AS a, 2 AS b, 3 AS a')).toEqual({ rows: [{ a: '3', b: '2' }] });
  });

  it('end at a NUL', async () => {
    expect(await answer("SELECT 'a' || char(0) || 'b' AS text")).toEqual({ rows: [{ text: 'a' }] });
  });
});

describe('statements', () => {
  it('fill only the tables that they name', async () => {
    const { tables, run } = node();
    await run('SELECT count(*) FROM Processes -- users');
    expect(tables.processes.asked).toHaveLength(1);
    expect(tables.users.asked).toHaveLength(0);
  });

  it.each([
    ['SELECT * FROM launchd', 'no such table: launchd'],
    ['SELECT nope FROM processes', 'no such column: nope'],
    ['SELEC 1', 'near "SELEC": syntax error'],
    ['SELECT (', 'incomplete input'],
    ["UPDATE users SET username = 'x'", 'not authorized'],
    ["ATTACH DATABASE 'stolen' AS s", 'not authorized'],
    ['PRAGMA table_info(users)', 'not authorized'],
    ['WITH x AS (SELECT 1) DELETE FROM users', 'attempt to write a readonly database'],
    ['SELECT 1; SELECT 2', 'only one statement can be run'],
  ])('%s answers with an error', async (sql, error) => {
    expect(await answer(sql)).toEqual({ error });
  });

  it('may end in a semicolon, hold comments, or nothing at all', async () => {
    expect(await answer('SELECT 1 AS a; -- that is all')).toEqual({ rows: [{ a: '1' }] });
    expect(await answer(' /* nothing */ ')).toEqual({ rows: [] });
  });

  it('may use common table expressions, also recursive ones', async () => {
    const sql = `WITH RECURSIVE tree(pid, depth) AS (
      SELECT pid, 0 FROM processes WHERE pid = 1 UNION ALL SELECT p.pid, depth + 1 FROM processes p JOIN tree t ON p.parent = t.pid
    ) SELECT pid, depth FROM tree ORDER BY pid`;
    expect(await answer(sql)).toEqual({
      rows: [
        { pid: '1', depth: '0' },
        { pid: '20', depth: '1' },
      ],
    });
  });

  it('leave hidden columns out of * and give them by name', async () => {
    expect(await answer("SELECT * FROM file WHERE path = '/bin/sh'")).toEqual({
      rows: [{ path: '/bin/sh', directory: '/bin', size: '7' }],
    });
    expect(await answer("SELECT secret FROM file WHERE path = '/bin/sh'")).toEqual({ rows: [{ secret: 'hidden' }] });
    expect(await answer("SELECT * FROM file WHERE path = '/bin/sh' AND secret = 'hidden'")).toEqual({
      rows: [{ path: '/bin/sh', directory: '/bin', size: '7' }],
    });
  });

  it('stop after their time and their number of rows', async () => {
    const { run } = node();
    const endless = 'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c';
    expect(await run(endless, { limitMs: 50 })).toEqual({ error: 'query stopped: it took more than 0.05 s' });
    expect(await run(endless, { maxRows: 10 })).toEqual({ error: 'query stopped: more than 10 rows' });
  });

  it('that make no sense get an answer too', async () => {
    const { run } = node();
    const word = fc.constantFrom(
      ...`SELECT WITH FROM file hash keys processes AS f JOIN LEFT ON USING ( ) , . path directory uid = == IN LIKE AND OR NOT BETWEEN CASE END UNION '/tmp/%' "f" * 1 ; -- /* ' (SELECT IS WHERE`.split(
        ' ',
      ),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(word, { maxLength: 25 }), async words => {
        const result = await run(`SELECT ${words.join(' ')}`, { limitMs: 2_000, maxRows: 1_000 });
        expect('rows' in result || result.error !== '').toBe(true);
      }),
      { numRuns: 300 },
    );
    expect(await run(`SELECT ${'('.repeat(50_000)}1`)).toEqual({ error: expect.stringContaining('too large') });
  });

  it('fail, not the node, when a table breaks', async () => {
    const broken = toyTable({ name: 'broken', columns: ['a TEXT'] }, () => {
      throw new Error('disk on fire');
    });
    expect(await runSql('SELECT * FROM broken', new Map([['broken', broken]]))).toEqual({
      error: 'table broken could not be read: disk on fire',
    });
  });
});

const REQUIRED = 'Table file was queried without a required column in the WHERE clause';

describe('a table with required columns', () => {
  it.each([
    ["SELECT path FROM file WHERE path = '/tmp/a'", ['/tmp/a']],
    ["SELECT path FROM file WHERE '/tmp/a' == file.path", ['/tmp/a']],
    ["SELECT path FROM file f WHERE f.path IN ('/tmp/a', '/bin/sh', '/none')", ['/bin/sh', '/tmp/a']],
    ["SELECT path FROM file WHERE path LIKE '/tmp/%'", ['/tmp/a', '/tmp/b']],
    ["SELECT path FROM file WHERE directory = '/tmp'", ['/tmp/a', '/tmp/b']],
    ["SELECT path FROM file WHERE (path = '/tmp/a' OR directory = '/bin') AND size > 0", ['/bin/sh', '/bin/cat', '/tmp/a']],
    ["SELECT path FROM file WHERE path = '/tmp/' || 'a'", ['/tmp/a']],
    ['SELECT path FROM file WHERE path = (SELECT path FROM processes WHERE pid = 1)', ['/bin/sh']],
    ['SELECT path FROM file WHERE path IN (SELECT path FROM processes)', ['/bin/sh', '/bin/cat']],
    ["SELECT path FROM file WHERE path LIKE '/tmp/%' AND size = 6 AND secret = 'hidden'", ['/tmp/a', '/tmp/b']],
    ["SELECT path FROM file WHERE directory = '/tmp' AND path LIKE '/tmp/%' AND size BETWEEN 1 AND 99", ['/tmp/a', '/tmp/b']],
    [
      "SELECT path FROM file WHERE path = '/tmp/a' UNION ALL SELECT path FROM file WHERE directory = '/bin'",
      ['/tmp/a', '/bin/sh', '/bin/cat'],
    ],
    ["WITH wanted(p) AS (VALUES ('/tmp/b')) SELECT path FROM file WHERE path IN (SELECT p FROM wanted)", ['/tmp/b']],
    ['SELECT (SELECT f.path FROM file f WHERE f.path = p.path) AS path FROM processes p WHERE p.pid = 1', ['/bin/sh']],
    ["SELECT path FROM (SELECT path FROM file WHERE path = '/tmp/a')", ['/tmp/a']],
    ["SELECT DISTINCT path FROM \"file\" WHERE [path] = '/tmp/a' -- AND path = '/bin/sh'", ['/tmp/a']],
  ])('answers %s', async (sql, paths) => {
    expect(await answer(sql)).toEqual({ rows: paths.map(path => ({ path })) });
  });

  it.each([
    'SELECT * FROM file',
    'SELECT * FROM file WHERE size > 3',
    "SELECT * FROM file WHERE path = '/tmp/a' OR size > 3",
    'SELECT * FROM file WHERE size = 6',
    "SELECT * FROM file WHERE NOT path = '/tmp/a'",
    "SELECT * FROM file WHERE path <> '/tmp/a'",
    "SELECT * FROM file WHERE path NOT IN ('/tmp/a')",
    "SELECT path = '/tmp/a' FROM file",
    'SELECT * FROM file f WHERE f.path = f.directory',
    "SELECT * FROM file f LEFT JOIN users u ON f.path = '/tmp/a'",
    'SELECT * FROM (SELECT 1) WHERE EXISTS (SELECT 1 FROM file)',
  ])('refuses %s', async sql => {
    expect(await answer(sql)).toEqual({ error: REQUIRED });
  });

  it('is asked for what the other side of a join holds, narrowed by the conditions on that side', async () => {
    const { tables, run } = node();
    const sql = "SELECT p.name, h.size FROM processes p JOIN hash h ON h.path = p.path WHERE p.path <> '' AND p.pid < 10";
    expect(await run(sql)).toEqual({ rows: [{ name: 'init', size: '7' }] });
    expect(tables.hash.asked).toEqual([{ equals: { path: ['/bin/sh'] }, like: {} }]);
  });

  it.each([
    "SELECT f.path, h.size FROM file f LEFT JOIN hash h ON h.path = f.path WHERE f.path = '/tmp/a'",
    "SELECT f.path, h.size FROM file f, hash h WHERE f.path = h.path AND f.path = '/tmp/a'",
    "SELECT path, h.size FROM file JOIN hash h USING (path) WHERE file.path = '/tmp/a'",
    "SELECT f.path, h.size FROM hash h INNER JOIN file AS f ON f.path = h.path WHERE h.path = '/tmp/a'",
  ])('fills along a chain of bound tables: %s', async sql => {
    expect(await answer(sql)).toEqual({ rows: [{ path: '/tmp/a', size: '6' }] });
  });

  it('is asked by each of its references for itself', async () => {
    const { tables, run } = node();
    const sql = "SELECT a.path AS a, b.path AS b FROM file a JOIN file b ON b.directory = a.path WHERE a.path = '/tmp/a'";
    expect(await run(sql)).toEqual({ rows: [{ a: '/tmp/a', b: '/tmp/a/deep' }] });
    expect(tables.file.asked).toEqual([
      { equals: { path: ['/tmp/a'] }, like: {} },
      { equals: { directory: ['/tmp/a'] }, like: {} },
    ]);
  });

  it('gives a file once that is asked for in two ways', async () => {
    const sql = "SELECT path FROM file WHERE path = '/tmp/a' OR directory = '/tmp'";
    expect(await answer(sql)).toEqual({ rows: [{ path: '/tmp/a' }, { path: '/tmp/b' }] });
  });

  it('is walked by a recursion until nothing new turns up', async () => {
    const sql = `WITH RECURSIVE walk(p) AS (SELECT '/tmp' UNION SELECT f.path FROM walk JOIN file f ON f.directory = walk.p)
      SELECT p FROM walk ORDER BY p`;
    expect(await answer(sql)).toEqual({ rows: ['/tmp', '/tmp/a', '/tmp/a/deep', '/tmp/b'].map(p => ({ p })) });
  });
});

describe('a table of user data', () => {
  it('shows only the agent’s own user when no uid is given', async () => {
    expect(await answer('SELECT key FROM keys')).toEqual({ rows: [{ key: 'root-key' }] });
  });

  it.each([
    'SELECT u.username, k.key FROM users u JOIN keys k ON k.uid = u.uid',
    'SELECT username, key FROM users JOIN keys USING (uid)',
    'SELECT u.username, k.key FROM keys k, users u WHERE u.uid = k.uid ORDER BY u.uid',
    'SELECT (SELECT username FROM users WHERE uid = k.uid) AS username, key FROM keys k WHERE uid IN (SELECT uid FROM users)',
  ])('shows everybody’s when joined with users: %s', async sql => {
    expect(await answer(sql)).toEqual({
      rows: [
        { username: 'root', key: 'root-key' },
        { username: 'mia', key: 'mia-key' },
      ],
    });
  });
});
