import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { openStore, type Store } from '../../src/adapters/sqlite-store.ts';
import { createExporter } from '../../src/cli/evidence-console.ts';
import { sha256 } from '../../src/core/evidence.ts';
import { judge } from '../../src/core/judge.ts';
import { Run } from '../../src/core/run.ts';
import type { Exporter } from '../../src/ui/exporter.ts';
import { temporaryDirectory } from '../helpers/directories.ts';
import { aHost, aRawEvent, usersTemplate } from '../helpers/model.ts';

const NOW = Date.UTC(2026, 10, 21, 3);

let folder: string;
let store: Store;
let exporter: Exporter;
let audited: Record<string, unknown>[];

beforeEach(() => {
  folder = temporaryDirectory();
  audited = [];
  store = openStore(path.join(folder, 'rollcall.db'));
  exporter = createExporter({
    dataDir: folder,
    who: 'mia',
    audit: { write: (action, detail) => void audited.push({ action, ...detail }) },
    store,
    templates: [usersTemplate],
    sources: [],
    now: () => NOW,
  });
  return () => store.close();
});

const target = (name: string) => path.join(folder, name);
const text = (name: string) => readFileSync(target(name), 'utf8');
const table = (...rows: (readonly (string | null)[])[]) => ({ kind: 'table' as const, columns: ['host', 'cmdline'], rows });

describe('the files of the console', () => {
  it('are found by the path that was typed', () => {
    mkdirSync(target('folder'));
    writeFileSync(target('file'), '');
    expect(exporter.place(target('file'))).toEqual({ path: target('file'), taken: 'file' });
    expect(exporter.place(target('folder')).taken).toBe('other');
    expect(exporter.place('~/not there')).toEqual({ path: path.join(process.env.HOME ?? '', 'not there'), taken: 'free' });
    expect(exporter.place('x.csv').path).toBe(path.resolve('x.csv'));
  });

  it('hold the rows of a table, for their owner only', async () => {
    const rows = table(['web-1', 'ls'], ['web-2', null], ['web-3', '=cmd()']);
    expect(await exporter.write(rows, 'csv', target('a.csv'), { mask: false })).toEqual({ path: target('a.csv'), lines: 3, masked: 0 });
    expect(text('a.csv')).toBe("host,cmdline\r\nweb-1,ls\r\nweb-2,\r\nweb-3,'=cmd()\r\n");
    await exporter.write(rows, 'jsonl', target('a.jsonl'), { mask: false });
    expect(text('a.jsonl').split('\n')[1]).toBe('{"host":"web-2","cmdline":null}');
    expect(statSync(target('a.csv')).mode & 0o777).toBe(0o600);
  });

  it('are masked where they are to be, and say how often', async () => {
    const rows = table(['web-1', 'curl --password hunter2secret'], ['web-2', 'mysql -u root -phunter2secret']);
    expect(await exporter.write(rows, 'jsonl', target('a.jsonl'), { mask: true })).toMatchObject({ lines: 2, masked: 2 });
    expect(text('a.jsonl')).not.toContain('hunter2');
  });

  it('hold events as `feed` prints them, without those that are gone', async () => {
    const event = judge(aRawEvent({ raw: { said: '\u001b[2J' } }), NOW);
    await store.append([event], undefined);
    const ids = [event.id, 'gone'];
    expect(await exporter.write({ kind: 'events', ids }, 'jsonl', target('e.jsonl'), { mask: true })).toMatchObject({ lines: 1 });
    expect(JSON.parse(text('e.jsonl'))).toMatchObject({ id: event.id, hostname: 'web-1', raw: { said: '\u001b[2J' } });
    await exporter.write({ kind: 'events', ids }, 'csv', target('e.csv'), { mask: true });
    expect(text('e.csv')).toMatch(/^time,severity,hostname,.*\r\n2026-11-21T02:59:30\.000Z,medium,web-1,/);
  });

  it('are audited, and none is left half written', async () => {
    await exporter.write(table(['a', 'b']), 'csv', target('a.csv'), { mask: true });
    expect(audited).toEqual([{ action: 'export', path: target('a.csv'), format: 'csv', events: null, masked: true }]);
    function* broken(): Generator<string[]> {
      yield ['a', 'b'];
      throw new Error('the store is gone');
    }
    const rows = { ...table(), rows: broken() };
    await expect(exporter.write(rows, 'csv', target('b.csv'), { mask: true })).rejects.toThrow('the store is gone');
    expect(readdirSync(folder).filter(name => name.includes('b.csv'))).toEqual([]);
  });
});

describe('the evidence of the console', () => {
  it('is a bundle of the run, or of events', async () => {
    const { name, digest } = usersTemplate;
    const record = { id: 'r1', template: name, digest, sql: 'x', params: {}, sources: ['lab'], startedAt: NOW, timeoutMs: 1_000 };
    const made = await exporter.bundle({ kind: 'run', run: new Run(record, [aHost('web-1')]) }, target('case'));
    expect(made).toEqual({ path: target('case'), files: 9, manifest: `sha256:${sha256(text('case/MANIFEST'))}` });
    expect(text('case/README.txt').replaceAll('\n', ' ')).toContain('still waiting for answers');
    const event = judge(aRawEvent(), NOW);
    await store.append([event], undefined);
    await exporter.bundle({ kind: 'events', ids: [event.id], chosen: 'marked by hand' }, target('events'));
    expect(readdirSync(target('events')).sort()).toEqual(['MANIFEST', 'README.txt', 'about.json', 'events.jsonl']);
    expect(audited.map(({ action }) => action)).toEqual(['evidence', 'evidence']);
  });

  it('never replaces what is there', async () => {
    mkdirSync(target('case'));
    writeFileSync(target('case/precious'), '');
    await expect(exporter.bundle({ kind: 'events', ids: [], chosen: '' }, target('case'))).rejects.toThrow('never written over');
  });

  it('is not there where it could not be audited', async () => {
    const unaudited = createExporter({
      dataDir: folder,
      who: 'mia',
      audit: {
        write() {
          throw new Error('the log is full');
        },
      },
      store,
      templates: [],
      sources: [],
      now: () => NOW,
    });
    await expect(unaudited.bundle({ kind: 'events', ids: [], chosen: '' }, target('case'))).rejects.toThrow('the log is full');
    expect(readdirSync(folder).filter(name => name.includes('case'))).toEqual([]);
  });
});
