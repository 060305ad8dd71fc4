import { Text } from 'ink';
import { beforeEach, describe, expect, it } from 'vitest';
import { Problem } from '../../src/core/problem.ts';
import { pairsInMemory } from '../../src/ui/pairs.ts';
import { defineScreen } from '../../src/ui/screen.tsx';
import { openOnPaper, type PaperConsole } from '../helpers/frames.tsx';

const plain = defineScreen({
  id: 'feed',
  title: 'Plain',
  key: '1',
  create: () => undefined,
  View: () => <Text>a screen</Text>,
  commands: [],
});

let paper: PaperConsole;

beforeEach(async () => {
  paper = await openOnPaper({ screens: [plain] });
});

describe('a prompt', () => {
  const changes: string[] = [];
  const accepted: string[] = [];
  const ask = (over = {}) =>
    paper.ui.prompt({
      id: 'test',
      label: 'find: ',
      onChange: value => changes.push(value),
      onAccept: value => accepted.push(value),
      ...over,
    });

  beforeEach(() => {
    changes.length = 0;
    accepted.length = 0;
  });

  it('gets all text, and tells each change', async () => {
    ask();
    await paper.type('q2s');
    expect(changes).toEqual(['q', 'q2', 'q2s']);
    expect(paper.frame()).toContain('find: q2s');
    await paper.press('ctrl+u');
    expect(changes.at(-1)).toBe('');
  });

  it('is accepted by enter, also in the same packet', async () => {
    ask();
    await paper.type('abc\r');
    expect(accepted).toEqual(['abc']);
    expect(paper.ui.get().prompt).toBeUndefined();
  });

  it('is cancelled by esc or ctrl+c, which does nothing else', async () => {
    for (const key of ['esc', 'ctrl+c']) {
      let cancelled = 0;
      ask({ onCancel: () => cancelled++ });
      await paper.type('a');
      await paper.press(key);
      expect(cancelled).toBe(1);
      expect(paper.ui.get().prompt).toBeUndefined();
    }
    expect(paper.exits()).toBe(0);
  });

  it('does what was accepted even where it cannot be remembered, and says so', async () => {
    const accepted: string[] = [];
    paper = await openOnPaper({
      screens: [plain],
      kept: {
        ...pairsInMemory(),
        set: () => {
          throw new Problem('storage', 'The disk is full.');
        },
      },
    });
    paper.ui.prompt({ id: 'test', label: 'name: ', lasting: true, onAccept: text => accepted.push(text) });
    await paper.type('web-1\r');
    expect(accepted).toEqual(['web-1']);
    expect(paper.frame()).toContain('error: The disk is full.');
  });

  it('remembers what was accepted, newest first', async () => {
    for (const text of ['one', 'two', 'one']) {
      ask();
      await paper.type(`${text}\r`);
    }
    ask();
    await paper.type('draft');
    await paper.press('up');
    expect(paper.frame()).toContain('find: one');
    await paper.press('up');
    expect(paper.frame()).toContain('find: two');
    await paper.press('up', 'down', 'down');
    expect(paper.ui.get().prompt?.line.text).toBe('draft');
  });

  it('completes with tab, and goes through what there is', async () => {
    const words = ['host:', 'label:', 'hosts'];
    ask({
      complete: (value: string) => ({
        from: 0,
        to: value.length,
        items: words.filter(word => word.startsWith(value)).map(text => ({ text })),
      }),
    });
    const text = () => paper.ui.get().prompt?.line.text;
    await paper.type('ho');
    expect(paper.lines().at(-1)).toContain('tab: host:  hosts');
    await paper.press('tab');
    expect(text()).toBe('host:');
    await paper.press('tab');
    expect(text()).toBe('hosts');
    await paper.press('tab', 'shift+tab');
    expect(text()).toBe('hosts');
    await paper.press('ctrl+u');
    await paper.type('l');
    await paper.press('tab', 'tab');
    expect(text()).toBe('label:');
  });

  it('points at what is wrong, and stays open on enter', async () => {
    ask({ check: (value: string) => (value.includes('bad') ? { from: value.indexOf('bad'), to: 7, what: 'it is bad' } : undefined) });
    await paper.type('ok bad');
    expect(paper.lines().at(-1)).toBe('         ^ it is bad');
    await paper.press('enter');
    expect(accepted).toEqual([]);
    await paper.press('ctrl+w', 'enter');
    expect(accepted).toEqual(['ok ']);
  });

  it('takes a pasted list as one line', async () => {
    ask();
    await paper.paste('web-1\nweb-2\r\nweb-3\n');
    expect(changes).toEqual(['web-1 web-2 web-3']);
  });
});
