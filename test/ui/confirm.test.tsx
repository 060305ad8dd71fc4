import { beforeEach, describe, expect, it } from 'vitest';
import { openOnPaper, type PaperConsole } from '../helpers/frames.tsx';

let paper: PaperConsole;
let answers: boolean[];

const ask = async (over = {}) => {
  void paper.ui
    .confirm({ title: 'Send some_users to 3 hosts?', lines: ['1 of them is offline.'], yes: 'send', ...over })
    .then(yes => answers.push(yes));
  await paper.press();
};

const quiet = () => paper.clock.advance(400);

beforeEach(async () => {
  answers = [];
  paper = await openOnPaper();
});

describe('a question', () => {
  it('shows what will happen and how to answer', async () => {
    await ask();
    await paper.press('x');
    expect(paper.frame()).toContain('Send some_users to 3 hosts?');
    expect(paper.frame()).toContain('1 of them is offline.');
    expect(paper.frame()).toContain('y send   n leave it');
    expect(paper.lines()).toHaveLength(24);
  });

  it('is answered yes by y after a quiet moment', async () => {
    await ask();
    await quiet();
    await paper.press('y');
    expect(answers).toEqual([true]);
    expect(paper.ui.get().confirm).toBeUndefined();
  });

  it('ignores a yes that was on its way already', async () => {
    await paper.press('j');
    await ask();
    await paper.press('y', 'enter', 'y');
    expect(answers).toEqual([]);
    expect(paper.frame()).toContain('too quick: press it again');
    await quiet();
    await paper.press('y');
    expect(answers).toEqual([true]);
  });

  it.each(['n', 'esc', 'q', 'ctrl+c'])('is answered no by %s at once', async key => {
    await paper.press('j');
    await ask();
    await paper.press(key);
    expect(answers).toEqual([false]);
    expect(paper.exits()).toBe(0);
  });

  it('is not answered by enter, nor by other keys', async () => {
    await ask();
    await quiet();
    await paper.press('enter', 'j', 'space', '2');
    expect(answers).toEqual([]);
    expect(paper.ui.get().screen).toBe('feed');
  });

  it('answers no to the one before when another is asked', async () => {
    await ask();
    await ask({ title: 'Another?' });
    expect(answers).toEqual([false]);
    expect(paper.ui.get().confirm?.options.title).toBe('Another?');
  });

  it('takes no paste', async () => {
    await ask();
    await quiet();
    await paper.paste('y');
    expect(answers).toEqual([]);
  });
});

describe('a question about many hosts', () => {
  beforeEach(async () => {
    await ask({ number: 40 });
    await quiet();
  });

  it('wants the number typed', async () => {
    await paper.press('4');
    expect(paper.frame()).toContain('Type 40 and enter to send, esc to leave it: 4_');
    await paper.press('0', 'enter');
    expect(answers).toEqual([true]);
  });

  it('takes it in one packet', async () => {
    await paper.type('40\r');
    expect(answers).toEqual([true]);
  });

  it('takes no other number, and lets it be corrected', async () => {
    await paper.press('5', '0', 'enter');
    expect(answers).toEqual([]);
    expect(paper.frame()).toContain('type 40 and enter to send');
    await paper.press('backspace', 'backspace', '4', '0', 'enter');
    expect(answers).toEqual([true]);
  });

  it('is not answered by y', async () => {
    await paper.press('y', 'enter');
    expect(answers).toEqual([]);
  });
});
