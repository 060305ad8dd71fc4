import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Run } from '../../src/core/run.ts';
import type { ExportEvidence, Exporter, ExportLines, ExportPlace } from '../../src/ui/exporter.ts';
import { clipboardInto, openOnPaper, type PaperConsole, processEvents } from '../helpers/frames.tsx';
import { aHost, usersTemplate } from '../helpers/model.ts';

const START = Date.UTC(2026, 10, 21, 2, 59, 0);
const HASH = `sha256:${'ab'.repeat(32)}`;

type Written = {
  readonly path: string;
  readonly format: string;
  readonly mask: boolean;
  readonly table: readonly (readonly (string | null)[])[];
};

let written: Written[];
let events: (readonly string[])[];
let bundled: ExportEvidence[];
let taken: ExportPlace['taken'];
let copied: string[];

const exporter: Exporter = {
  place: typed => ({ path: `/cwd/${typed}`, taken }),
  async write(lines: ExportLines, format, path, { mask }) {
    const table = lines.kind === 'table' ? [lines.columns, ...lines.rows] : [];
    if (lines.kind === 'events') events.push(lines.ids);
    written.push({ path, format, mask, table });
    return { path, lines: 3, masked: mask ? 1 : 0 };
  },
  async bundle(evidence, path) {
    bundled.push(evidence);
    return { path, files: 9, manifest: HASH };
  },
};

beforeEach(() => {
  [written, events, bundled, copied, taken] = [[], [], [], [], 'free'];
});

describe('exporting results', () => {
  let paper: PaperConsole;
  let run: Run;

  beforeEach(async () => {
    const { name: template, digest } = usersTemplate;
    const record = { id: 'r1', template, digest, sql: 'x', params: {}, sources: ['lab'], startedAt: START, timeoutMs: 60_000 };
    run = new Run(
      record,
      ['web-1', 'web-2', 'db-1'].map(name => aHost(name)),
    );
    run.answer('lab', { hostId: 'web-1', at: START + 400, state: 'rows', rows: [{ username: 'root' }, { username: 'ann' }] });
    run.answer('lab', { hostId: 'web-2', at: START + 500, state: 'rows', rows: [{ username: 'root' }] });
    run.answer('lab', { hostId: 'db-1', at: START + 500, state: 'error', error: 'no such table' });
    paper = await openOnPaper({
      screen: 'results',
      columns: 100,
      exporter,
      clipboard: clipboardInto(copied),
      engine: { templates: [usersTemplate] },
    });
    paper.state.observer.run(run);
    await paper.press('enter');
  });

  const rows = () => written.at(-1)?.table.slice(1);

  it('offers formats, proposes a name and says what it wrote', async () => {
    await paper.press('x');
    expect(paper.frame()).toMatch(/export 3 hosts +j JSON lines +c CSV +e evidence bundle/);
    await paper.press('c');
    expect(paper.frame()).toContain('CSV to: some_users-r1.csv');
    await paper.press('enter');
    expect(written).toMatchObject([{ path: '/cwd/some_users-r1.csv', format: 'csv', mask: true }]);
    expect(paper.frame()).toContain('Wrote 3 lines to /cwd/some_users-r1.csv, 1 secret masked.');
  });

  it('writes the roll as it is shown', async () => {
    await paper.press('/');
    await paper.type('state:error');
    await paper.press('enter', 'x', 'j', 'enter');
    expect(written[0]).toMatchObject({ format: 'jsonl' });
    expect(written[0]?.table[0]?.slice(0, 4)).toEqual(['host', 'state', 'rows', 'reason']);
    expect(rows()?.map(row => row.slice(0, 4))).toEqual([['db-1', 'error', '0', 'no such table']]);
  });

  it('writes the rows of all hosts, as filtered', async () => {
    await paper.press('v', '/');
    await paper.type('root');
    await paper.press('enter', 'x', 'c', 'enter');
    expect(written[0]?.table).toEqual([
      ['host', 'username'],
      ['web-1', 'root'],
      ['web-2', 'root'],
    ]);
  });

  it('writes the rows of one host, with its name', async () => {
    await paper.press('enter', 'x', 'c', 'enter');
    expect(written[0]?.table).toEqual([
      ['host', 'username'],
      ['web-1', 'root'],
      ['web-1', 'ann'],
    ]);
  });

  it('writes stacked values with their counts', async () => {
    await paper.press('S', 'x', 'c', 'enter');
    expect(written[0]?.table).toEqual([
      ['username', 'hosts', 'rows', 'first_host'],
      ['ann', '1', '1', 'web-1'],
      ['root', '2', '2', 'web-1'],
    ]);
  });

  it('asks before it replaces a file, and never takes what is none', async () => {
    taken = 'file';
    await paper.press('x', 'c', 'enter');
    expect(paper.frame()).toContain('There is a file /cwd/some_users-r1.csv. Replace it?');
    paper.services.ui.get().confirm?.answer(false);
    await paper.press();
    expect([written, paper.frame()]).toEqual([[], expect.stringContaining('Nothing was written.')]);
    await paper.press('x', 'c', 'enter');
    paper.services.ui.get().confirm?.answer(true);
    await paper.press();
    expect(written).toHaveLength(1);
    taken = 'other';
    await paper.press('x', 'c', 'enter');
    expect([written.length, paper.frame()]).toEqual([1, expect.stringContaining('is no file')]);
  });

  it('makes a bundle of the whole run and keeps the hash on screen until somebody has noted it', async () => {
    await paper.press('x', 'e');
    expect(paper.frame()).toContain('Evidence (a directory, or FILE.tar) to: evidence-some_users-r1');
    await paper.press('enter');
    expect(bundled).toEqual([{ kind: 'run', run }]);
    expect(paper.frame()).toContain(HASH);
    paper.services.ui.get().confirm?.answer(true);
    await paper.press();
    expect([copied, paper.frame()]).toEqual([[HASH], expect.not.stringContaining(HASH)]);
  });

  it('tells why it could not', async () => {
    vi.spyOn(exporter, 'bundle').mockRejectedValueOnce(new Error('the disk is gone'));
    await paper.press('x', 'e', 'enter');
    expect(paper.frame()).toContain('the disk is gone');
  });
});

describe('exporting events', () => {
  let paper: PaperConsole;

  beforeEach(async () => {
    paper = await openOnPaper({ columns: 100, exporter });
    await paper.happen(...processEvents(1, 4));
  });

  it('takes those that are shown', async () => {
    await paper.press('/');
    await paper.type('proc-3');
    await paper.press('enter', 'x', 'j');
    expect(paper.frame()).toContain('JSON lines to: events-20261121t030000.jsonl');
    await paper.press('enter');
    expect(events.map(ids => ids.length)).toEqual([1]);
    expect(written).toMatchObject([{ mask: true, format: 'jsonl' }]);
  });

  it('takes those that are marked, where some are', async () => {
    await paper.press('g', 'space', 'space', 'x');
    expect(paper.frame()).toContain('export 2 events');
    await paper.press('c', 'enter');
    expect(events[0]).toHaveLength(2);
  });

  it('cannot while there are none', async () => {
    const empty = await openOnPaper({ exporter });
    await empty.press('x');
    expect(empty.frame()).toContain('there are no events yet');
  });
});
