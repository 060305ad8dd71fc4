import { beforeEach, describe, expect, it } from 'vitest';
import { anEvent, openOnPaper, type PaperConsole, processEvents } from '../helpers/frames.tsx';

let paper: PaperConsole;

const rows = () => paper.lines().filter(line => /^[▌ ][* ]\d\d:\d\d:\d\d /.test(line));
const selected = () => paper.lines().find(line => line.startsWith('▌'));
const head = () => paper.lines()[2];
const cron = (over = {}) =>
  anEvent({
    dedupeKey: 'c1',
    tables: ['crontab'],
    queryName: 'pack/ir/crontab',
    title: 'crontab added: root /tmp/.x/run',
    hostname: 'db-1',
    hostId: 'db-1',
    row: { command: 'root /tmp/.x/run', path: '/etc/cron.d/x', minute: '' },
    ...over,
  });

beforeEach(async () => {
  paper = await openOnPaper();
  await paper.happen(...processEvents(1, 5), cron(), ...processEvents(6, 8));
});

describe('completion in the filter', () => {
  it('offers fields with an example, then the values that were seen, the most frequent first', async () => {
    await paper.press('/');
    expect(paper.lines().at(-1)).toContain('sev>=high  host:web-*  table:crontab');
    await paper.type('table:');
    expect(paper.lines().at(-1)).toBe(' tab: processes  crontab');
    await paper.type('c');
    await paper.press('tab', 'enter');
    expect(head()).toContain('/table:crontab  1 match');
  });

  it('knows columns and what stands in them', async () => {
    await paper.press('/');
    await paper.type('col:pa');
    expect(paper.lines().at(-1)).toBe(' tab: path  path=/etc/cron.d/x');
    await paper.press('tab', 'tab', 'enter');
    expect(rows()).toHaveLength(1);
  });

  it('adds a term to leave out with \\', async () => {
    await paper.press('\\');
    await paper.type('table:p');
    await paper.press('tab', 'enter');
    expect(rows()).toEqual([expect.stringContaining('crontab')]);
    await paper.press('/', 'up');
    expect(paper.lines().at(-2)).toBe('/-table:processes');
  });
});

describe('a filter from what is under the cursor', () => {
  const toCron = () => paper.press('E');

  it('is chosen from the terms of the event', async () => {
    await toCron();
    await paper.press('+');
    expect(paper.lines()[0]).toContain('rollcall Filters');
    expect(paper.frame()).toContain('host:db-1');
    expect(paper.frame()).toContain('col:"command=root /tmp/.x/run"');
    expect(paper.frame()).not.toContain('minute');
    while (!selected()?.includes('host:db-1')) await paper.press('j');
    await paper.press('enter');
    expect(head()).toContain('/host:db-1  1 match');
    expect(selected()).toContain('db-1');
    await paper.press('esc', '+', '\\');
    expect(head()).toMatch(/\/-sev=high {2}8 matches/);
  });

  it('is the line under the cursor in the details', async () => {
    await toCron();
    await paper.press('enter', 'j', '+');
    expect(head()).toContain('/sev=high  1 match');
    await paper.press('j', '\\');
    expect(head()).toContain('/sev=high -attack:T1053.003  0 matches');
  });

  it('is not made of a line that holds nothing', async () => {
    await toCron();
    await paper.press('enter', '+');
    expect(paper.frame()).toContain('the line under the cursor holds nothing to filter by');
    expect(head()).not.toContain('/');
  });
});

describe('switching the filter off and on', () => {
  it('keeps the event under the cursor, also when nothing passed', async () => {
    await paper.press('g', 'j', '/');
    await paper.type('nothing\r');
    expect(rows()).toHaveLength(0);
    await paper.press('ctrl+f');
    expect(selected()).toContain('proc-2 ');
    expect(head()).toContain('/nothing  off: ^f');
    await paper.press('ctrl+f');
    expect(paper.frame()).toContain('No event passes the filter.');
  });

  it('says when there is none', async () => {
    await paper.press('ctrl+f');
    expect(paper.frame()).toContain('there is no filter');
  });
});

describe('saved and recent filters', () => {
  it('are listed, taken, and forgotten after a question', async () => {
    await paper.press('/');
    await paper.type('table:crontab\r');
    await paper.press('F', 'a');
    await paper.type('my cron');
    expect(paper.lines().at(-1)).toContain('a name is up to 40 letters');
    await paper.press('ctrl+u');
    await paper.type('cron\r');
    expect(paper.frame()).toMatch(/@cron +table:crontab/);
    await paper.press('esc', 'esc', '/');
    await paper.type('proc-7\r');
    await paper.press('F');
    expect(paper.lines().slice(4, 6)).toEqual([expect.stringMatching(/@cron +table:crontab/), expect.stringMatching(/recent +proc-7/)]);
    await paper.press('enter');
    expect(head()).toContain('/table:crontab  1 match');
    await paper.press('F', 'd');
    expect(paper.frame()).toContain('Forget @cron?');
    paper.ui.get().confirm?.answer(true);
    await paper.press();
    expect(paper.frame()).not.toContain('@cron  ');
  });

  it('can be saved from the palette', async () => {
    await paper.press('/');
    await paper.type('proc\r');
    await paper.press(':');
    await paper.type('save the filter\r');
    await paper.type('mine\r');
    await paper.press('F');
    expect(paper.frame()).toMatch(/@mine +proc/);
  });
});
