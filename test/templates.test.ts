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

const DOCUMENTED = 'active_connections listening_ports logged_in_users recently_modified_files running_processes'.split(' ');
/** What the first hour of an incident asks, in the order people ask it. */
const FIRST_HOUR = `
  host_identity clock_skew process_tree process_by_name deleted_binaries temp_path_processes young_processes interpreter_sockets
  process_hashes preload_environment deleted_open_files connections_to egress_summary public_listeners name_resolution privileged_users
  password_ages login_history logon_sessions authorized_keys sudo_rules shell_history_search cron_jobs systemd_units_added startup_items
  launchd_jobs scheduled_tasks services_auto registry_run_keys wmi_subscriptions kernel_modules ld_so_preload suid_binaries file_by_path
  hash_in_directory temp_executables webshell_candidates exec_events security_tooling privileged_containers
`
  .trim()
  .split(/\s+/);

describe('the shipped templates', () => {
  it('hold the documented ones and those of the first hour', () => {
    expect(templates.map(template => template.name)).toEqual([...DOCUMENTED, ...FIRST_HOUR].sort());
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
    const { stack, volatile, key, secrets } = template;
    for (const row of template.sample) expect([...columns]).toEqual(expect.arrayContaining(Object.keys(row)));
    // `SELECT *` of an older agent or another platform may have columns more than these tables.
    expect([...columns]).toEqual(expect.arrayContaining([...stack, ...volatile, ...key, ...secrets]));
    expect([...stack, ...key].filter(column => volatile.includes(column))).toEqual([]);
  });

  it('asks tables of user data for all users, not for those of the agent alone', async () => {
    for (const table of tablesOf(template.sql)) {
      if (!(await osqueryTable(table))?.perUser) continue;
      expect(tablesOf(template.sql)).toContain('users');
      expect(template.sql).toMatch(/\.uid = u\.uid\b/);
    }
  });

  it('says what must be on where it reads an event table, and only there', async () => {
    const tables = await Promise.all(tablesOf(template.sql).map(osqueryTable));
    const evented = tables.some(table => table?.evented);
    expect(template.events !== undefined).toBe(evented);
    if (evented) expect(template.why).toMatch(/no rows may also mean/i);
  });

  it('looks into directories by name, since a pattern passes over hidden files', () => {
    const ofFiles = tablesOf(template.sql).some(table => table === 'file' || table === 'hash');
    if (ofFiles) expect(template.sql).not.toMatch(/\b(path|directory)\s+LIKE\s+'/i);
  });

  it('tells in a few plain sentences what to look for', () => {
    expect(template.title).toMatch(/^[^.]{4,60}$|^\/etc\/[\w.]+$/);
    expect(template.why.length).toBeLessThanOrEqual(320);
    const sentences = template.why.match(/[.?](?= |$)/g)?.length ?? 0;
    expect([1, 2, 3]).toContain(sentences);
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
