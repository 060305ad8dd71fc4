import type { DatabaseSync } from 'node:sqlite';
import sources from 'rollcall:templates';
import { beforeAll, describe, expect, it } from 'vitest';
import { approve } from '../src/core/launch-policy.ts';
import { osqueryTable } from '../src/core/osquery-tables.ts';
import { tablesOf } from '../src/core/sql-tables.ts';
import { sqlTokens } from '../src/core/sql-tokens.ts';
import { type ParamSpec, PLATFORMS, type Platform, parseTemplate, type Template } from '../src/core/template.ts';
import { osqueryDatabase } from './helpers/osquery-database.ts';

const NOW = Date.UTC(2026, 6, 29, 12, 0, 0);
const templates = sources.map(parseTemplate);
const databases = new Map<Platform, DatabaseSync>();

beforeAll(async () => {
  for (const platform of PLATFORMS) databases.set(platform, await osqueryDatabase(platform));
});

const EXAMPLES: Record<ParamSpec['type'], string> = {
  int: '7',
  time: '24h',
  enum: '',
  path: "/tmp/it's here",
  ip: '203.0.113.40',
  sha256: 'ab'.repeat(32),
  text: "it's",
};

/** The template's SQL with a value for everything that has no default. */
function rendered({ name, params }: Template, given: Record<string, string> = {}): string {
  const needed = params.filter(spec => spec.default === undefined);
  const examples = needed.map(spec => [spec.name, spec.type === 'enum' ? (spec.values[0] ?? '') : EXAMPLES[spec.type]]);
  return approve(templates, { template: name, params: { ...Object.fromEntries(examples), ...given } }, NOW).sql;
}

function prepare(template: Template, platform: Platform, given?: Record<string, string>) {
  const database = databases.get(platform);
  if (!database) throw new Error(`no database for ${platform}`);
  return database.prepare(rendered(template, given));
}

/** Names of the columns that a template yields on any of its platforms. */
const yields = (template: Template): Set<string> =>
  new Set(
    template.platforms.flatMap(platform =>
      prepare(template, platform)
        .columns()
        .map(column => column.name),
    ),
  );

const words = (sql: string) => [...sqlTokens(sql)].map(token => (token.kind === 'word' ? token.text.toLowerCase() : token.text));

describe('the shipped templates', () => {
  it('hold the documented ones and file_by_path', () => {
    expect(templates.map(template => template.name)).toEqual(
      expect.arrayContaining([
        'active_connections',
        'file_by_path',
        'listening_ports',
        'logged_in_users',
        'recently_modified_files',
        'running_processes',
      ]),
    );
  });

  it('are each approved by a digest of their own', () => {
    expect(new Set(templates.map(template => template.digest)).size).toBe(templates.length);
  });
});

describe.each(templates.map(template => [template.name, template] as const))('%s', (_, template) => {
  it('is one statement that only reads', () => {
    const tokens = words(template.sql);
    expect(['select', 'with']).toContain(tokens[0]);
    for (const word of ['insert', 'update', 'delete', 'replace', 'create', 'drop', 'alter', 'attach', 'pragma', 'carve', 'curl', ';']) {
      expect(tokens).not.toContain(word);
    }
  });

  it('can be prepared on each of its platforms, on tables and columns that are there', async () => {
    for (const platform of template.platforms) {
      expect(prepare(template, platform).columns().length, platform).toBeGreaterThan(0);
      for (const table of tablesOf(template.sql)) expect((await osqueryTable(table))?.platforms, table).toContain(platform);
    }
  });

  it('constrains the tables that need it', async () => {
    for (const table of tablesOf(template.sql)) {
      const required = (await osqueryTable(table))?.columns.filter(column => column.required).map(column => column.name) ?? [];
      if (required.length > 0) expect(template.sql).toMatch(new RegExp(`\\b(${required.join('|')})\\s*(=|IN\\b|LIKE\\b)`));
    }
  });

  it('says nothing of columns that it does not yield', () => {
    const columns = yields(template);
    for (const row of template.sample) expect([...columns]).toEqual(expect.arrayContaining(Object.keys(row)));
    // `SELECT *` of an older agent or another platform may have columns more than these tables.
    expect([...columns]).toEqual(expect.arrayContaining([...template.stack, ...template.volatile]));
    expect(template.stack.filter(column => template.volatile.includes(column))).toEqual([]);
  });

  it('shows a sample with the columns of one platform, in their order', () => {
    expect(template.sample).not.toEqual([]);
    const orders = template.platforms.map(platform =>
      prepare(template, platform)
        .columns()
        .map(column => column.name)
        .join(' '),
    );
    for (const row of template.sample) expect(orders).toContain(Object.keys(row).join(' '));
  });

  it('has defaults that pass its own rules', () => {
    expect(() => rendered(template)).not.toThrow();
  });

  it('takes texts literally: no pattern is made of a parameter', () => {
    const texts = template.params.filter(spec => spec.type === 'text' || spec.type === 'path').map(spec => `:${spec.name}`);
    const tokens = words(template.sql);
    tokens.forEach((token, at) => {
      if (!texts.includes(token)) return;
      expect(['like', 'glob', 'regexp', 'match', '||']).not.toContain(tokens[at - 1]);
      expect(tokens[at + 1]).not.toBe('||');
    });
  });
});

describe('on a host', () => {
  const run = (name: string, given: Record<string, string>, table: string, rows: Record<string, string | number>[]) => {
    const template = templates.find(candidate => candidate.name === name);
    const database = databases.get('linux');
    if (!template || !database) throw new Error(`no template ${name}`);
    database.exec('SAVEPOINT empty');
    for (const row of rows) {
      const columns = Object.keys(row);
      database.prepare(`INSERT INTO ${table} (${columns}) VALUES (${columns.map(() => '?')})`).run(...Object.values(row));
    }
    const found = database.prepare(rendered(template, given)).all();
    database.exec('ROLLBACK TO empty');
    return found;
  };
  const now = NOW / 1000;

  it('recently_modified_files sees hidden files, and only what is new in the one directory', () => {
    const file = (path: string, mtime: number) => ({ path, directory: path.slice(0, path.lastIndexOf('/')), mtime });
    const files = [
      file('/tmp/.hidden', now - 60),
      file('/tmp/new', now - 120),
      file('/tmp/old', now - 7_200),
      file('/tmp/x/deep', now - 60),
    ];
    expect(run('recently_modified_files', { since: '1h' }, 'file', files).map(row => row.path)).toEqual(['/tmp/.hidden', '/tmp/new']);
    expect(run('recently_modified_files', { since: '1h', limit: '1' }, 'file', files)).toHaveLength(1);
    expect(run('recently_modified_files', { since: '1h', directory: '/etc' }, 'file', files)).toEqual([]);
  });

  it('recently_modified_files takes no directory that is not on its list', () => {
    expect(() => run('recently_modified_files', { since: '1h', directory: '/home' }, 'file', [])).toThrow(/must be one of \/tmp, /);
  });

  it('running_processes gives the youngest first, as many as asked for', () => {
    const processes = [1, 2, 3].map(pid => ({ pid, name: `p${pid}`, start_time: pid * 10 }));
    expect(run('running_processes', { limit: '2' }, 'processes', processes).map(row => row.pid)).toEqual([3, 2]);
  });

  it('active_connections leaves out what is not established', () => {
    const sockets = ['ESTABLISHED', 'LISTEN', 'TIME_WAIT', ''].map((state, pid) => ({ pid, state }));
    expect(run('active_connections', {}, 'process_open_sockets', sockets).map(row => row.pid)).toEqual([0]);
  });

  it('listening_ports keeps named sockets behind the ports, where a limit cuts first', () => {
    const listeners = [
      { pid: 1, port: 0, path: '/run/x.sock' },
      { pid: 2, port: 443, path: '' },
      { pid: 3, port: 22, path: '' },
    ];
    expect(run('listening_ports', {}, 'listening_ports', listeners).map(row => row.port)).toEqual([22, 443, 0]);
  });

  it('logged_in_users gives the latest log-in first', () => {
    const users = [
      { user: 'a', time: 10 },
      { user: 'b', time: 20 },
    ];
    expect(run('logged_in_users', {}, 'logged_in_users', users).map(row => row.user)).toEqual(['b', 'a']);
  });

  it('file_by_path gives metadata also where there is no hash, and nothing where there is no file', () => {
    const file = [{ path: '/etc', type: 'directory' }];
    expect(run('file_by_path', { path: '/etc' }, 'file', file)).toMatchObject([{ path: '/etc', type: 'directory', sha256: null }]);
    expect(run('file_by_path', { path: '/etc/%' }, 'file', file)).toEqual([]);
  });
});
