import { beforeEach, describe, expect, it } from 'vitest';
import { searchEntries } from '../../screens/help/entries.ts';
import { aHealth, openOnPaper, type PaperConsole, processEvents } from '../helpers/frames.tsx';
import { aHost, usersTemplate } from '../helpers/model.ts';

let paper: PaperConsole;

const selected = () => paper.lines().find(line => line.startsWith('▌')) ?? '';

beforeEach(async () => {
  paper = await openOnPaper({ columns: 110, engine: { templates: [usersTemplate] } });
});

describe('help', () => {
  beforeEach(() => paper.press('?'));

  it('lists what can be done on the screen, then what can be done everywhere', () => {
    expect(paper.lines()[0]).toContain('rollcall Help');
    expect(selected()).toMatch(/f +Follow or pause +Feed/);
    expect(paper.frame()).toContain('Follows the newest events, or holds the list still.');
    expect(paper.frame()).not.toContain('Query the marked hosts');
  });

  it('finds by words and by key', async () => {
    await paper.type('filter');
    expect(selected()).toMatch(/\/ +Filter/);
    await paper.press('ctrl+u');
    await paper.type('e');
    expect(selected()).toMatch(/e +Next high event/);
  });

  it('does what is selected, on the screen it came from', async () => {
    await paper.type('follow or');
    await paper.press('enter');
    expect(paper.lines()[0]).toMatch(/rollcall Feed .*paused/);
  });

  it('moves with the arrows and pages', async () => {
    await paper.press('down', 'down', 'up', 'pagedown', 'pageup', 'down');
    expect(selected()).not.toMatch(/Follow or pause/);
  });

  it('says why something cannot be done now', async () => {
    await paper.type('details');
    expect(paper.frame()).toContain('Not now: there are no events yet');
    await paper.press('enter');
    expect(paper.frame()).toContain('Details: there are no events yet');
    expect(paper.lines()[0]).toContain('rollcall Feed');
  });

  it.each(['esc', 'ctrl+c'])('closes with one %s', async key => {
    await paper.press(key);
    expect(paper.lines()[0]).toContain('rollcall Feed');
    expect(paper.exits()).toBe(0);
  });

  it('says when nothing fits', async () => {
    await paper.type('qqqqq');
    expect(paper.frame()).toContain('Nothing fits.');
    await paper.press('enter');
    expect(paper.lines()[0]).toContain('rollcall Feed');
  });
});

describe('the palette', () => {
  it('does commands of other screens, there', async () => {
    paper.state.observer.health(aHealth());
    await paper.press(':');
    await paper.type('events of this source');
    await paper.press('enter');
    expect(paper.frame()).toContain('/source:"lab"');
    expect(paper.ui.get().trail).toContain('sources');
  });

  it('leaves out the movements of other screens', async () => {
    await paper.press(':');
    await paper.type('next row');
    expect(paper.lines().filter(line => /↓ +Next row/.test(line))).toHaveLength(1);
  });

  it('goes to screens', async () => {
    await paper.press(':');
    await paper.type('go to sources');
    await paper.press('enter');
    expect(paper.lines()[0]).toContain('rollcall Sources');
    await paper.press('-');
    expect(paper.lines()[0]).toContain('rollcall Feed');
  });

  it('launches templates', async () => {
    await paper.press(':');
    await paper.type('some_users');
    expect(selected()).toMatch(/some_users +template/);
    await paper.press('enter');
    expect(paper.lines()[0]).toContain('rollcall Launch');
  });

  it('finds hosts', async () => {
    paper.state.observer.hosts('lab', [aHost('web-1'), aHost('db-77')], true);
    await paper.press(':');
    await paper.type('db-77');
    expect(selected()).toMatch(/db-77 +host/);
    await paper.press('enter');
    expect(paper.lines()[0]).toContain('rollcall Hosts');
    expect(paper.frame()).not.toContain('web-1');
  });

  it('keeps what happens on the feed', async () => {
    await paper.happen(...processEvents(1, 3));
    await paper.press(':', 'esc');
    expect(paper.frame()).toContain('proc-3');
  });
});

describe('searching', () => {
  const entry = (title: string, keys: string, help = '') => ({
    id: title,
    group: '',
    keys,
    title,
    help,
    blocked: undefined,
    danger: false,
    run: () => undefined,
  });
  const entries = [entry('Filter', '/'), entry('Filter out', '\\'), entry('Follow', 'f')];

  it('puts a key that was typed first', () => {
    expect(searchEntries(entries, 'f').map(({ title }) => title)[0]).toBe('Follow');
  });

  it('keeps the order when nothing is asked', () => {
    expect(searchEntries(entries, ' ')).toEqual(entries);
  });
});
