import { beforeEach, describe, expect, it } from 'vitest';
import type { Host } from '../../src/core/model.ts';
import { aHealth, openOnPaper, type PaperConsole, processEvents, startupEvent } from '../helpers/frames.tsx';
import { aHost } from '../helpers/model.ts';

let paper: PaperConsole;

const rows = () => paper.lines().filter(line => /^[▌ ][* ](?:\d\d:\d\d:\d\d|\d\d \d\d:\d\d| {3}\d\d:\d\d:\d\d) /.test(line));
const selected = () => paper.lines().find(line => line.startsWith('▌'));

beforeEach(async () => {
  paper = await openOnPaper();
});

describe('an empty feed', () => {
  it('says why, and what to do', async () => {
    expect(paper.frame()).toContain('No source has reported yet.');
    paper.state.observer.health(aHealth());
    await paper.press();
    expect(paper.frame()).toContain('No events yet.');
    await paper.press('/');
    await paper.type('nothing\r');
    expect(paper.frame()).toContain('No event passes the filter.');
  });

  it('has nothing to open, and says so', async () => {
    await paper.press('enter');
    expect(paper.frame()).toContain('Details: there are no events yet');
  });
});

describe('a row', () => {
  it('shows time, severity, host, table with the way of the difference, and what it is about', async () => {
    await paper.happen(startupEvent());
    expect(rows()).toEqual(['▌ 02:59:30 H   web-1          + startup_items    updater /tmp/.x/updater']);
  });

  it('shows the date of other days, and local times when asked', async () => {
    paper = await openOnPaper({ offsetMinutes: 120 });
    await paper.happen(startupEvent({ time: Date.UTC(2026, 10, 19, 22, 30) }));
    expect(selected()).toContain('19 22:30');
    await paper.press('z');
    expect(selected()).toContain('20 00:30');
    await paper.resize(120, 24);
    expect(selected()).toContain('11-20 00:30');
    expect(paper.frame()).toContain('local');
  });

  it('drops what can be spared where the screen is narrow, and shows the source where it is wide', async () => {
    await paper.happen(startupEvent());
    await paper.resize(40, 24);
    expect(selected()).toBe('▌ 02:59:30 H   web-1     startup_items …');
    await paper.resize(140, 24);
    expect(selected()).toMatch(/H +web-1 +lab +\+ startup_items +updater/);
  });

  it('marks where it stands, whether it is new, how often it came, and whether it is marked', async () => {
    const first = { ...startupEvent({ hostId: 'a' }), isNew: 'fleet' as const };
    const again = ['b', 'c', 'd'].map(dedupeKey => ({ ...startupEvent({ dedupeKey }), isNew: 'host' as const }));
    await paper.happen(first, ...again);
    paper.services.triage.decide([first.id], { state: 'escalated', until: null, comment: '' });
    await paper.press('g', 'space');
    expect(rows()).toEqual([
      ' *02:59:30 HxN web-1          + startup_items    updater /tmp/.x/updater',
      '▌ 02:59:30 H n web-1          + startup_items    ×3 updater /tmp/.x/updater',
    ]);
    await paper.press('=');
    expect(rows()).toHaveLength(4);
    expect(paper.lines()[2]).toContain('unfolded');
    expect(paper.lines()[2]).toContain('1 mark');
  });

  it('scrolls sideways', async () => {
    await paper.happen(startupEvent());
    await paper.press('l');
    expect(selected()).toMatch(/startup_items {4}mp\/\.x\/updater$/);
    await paper.press('h', 'h');
    expect(selected()).toContain('updater /tmp/.x/updater');
    expect(paper.frame()).toContain('this is the beginning of the lines');
  });
});

describe('following', () => {
  it('keeps the newest event selected', async () => {
    await paper.happen(...processEvents(1, 50));
    expect(selected()).toContain('proc-50');
    await paper.happen(...processEvents(51, 51));
    expect(selected()).toContain('proc-51');
    expect(paper.lines()[0]).toContain('following · 51 events');
  });

  it('counts by severity, what only the disk has, and what could not be read', async () => {
    paper = await openOnPaper({ feedCapacity: 20 });
    paper.state.observer.health(aHealth({ skipped: 3 }));
    await paper.happen(...processEvents(1, 30), startupEvent());
    expect(paper.lines()[2]).toBe('  H 1  M 30   1 source · lag 2s · skipped 3   older on disk 11');
  });

  it('counts what was stored before this start as on disk', async () => {
    paper.state.feed.precededBy(64);
    await paper.happen(...processEvents(1, 3));
    expect(paper.lines()[0]).toContain('following · 67 events');
    expect(paper.lines()[2]).toContain('older on disk 64');
  });

  it('tells the lag of the source that is furthest behind, however lately it was heard of', async () => {
    paper.state.observer.health(aHealth({ source: 'prod', caughtUpAt: Date.UTC(2026, 10, 21, 2, 58, 30) }));
    paper.state.observer.health(aHealth({ source: 'lab' }));
    await paper.happen(...processEvents(1, 1));
    expect(paper.lines()[2]).toContain('2 sources · lag 1m');
    paper.state.observer.health(aHealth({ source: 'prod', caughtUpAt: null }));
    await paper.press();
    expect(paper.lines()[2]).toContain('2 sources · lag ?');
  });
});

describe('a pause', () => {
  beforeEach(() => paper.happen(...processEvents(1, 50)));

  it('begins with any move, and counts what arrives', async () => {
    await paper.press('k');
    expect(selected()).toContain('proc-49');
    expect(paper.lines()[0]).toContain('paused · 0 new');
    await paper.happen(...processEvents(51, 60), startupEvent());
    expect(paper.lines()[0]).toContain('paused · 11 new · 1 high');
  });

  it('does not move, whatever arrives or falls out of memory', async () => {
    paper = await openOnPaper({ feedCapacity: 60 });
    await paper.happen(...processEvents(1, 50));
    await paper.press('k', 'k');
    const before = rows();
    await paper.happen(...processEvents(51, 500));
    expect(rows()).toEqual(before);
    await paper.press('g');
    expect(selected()).toContain('proc-1 ');
  });

  it.each(['G', 'f', 'end'])('ends with %s', async key => {
    await paper.press('k');
    await paper.happen(...processEvents(51, 60));
    await paper.press(key);
    expect(selected()).toContain('proc-60');
    expect(paper.lines()[0]).toContain('following');
  });

  it('is what f does while following', async () => {
    await paper.press('f');
    await paper.happen(...processEvents(51, 60));
    expect(selected()).toContain('proc-50');
  });

  it('survives leaving the screen', async () => {
    await paper.press('k', 'k', '5', '1');
    expect(selected()).toContain('proc-48');
    expect(paper.lines()[0]).toContain('paused');
  });

  it('moves by pages and to the ends', async () => {
    await paper.press('pageup');
    expect(selected()).toContain('proc-33');
    await paper.press('ctrl+u');
    expect(selected()).toContain('proc-24');
    await paper.press('g');
    expect(selected()).toContain('proc-1 ');
    await paper.press('ctrl+d', 'pagedown', 'j');
    expect(selected()).toContain('proc-28');
  });
});

describe('the filter', () => {
  beforeEach(() => paper.happen(...processEvents(1, 30), startupEvent({ hostname: 'db-1' })));

  it('narrows the feed as it is typed, and stays after enter', async () => {
    await paper.press('/');
    await paper.type('proc-3');
    expect(rows()).toHaveLength(2);
    await paper.press('enter');
    expect(paper.frame()).toContain('/proc-3  2 matches');
    expect(rows()).toHaveLength(2);
  });

  it('passes what arrives, too', async () => {
    await paper.press('/');
    await paper.type('sev>=high\r');
    await paper.happen(...processEvents(31, 40), startupEvent({ dedupeKey: 's2', hostId: 'db-2' }));
    expect(rows()).toHaveLength(2);
    await paper.press('k');
    await paper.happen(...processEvents(41, 50), startupEvent({ dedupeKey: 's3' }));
    expect(paper.lines()[0]).toContain('paused · 1 new · 1 high');
  });

  it('does not hide everything while the name of a field is typed', async () => {
    await paper.press('/');
    for (const letter of 'host') {
      await paper.type(letter);
      expect(rows().length).toBeGreaterThan(1);
    }
    await paper.type(':db-*');
    expect(rows()).toHaveLength(1);
  });

  it('says what is wrong with it and keeps the last good one', async () => {
    await paper.press('/');
    await paper.type('sev>=high');
    await paper.type('est');
    expect(paper.lines().at(-1)).toMatch(/^ \^ there is no severity 'highest'/);
    expect(rows()).toHaveLength(1);
    await paper.press('enter');
    expect(paper.lines().at(-2)).toContain('/sev>=highest');
    await paper.press('backspace', 'backspace', 'backspace', 'enter');
    expect(paper.frame()).toContain('/sev>=high  1 match');
  });

  it('goes back to the one before with esc, and away with another', async () => {
    await paper.press('/');
    await paper.type('sev>=high\r');
    await paper.press('/');
    await paper.type(' nothing');
    expect(rows()).toHaveLength(0);
    await paper.press('esc');
    expect(rows()).toHaveLength(1);
    await paper.press('esc');
    expect(rows().length).toBeGreaterThan(1);
  });

  it('keeps the selected event selected', async () => {
    await paper.press('g', 'j', 'j');
    expect(selected()).toContain('proc-3 ');
    await paper.press('/');
    await paper.type('proc-3\r');
    expect(selected()).toContain('proc-3 ');
  });

  it('completes fields and values with tab', async () => {
    paper.state.observer.hosts('lab', [aHost('db-1'), aHost('web-1')], true);
    await paper.press('/');
    await paper.type('ho');
    await paper.press('tab');
    await paper.type('d');
    await paper.press('tab', 'enter');
    expect(paper.frame()).toContain('/host:db-1  1 match');
  });

  it('filters out', async () => {
    await paper.press('\\');
    await paper.type('proc');
    expect(rows()).toHaveLength(1);
    await paper.press('enter');
    expect(paper.frame()).toContain('/-proc  1 match');
  });

  it('comes from other screens', async () => {
    paper.ui.go('sources');
    paper.ui.go('feed', { filter: 'host:"db-1"' });
    await paper.press();
    expect(rows()).toHaveLength(1);
  });
});

describe('the details of an event', () => {
  const evil = startupEvent({
    row: { name: 'updater', path: '/tmp/.x/updater', args: '--quiet' },
    raw: { columns: { name: '\x1b]0;owned\x07', path: 'a\u202eb\u009b31m' } },
  });

  it('show all columns, why it is that severe, and both times', async () => {
    paper = await openOnPaper({ rows: 60, offsetMinutes: 60 });
    await paper.happen(evil);
    await paper.press('enter');
    const frame = paper.frame();
    expect(frame).toContain('H high: table startup_items: high');
    expect(frame).toContain('2026-11-21 02:59:30.000 UTC   2026-11-21 03:59:30.000 +01:00');
    expect(frame).toMatch(/name +updater\n +path +\/tmp\/\.x\/updater\n +args +--quiet/);
    expect(frame).toContain('T1547');
    expect(frame).toMatch(/source +lab \(direct\)/);
    expect(frame).toMatch(/seen +2026-11-21 02:59:31\.000 UTC \(1s later\)/);
  });

  it('show the rules that matched, what was decided, when it was seen first and last, and that it is new', async () => {
    paper = await openOnPaper({ rows: 60, ruleTitles: { 'hidden-autostart': 'Starts from a hidden folder' } });
    const told = { rules: ['hidden-autostart', 'site-rule'], isNew: 'host' as const };
    const [first, second] = [
      { ...startupEvent({ time: Date.UTC(2026, 10, 21, 2, 10, 0) }), ...told },
      { ...startupEvent({ dedupeKey: 's2' }), ...told },
    ];
    await paper.happen(first, second);
    paper.services.triage.decide([second.id], { state: 'false_positive', until: null, comment: 'known updater' });
    await paper.press('enter');
    const frame = paper.frame();
    expect(frame).toMatch(/rule +hidden-autostart: Starts from a hidden folder\n +rule +site-rule\n/);
    expect(frame).toContain('never seen before on this host; another one has it');
    expect(frame).toMatch(/folded +×2: 2026-11-21 02:10:00\.000 UTC – 2026-11-21 02:59:30\.000 UTC/);
    expect(frame).toMatch(/triage +false positive\n +03:00:00 +mia +false positive\n +known updater/);
  });

  it('show the raw record with everything unprintable escaped', async () => {
    paper = await openOnPaper({ rows: 40 });
    await paper.happen(evil);
    await paper.press('v');
    expect(paper.frame()).toContain(String.raw`"name": "\u001b]0;owned\u0007"`);
    expect(paper.frame()).toContain(String.raw`"path": "a\u202eb\u009b31m"`);
  });

  it('take the keyboard, scroll, and close with esc', async () => {
    await paper.happen(...processEvents(1, 30), evil);
    await paper.press('enter');
    expect(paper.frame()).toContain('startup_items added: updater');
    await paper.press('j', 'pagedown');
    expect(paper.frame()).not.toContain('startup_items added: updater');
    await paper.press('G');
    expect(paper.frame()).toMatch(/seen +2026/);
    await paper.press('esc');
    expect(paper.frame()).not.toContain('── event');
    expect(paper.lines()[0]).toContain('paused');
  });

  it('stay beside the list while the list keeps the keyboard', async () => {
    await paper.happen(...processEvents(1, 30));
    await paper.press('p', 'k');
    expect(paper.frame()).toContain('processes added: proc-29 pid 29');
    await paper.press('k');
    expect(paper.frame()).toContain('processes added: proc-28 pid 28');
    await paper.press('tab', 'j');
    expect(selected()).toContain('proc-28');
    await paper.press('p');
    expect(paper.frame()).not.toContain('── event');
  });

  it('stand to the right of the list where there is room', async () => {
    paper = await openOnPaper({ columns: 140, rows: 30 });
    await paper.happen(...processEvents(1, 30));
    await paper.press('P', 'p');
    expect(paper.frame()).toMatch(/proc-30 pid 30 +│/);
  });

  it('take the whole body of a small screen', async () => {
    await paper.happen(...processEvents(1, 30));
    await paper.resize(40, 10);
    await paper.press('enter');
    expect(rows()).toHaveLength(0);
    expect(paper.frame()).toContain('processes added: proc-30');
    await paper.press('esc');
    expect(rows().length).toBeGreaterThan(0);
  });

  it('say when the store has no raw record', async () => {
    paper.state.observer.events([{ seq: 99, event: evil }]);
    await paper.press('v');
    expect(paper.frame()).toContain('The raw record of this event is not in the store.');
  });
});

describe('from an event to its host', () => {
  const listed: Host = aHost('web-1');

  it('goes to the host with H', async () => {
    paper.state.observer.hosts('lab', [listed, aHost('db-1')], true);
    await paper.happen(startupEvent());
    await paper.press('H');
    expect(paper.lines()[0]).toContain('rollcall Host');
    expect(paper.frame()).not.toContain('db-1');
  });

  it('asks the host with Q, unless it is gone', async () => {
    await paper.happen(startupEvent());
    await paper.press('Q');
    expect(paper.frame()).toContain('its host is not listed by the source any more');
    paper.state.observer.hosts('lab', [listed], true);
    await paper.press('Q');
    expect(paper.lines()[0]).toContain('rollcall Launch');
  });
});
