import { describe, expect, it } from 'vitest';
import { carveRows, progressText } from '../../screens/carves/select.ts';
import type { Carve, CarvedFile } from '../../src/core/ports.ts';
import { Problem } from '../../src/core/problem.ts';
import type { CarveOrder, Carving } from '../../src/engine/carving.ts';
import { clipboardInto, openOnPaper, type PaperConsole } from '../helpers/frames.tsx';
import { aHost } from '../helpers/model.ts';

const NOW = Date.UTC(2026, 10, 21, 3, 0, 0);
const [web1, web2] = [aHost('web-1'), aHost('web-2', { status: 'offline' })];

const aCarve = (over: Partial<Carve> = {}): Carve => ({
  id: 'c1',
  source: 'lab',
  hostId: 'web-1',
  hostname: 'web-1',
  path: '/etc/passwd',
  state: 'complete',
  runId: 'run-1',
  requestedAt: NOW - 60_000,
  completedAt: NOW - 50_000,
  size: 50_000_000,
  received: 50_000_000,
  sha256: 'ab'.repeat(32),
  format: 'tar',
  file: '/data/carves/c1/data.tar',
  ...over,
});

const FILES: readonly CarvedFile[] = [
  { path: 'etc/passwd', size: 1_234, sha256: 'cd'.repeat(32) },
  { path: '../../x', size: 1, sha256: '', note: 'no path of its own' },
];

/** Carving as a test wants it: what was asked for, and where it was extracted. */
function scripted(carves: readonly Carve[] = []) {
  const sent: [string, readonly string[]][] = [];
  const extracted: string[] = [];
  const orders: CarveOrder[] = [];
  const kept = { carves };
  const carving: Carving = {
    blocked: ({ source }) => (source === 'lab' ? undefined : `source '${source}' cannot carve files`),
    refusal: path => (path.startsWith('/') ? undefined : 'it is not absolute'),
    async launch(path, hosts) {
      sent.push([path, hosts.map(({ id }) => id)]);
      const order: CarveOrder = {
        path,
        hosts,
        at: NOW,
        failed: new Map(),
        carves: async () => kept.carves,
        progress: async () => ({ hosts: hosts.length, complete: 0, failed: 0, received: 0, size: 0 }),
        ended: new Promise(() => undefined),
        over: false,
      };
      orders.unshift(order);
      return order;
    },
    orders: () => orders,
    list: async () => kept.carves,
    files: async () => FILES,
    async extract(_carve, directory) {
      if (directory === 'full') throw new Problem('usage', 'full is not empty. Name a new directory.');
      extracted.push(directory);
      return { directory: `/here/${directory}`, files: FILES };
    },
  };
  return { carving, sent, extracted, kept };
}

async function open(carving: Carving, screen: 'hosts' | 'carves' = 'hosts', copied: string[] = []): Promise<PaperConsole> {
  const paper = await openOnPaper({ screen, carving, clipboard: clipboardInto(copied) });
  paper.state.observer.hosts('lab', [web1, web2, aHost('db-1', { source: 'prod' })], true);
  await paper.press();
  return paper;
}

describe('fetching a file', () => {
  it('asks for its path and then whether to, and sends it to the marked hosts', async () => {
    const { carving, sent } = scripted();
    const paper = await open(carving);
    await paper.press('j', 'space', 'space', 'C');
    expect(paper.frame()).toContain('Absolute path on web-1, web-2:');
    await paper.type('/etc/passwd');
    await paper.press('enter');
    expect(paper.frame()).toContain('Fetch /etc/passwd from 2 hosts?');
    expect(paper.frame()).toContain('web-1, web-2   (1 not online: waited for)');
    await paper.clock.advance(1_000);
    await paper.press('y');
    expect(sent).toEqual([['/etc/passwd', ['web-1', 'web-2']]]);
    expect(paper.frame()).toContain('2 files · complete 0 · coming 2 · failed 0');
    expect(paper.frame()).toMatch(/web-1 +\/etc\/passwd +asked +has not answered yet/);
  });

  it('sends nothing for a path that is none, nor without a yes, and esc leads back', async () => {
    const { carving, sent } = scripted();
    const paper = await open(carving);
    await paper.press('j', 'C');
    await paper.type('etc/passwd');
    await paper.press('enter');
    expect(paper.frame()).toContain('it is not absolute');
    await paper.press('esc');
    expect(paper.frame()).toContain('[2 Hosts]');
    await paper.press('C');
    await paper.type('/etc/passwd');
    await paper.press('enter', 'n');
    expect(paper.frame()).toContain('Nothing was sent.');
    expect(sent).toEqual([]);
  });

  it('is not offered on hosts of other sources, in plain words', async () => {
    const paper = await open(scripted().carving);
    await paper.press('C');
    expect(paper.frame()).toContain("db-1: source 'prod' cannot carve files");
  });

  it('begins with the path of a row that is followed', async () => {
    const paper = await open(scripted().carving);
    paper.ui.go('pivot', { row: { path: '/tmp/.x' }, column: 'path', host: web1 });
    await paper.press();
    expect(paper.frame()).toMatch(/fetch the file \(carve\) +web-1 +path = \/tmp\/\.x/);
    await paper.press('enter');
    expect(paper.frame()).toContain('Absolute path on web-1: /tmp/.x');
  });
});

describe('the carves', () => {
  it('are listed with how far they are, and told in full: digest, archive, files', async () => {
    const coming = aCarve({
      id: 'c2',
      path: '/var/log/auth.log',
      state: 'receiving',
      received: 12_000_000,
      sha256: null,
      requestedAt: NOW,
    });
    const paper = await open(scripted([coming, aCarve()]).carving, 'carves');
    expect(paper.frame()).toMatch(/web-1 +\/var\/log\/auth\.log +receiving 24 % {2}12 MB of 50 MB/);
    expect(paper.frame()).toMatch(/\/etc\/passwd +complete +50 MB/);
    await paper.press('j', 'enter');
    expect(paper.frame()).toContain('ab'.repeat(32));
    expect(paper.frame()).toContain('/data/carves/c1/data.tar');
    await paper.press('G');
    expect(paper.frame()).toMatch(/etc\/passwd {2}1\.2 kB/);
    expect(paper.frame()).toContain('no path of its own');
  });

  it('are extracted into a directory that is asked for', async () => {
    const { carving, extracted } = scripted([aCarve()]);
    const paper = await open(carving, 'carves');
    await paper.press('x');
    expect(paper.frame()).toContain('Extract into the new directory: carve-c1');
    await paper.press('enter');
    expect(extracted).toEqual(['carve-c1']);
    expect(paper.frame()).toContain('1 file extracted to /here/carve-c1. What a host sends is evidence');
    await paper.press('x', 'ctrl+u');
    await paper.type('full');
    await paper.press('enter');
    expect(paper.frame()).toContain('full is not empty.');
  });

  it('that are not here yet cannot be extracted', async () => {
    const paper = await open(scripted([aCarve({ state: 'announced', size: 0, received: 0, sha256: null })]).carving, 'carves');
    expect(paper.frame()).toContain('comes within a minute');
    await paper.press('x');
    expect(paper.frame()).toContain('the file is not here (yet)');
  });

  it('are found by the palette', async () => {
    const paper = await open(scripted([aCarve()]).carving);
    await paper.press(':');
    await paper.type('carves');
    await paper.press('enter');
    expect(paper.frame()).toContain('1 file · complete 1');
  });

  it('are copied row by row or as a table, with a digest only where the file is here', async () => {
    const copied: string[] = [];
    const coming = aCarve({ id: 'c2', state: 'receiving', requestedAt: NOW - 90_000, received: 10 });
    const paper = await open(scripted([aCarve(), coming]).carving, 'carves', copied);
    await paper.press('y');
    await paper.press('Y');
    const row = `2026-11-21T02:59:00.000Z\tweb-1\tlab\t/etc/passwd\tcomplete\t50000000\t${'ab'.repeat(32)}\t/data/carves/c1/data.tar`;
    const without = '2026-11-21T02:58:30.000Z\tweb-1\tlab\t/etc/passwd\treceiving\t50000000\t\t';
    expect(copied).toEqual([row, `asked\thost\tsource\tpath\tstate\tsize\tsha256\tfile\n${row}\n${without}\n`]);
    expect(paper.frame()).toContain('Copied 2 files');
  });

  it('say why they cannot be listed', async () => {
    const broken = { ...scripted().carving, list: () => Promise.reject(new Problem('storage', 'the disk is gone')) };
    expect((await open(broken, 'carves')).frame()).toContain('the disk is gone');
  });
});

describe('what was asked for', () => {
  const order = (over: Partial<CarveOrder> = {}) => ({
    path: '/etc/passwd',
    hosts: [web1, web2],
    at: NOW,
    failed: new Map(),
    over: false,
    ...over,
  });

  it('is told by the carve as soon as there is one, and by the order before', () => {
    const rows = carveRows([aCarve({ requestedAt: NOW + 5 }), aCarve({ id: 'old', requestedAt: NOW - 5 })], [order()]);
    expect(rows.map(({ host, state }) => [host.hostname, state])).toEqual([
      ['web-1', 'complete'],
      ['web-2', 'asked'],
      ['web-1', 'complete'],
    ]);
  });

  it('and will not come, says why, or that nobody answered', () => {
    const rows = carveRows([], [order({ failed: new Map([[web1, 'no such table: carves']]), over: true })]);
    expect(rows.map(row => [row.state, progressText(row)])).toEqual([
      ['failed', 'no such table: carves'],
      ['silent', 'has not answered in time'],
    ]);
  });
});
