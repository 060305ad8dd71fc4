import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Problem } from '../../src/core/problem.ts';
import { menuKey, menuLines } from '../../src/ui/menu.ts';
import { createUi, type MenuItem, type Ui } from '../../src/ui/ui-state.ts';
import { settle } from '../helpers/fake-clock.ts';

const item = (key: string, word: string, short?: string): MenuItem => ({
  key,
  word,
  run: vi.fn<() => void>(),
  ...(short === undefined ? {} : { short }),
});

let ui: Ui;

beforeEach(() => {
  ui = createUi({ now: () => 0 });
});

const open = (...items: MenuItem[]) => {
  const menu = { title: 'triage', items };
  ui.menu(menu);
  return menu;
};

describe('a menu', () => {
  it('does what its key stands for, and is closed', () => {
    const [ack, fp] = [item('a', 'ack'), item('f', 'false positive')];
    menuKey(ui, open(ack, fp), { name: 'f', text: 'f' });
    expect([ack.run, fp.run].map(run => vi.mocked(run).mock.calls.length)).toEqual([0, 1]);
    expect(ui.get().menu).toBeUndefined();
    expect(ui.get().notice).toBeUndefined();
  });

  it('is left with esc and ctrl+c without a word, with any other key with one', () => {
    const ack = item('a', 'ack');
    for (const name of ['esc', 'ctrl+c', 'z']) menuKey(ui, open(ack), { name });
    expect(ack.run).not.toHaveBeenCalled();
    expect(ui.get()).toMatchObject({ menu: undefined, notice: { text: "z is not in the menu 'triage'. Nothing was done." } });
  });

  it('tells of a failure', async () => {
    const run = () => {
      throw new Problem('storage', 'The disk is full.');
    };
    menuKey(ui, open({ ...item('a', 'ack'), run }), { name: 'a', text: 'a' });
    await settle();
    expect(ui.get().notice).toMatchObject({ level: 'error', text: 'The disk is full.' });
  });

  it('goes away with the screen that it was for', () => {
    open(item('a', 'ack'));
    ui.go('hosts');
    expect(ui.get().menu).toBeUndefined();
  });
});

describe('its lines', () => {
  const items = [item('a', 'acknowledge', 'ack'), item('f', 'false positive', 'false')];
  const lines = (width: number) => menuLines({ title: 'triage', items }, width).map(line => line.map(({ text }) => text).join(''));

  it('go on in the second one, then take shorter words, then let go of the title', () => {
    expect(lines(80)).toEqual([' triage  a acknowledge  f false positive  esc', '']);
    expect(lines(30)).toEqual([' triage  a acknowledge', ' f false positive  esc']);
    expect(lines(20)).toEqual([' triage  a ack', ' f false  esc']);
    expect(lines(13)).toEqual([' a ack', ' f false  esc']);
  });
});
