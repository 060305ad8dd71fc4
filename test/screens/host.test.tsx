import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../src/adapters/sqlite-store.ts';
import type { EnrolledNode, NodeAdmin, NodeChange } from '../../src/core/ports.ts';
import { Run } from '../../src/core/run.ts';
import type { ConsoleEngine } from '../../src/ui/services.ts';
import { temporaryDirectory } from '../helpers/directories.ts';
import { anEvent, openOnPaper, type PaperConsole } from '../helpers/frames.tsx';
import { aHost, usersTemplate } from '../helpers/model.ts';
import { storeOn } from '../helpers/stores.ts';

const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 10, 21, 3, 0, 0);
const web1 = aHost('web-1', { labels: ['dmz'] });
const web2 = aHost('web-2');

let made = 0;
const happened = (over: Parameters<typeof anEvent>[0]) => {
  made += 1;
  return anEvent({ dedupeKey: `e${made}`, time: NOW - HOUR / 2 + made, ...over });
};
const listener = (port: string, action: 'added' | 'removed', over: Parameters<typeof anEvent>[0] = {}) =>
  happened({ action, row: { port, address: '0.0.0.0' }, ...over });

/** Nodes of the source "lab", and what was decided about them. */
function admin(standing: EnrolledNode['standing'] = 'enrolled') {
  const changes: [string, NodeChange][] = [];
  const nodes: NodeAdmin = {
    list: async () => [{ ...web1, enrolledAt: NOW - 2 * HOUR, standing, tags: ['ir-7'] }],
    async change(id, change) {
      changes.push([id, change]);
      return { ...web1, enrolledAt: 0, standing, tags: [] };
    },
    rotateSecret: async () => undefined,
  };
  return { changes, connectors: [{ id: 'lab', nodes }] as unknown as ConsoleEngine['connectors'] };
}

let store: Store;
beforeEach(() => {
  store = storeOn(path.join(temporaryDirectory(), 'rollcall.db'));
});

async function open(
  engine: Partial<ConsoleEngine> = {},
  size: { readonly columns?: number; readonly rows?: number } = {},
): Promise<PaperConsole> {
  const paper = await openOnPaper({ screen: 'hosts', engine: { templates: [usersTemplate], ...engine }, hostChanges: store, ...size });
  paper.state.observer.hosts('lab', [web1, web2], true);
  await paper.press('H');
  return paper;
}

describe('the page of a host', () => {
  it('says who it is and what happened on it, by table, the worst first', async () => {
    await store.append(
      [
        listener('4444', 'added'),
        listener('22', 'added'),
        listener('22', 'removed'),
        happened({ tables: ['crontab'], row: { command: 'id' } }),
        happened({ tables: ['uptime'], action: 'snapshot' }),
        listener('9', 'added', { hostId: 'web-2' }),
        listener('9', 'added', { time: NOW - 25 * HOUR }),
      ],
      undefined,
    );
    const paper = await open();
    expect(paper.frame()).toMatch(/web-1 {2}online {2}seen 1m ago · Ubuntu 24\.04 · osquery 5\.19\.0/);
    expect(paper.frame()).toContain('192.0.2.7 · web-1-0000-4000-8000-000000000000 · ubuntu · lab (direct) · dmz');
    expect(paper.frame()).toMatch(/\[changes 3\] {2}runs 0 {4}last 24h \(d\) {3}\+3 -1 · 1 in snapshots/);
    const rows = paper.lines().filter(line => /^[▌ ][CHMLI] /.test(line));
    expect(rows.map(line => line.replace(/\s+/g, ' ').slice(1))).toEqual([
      'H crontab 1 · · · 02:30:00',
      'M listening_ports 2 1 · · 02:30:00',
      'I uptime · · 1 · 02:30:00',
    ]);
  });

  it('looks further back with d, and says when there is nothing', async () => {
    await store.append([listener('9', 'added', { time: NOW - 25 * HOUR })], undefined);
    const paper = await open();
    expect(paper.frame()).toContain('Nothing was heard of this host in this time.');
    await paper.press('d');
    expect(paper.frame()).toMatch(/\[changes 1\] .*last 7d/);
  });

  it('counts on while events arrive, and the cursor stays on its table', async () => {
    await store.append([listener('22', 'added')], undefined);
    const paper = await open();
    const cron = happened({ tables: ['crontab'], row: { command: 'id' } });
    await store.append([cron], undefined);
    await paper.press('j');
    await paper.clock.advance(2_000);
    await paper.happen(cron);
    expect(paper.frame()).toContain('[changes 2]');
    expect(paper.lines().find(line => line.startsWith('▌'))).toContain('listening_ports');
  });

  it('opens the rows of a table: each once, with what became of it, newest first and back again', async () => {
    await store.append([listener('22', 'added'), listener('4444', 'added'), listener('22', 'removed')], undefined);
    const paper = await open({}, { columns: 120 });
    await paper.press('enter');
    const rows = () => paper.lines().filter(line => /0\.0\.0\.0/.test(line));
    expect(paper.frame()).toContain('2 rows of 3 events');
    expect(rows().map(line => line.replace(/^[▌ ]/, '').replace(/\s+/g, ' '))).toEqual([
      '+ - came and went ×2 02:30:00 22 0.0.0.0',
      '+ 02:30:00 4444 0.0.0.0',
    ]);
    await paper.press('o');
    expect(rows()[0]).toContain('4444');
    await paper.press('/');
    await paper.type('col:port=22');
    await paper.press('enter');
    expect([rows().length, paper.frame().includes('1 row of 3 events, /col:port=22')]).toEqual([1, true]);
    await paper.press('esc', 'esc');
    expect(paper.frame()).toContain('last 24h');
    await paper.press('esc');
    expect(paper.frame()).toContain('[2 Hosts]');
  });

  it('follows a value of a row with its host', async () => {
    await store.append([happened({ tables: ['processes'], row: { path: '/tmp/x', pid: '7' } })], undefined);
    const paper = await open();
    await paper.press('enter', 'l', 'l', '.');
    expect(paper.frame()).toContain('Follow a value of web-1');
  });

  it('lists the runs that asked it, and opens one', async () => {
    const record = {
      id: 'r1',
      template: 'some_users',
      digest: '',
      sql: '',
      params: {},
      sources: ['lab'],
      startedAt: NOW - HOUR,
      timeoutMs: 1,
    };
    const [asked, other] = [new Run(record, [web1]), new Run({ ...record, id: 'r2', template: 'not_for_it' }, [web2])];
    asked.answer('lab', { hostId: 'web-1', at: NOW, state: 'rows', rows: [{ username: 'root' }] });
    const paper = await open();
    paper.state.observer.run(asked);
    paper.state.observer.run(other);
    await paper.press('tab');
    expect(paper.frame()).toMatch(/02:00:00 +some_users +rows +1/);
    expect(paper.frame()).not.toContain('not_for_it');
    await paper.press('enter');
    expect(paper.frame()).toContain('[4 Results]');
    expect(paper.frame()).toContain('answered 1');
  });

  it('goes to the next host of the list and back with J and K, and stops at its ends', async () => {
    const paper = await open();
    await paper.press('J');
    expect(paper.frame()).toContain('web-2  online');
    await paper.press('J');
    expect(paper.frame()).toContain('This is the last host of the list.');
    await paper.press('K');
    expect(paper.frame()).toContain('web-1  online');
  });

  it('is opened from an event, also of a host that is not listed any more', async () => {
    const paper = await openOnPaper({ hostChanges: store });
    const event = listener('22', 'added', { hostId: 'gone-1', hostname: 'gone-1' });
    await store.append([event], undefined);
    await paper.happen(event);
    await paper.press('H');
    expect(paper.frame()).toContain('gone-1   lab does not list it (any more)');
    expect(paper.frame()).toContain('listening_ports');
    await paper.press('Q');
    expect(paper.frame()).toContain('its source does not list it any more');
  });

  it.each([
    [80, 24],
    [40, 10],
    [200, 60],
  ])('draws no line too long at %i x %i', async (columns, rows) => {
    await store.append([listener('22', 'added'), happened({ tables: ['crontab'], row: { command: 'x'.repeat(300) } })], undefined);
    const paper = await open(admin('pending'), { columns, rows });
    await paper.press('enter');
    expect(paper.lines().every(line => line.length <= columns)).toBe(true);
    expect(paper.lines().length).toBeLessThanOrEqual(rows);
  });
});

describe('what is decided about a host', () => {
  it('that enrolled twice is shown, and it can be let in', async () => {
    const { changes, connectors } = admin('pending');
    const paper = await open({ connectors }, { columns: 120 });
    await paper.press();
    expect(paper.frame()).toContain('! second enrolment of the same identifier  L decides  enrolled 01:00:00 · tags ir-7');
    await paper.press('L', 'a');
    expect(changes).toEqual([['web-1', { action: 'approve' }]]);
    expect(paper.frame()).toContain('web-1: let in.');
  });

  it('is asked before it is blocked or forgotten', async () => {
    const { changes, connectors } = admin();
    const paper = await open({ connectors });
    await paper.press('L', 'b');
    expect(paper.frame()).toContain('Block web-1?');
    await paper.press('n');
    expect(changes).toEqual([]);
    await paper.press('L', 'f');
    await paper.clock.advance(1_000);
    await paper.press('y');
    expect(changes).toEqual([['web-1', { action: 'forget' }]]);
  });

  it('gives it the tags that are typed, beginning with those it has', async () => {
    const { changes, connectors } = admin();
    const paper = await open({ connectors });
    await paper.press('L', 't');
    expect(paper.frame()).toContain('Tags of web-1: ir-7');
    await paper.type(' web,dmz');
    await paper.press('enter');
    expect(changes).toEqual([['web-1', { action: 'tag', tags: ['ir-7', 'web', 'dmz'] }]]);
    await paper.press('L', 't');
    await paper.type(' a/b');
    await paper.press('enter');
    expect(paper.frame()).toContain("'a/b' is no tag");
    expect(changes).toHaveLength(1);
  });

  it('is not ours to decide where it enrolled elsewhere', async () => {
    const paper = await open();
    await paper.press('L');
    expect(paper.frame()).toContain('Approve, block, forget, tag: web-1 did not enrol to rollcall but to lab');
  });

  it('shows in the list of hosts', async () => {
    const paper = await openOnPaper({ screen: 'hosts' });
    paper.state.observer.hosts('lab', [web1, aHost('web-3', { labels: ['duplicate'] }), aHost('web-4', { labels: ['blocked'] })], true);
    await paper.press();
    expect(paper.frame()).toContain('3 hosts, 3 online   ! 1 duplicate: L decides');
    expect(paper.frame()).toMatch(/web-3 \(duplicate\) +online/);
    expect(paper.frame()).toMatch(/web-4 \(blocked\) +online/);
  });
});
