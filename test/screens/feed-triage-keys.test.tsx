import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Problem } from '../../src/core/problem.ts';
import { QUIET_MS } from '../../src/ui/confirm-keys.ts';
import { anEvent, openOnPaper, type PaperConsole } from '../helpers/frames.tsx';

let paper: PaperConsole;

const HOUR = 3_600_000;

/** Four events that do not fold, oldest first; the cursor stands on the third. */
beforeEach(async () => {
  paper = await openOnPaper();
  await paper.happen(...['a', 'b', 'c', 'd'].map(key => anEvent({ dedupeKey: key, title: `proc-${key}`, row: { name: key } })));
  await paper.press('k');
});

const selected = () => /proc-\S+/.exec(paper.lines().find(line => line.startsWith('▌')) ?? '')?.[0];
const row = (title: string) => paper.lines().find(line => line.includes(title));
const shown = () => ['a', 'b', 'c', 'd'].filter(key => row(`proc-${key}`) !== undefined);
const said = () => paper.lines().at(-2)?.trim();
const idOf = (title: string) => {
  for (let seq = 1; ; seq += 1) {
    const event = paper.services.raw(seq);
    if (!event) throw new Error(`no event ${title}`);
    if (event.title === title) return event.id;
  }
};
const states = () => ['a', 'b', 'c', 'd'].map(key => paper.services.triage.stateOf(idOf(`proc-${key}`)));
const confirm = async () => {
  await paper.clock.advance(QUIET_MS);
  await paper.press('y');
};

describe('a verdict', () => {
  it('takes two keys, and goes on to the next row', async () => {
    await paper.press('t');
    expect(
      paper
        .lines()
        .slice(-2)
        .map(line => line.trim()),
    ).toEqual(['triage  a ack  i in progress  f false positive  t true positive  x escalate', 's snooze  n new again  esc']);
    await paper.press('f');
    expect(states()).toEqual(['new', 'new', 'false_positive', 'new']);
    expect(selected()).toBe('proc-d');
    expect(said()).toBe('1 event: false positive.');
    expect(row('proc-c')).toContain('Mf');
  });

  it.each([
    ['a', 'acknowledged'],
    ['i', 'in_progress'],
    ['t', 'true_positive'],
    ['x', 'escalated'],
  ])('%s means %s', async (key, state) => {
    await paper.press('t', key);
    expect(states()[2]).toBe(state);
  });

  it('is the same once more with one key', async () => {
    await paper.press('T');
    expect(said()).toContain('nothing was decided in this console yet');
    await paper.press('k', 'k', 't', 'x', 'T', 'T');
    expect(states()).toEqual(['escalated', 'escalated', 'escalated', 'new']);
    expect(selected()).toBe('proc-d');
  });

  it('at the newest row says so and stays', async () => {
    await paper.press('j', 't', 'a');
    expect(selected()).toBe('proc-d');
    expect(said()).toBe('1 event: acknowledged. No newer row is left here.');
  });

  it('is for the event that was there when the key was pressed, whatever arrives', async () => {
    await paper.press('G', 't');
    await paper.happen(anEvent({ dedupeKey: 'e', title: 'proc-e', row: { name: 'e' } }));
    await paper.press('f');
    expect(states()[3]).toBe('false_positive');
    expect(paper.services.triage.history(idOf('proc-e'))).toEqual([]);
  });

  it('does nothing with a key that the menu does not have', async () => {
    await paper.press('t', 'q');
    expect(said()).toBe("q is not in the menu 'triage'. Nothing was done.");
    await paper.press('t', 'esc');
    expect(states()).toEqual(['new', 'new', 'new', 'new']);
    expect(paper.exits()).toBe(0);
  });

  it('inside the pane shows the next event', async () => {
    await paper.press('enter', 't', 'f');
    expect(paper.frame()).toContain('event ─');
    expect(paper.ui.get().menu).toBeUndefined();
    expect(paper.lines().filter(line => line.includes('proc-d'))).toHaveLength(2);
  });

  it('that cannot be stored is told, and the cursor stays', async () => {
    vi.spyOn(paper.services.triage, 'decide').mockImplementation(() => {
      throw new Problem('storage', 'The disk is full.');
    });
    await paper.press('t', 'f');
    expect(said()).toBe('error: The disk is full.');
    expect(selected()).toBe('proc-c');
  });
});

describe('with a filter on what is open', () => {
  it('rows that are decided on leave, and the cursor is on the next one', async () => {
    await paper.press('/');
    await paper.type('status:open\r');
    expect(selected()).toBe('proc-c');
    await paper.press('k', 't', 'f');
    expect([shown(), selected()]).toEqual([['a', 'c', 'd'], 'proc-c']);
    await paper.press('T');
    expect([shown(), selected()]).toEqual([['a', 'd'], 'proc-d']);
    await paper.press('T');
    expect([shown(), selected()]).toEqual([['a'], 'proc-a']);
    await paper.press('u');
    expect([shown(), selected()]).toEqual([['a', 'd'], 'proc-d']);
  });
});

describe('undo', () => {
  it('takes decisions back step by step, says what, and returns to the row', async () => {
    await paper.press('k', 't', 'f', 't', 'x', 'u');
    expect([said(), selected()]).toEqual(['Taken back on 1 event: escalated.', 'proc-c']);
    await paper.press('u');
    expect([said(), selected(), states()]).toEqual(['Taken back on 1 event: false positive.', 'proc-b', ['new', 'new', 'new', 'new']]);
    await paper.press('u');
    expect(said()).toBe('There is no decision of this console left to take back.');
  });
});

describe('marks', () => {
  it('make a decision be for all marked rows, and are gone after it', async () => {
    await paper.press('g', 'space', 'j', 'space');
    expect(row('proc-a')).toMatch(/^.\*/);
    await paper.press('t');
    expect(said()).toContain('2 events');
    await paper.press('t');
    expect(states()).toEqual(['true_positive', 'new', 'true_positive', 'new']);
    expect(paper.frame()).not.toMatch(/^.\*/m);
  });

  it('are taken away one by one, or all', async () => {
    await paper.press('g', 'space', 'g', 'space', 't', 'a');
    expect(states()).toEqual(['new', 'acknowledged', 'new', 'new']);
    await paper.press('space', 'space', 'U', 'k', 't', 'x');
    expect(states()).toEqual(['new', 'acknowledged', 'escalated', 'new']);
    await paper.press('U');
    expect(said()).toContain('no event is marked');
  });

  it('are set on a range, in either direction, and on all that is shown', async () => {
    await paper.press('V', 'k', 'k', 'V', 't', 'a');
    expect(states()).toEqual(['acknowledged', 'acknowledged', 'acknowledged', 'new']);
    await paper.press('/');
    await paper.type('status:new\r');
    await paper.press('A', 't', 'x');
    expect(states()).toEqual(['acknowledged', 'acknowledged', 'acknowledged', 'escalated']);
  });
});

describe('a folded row', () => {
  it('is decided on as a whole', async () => {
    await paper.happen(...['1', '2', '3'].map(pid => anEvent({ dedupeKey: `p${pid}`, title: 'same', row: { name: 'same', pid } })));
    await paper.press('G', 't', 'f');
    expect(said()).toContain('3 events: false positive.');
    expect(paper.services.triage.stateOf(idOf('same'))).toBe('false_positive');
  });

  it('of very many asks first', async () => {
    const many = Array.from({ length: 101 }, (_, n) =>
      anEvent({ dedupeKey: `m${n}`, title: 'same', row: { name: 'same', pid: String(n) } }),
    );
    await paper.happen(...many);
    await paper.press('G', 't', 'f');
    expect(paper.frame()).toContain('Decide on 101 events: false positive?');
    await paper.press('n');
    expect(paper.services.triage.last()).toBeUndefined();
    await paper.press('t', 'f');
    await confirm();
    expect(said()).toContain('101 events: false positive.');
  });
});

describe('snooze', () => {
  it('asks until when and why, and the event is new again when that is over', async () => {
    await paper.press('t', 's');
    await paper.type('8h waiting for the owner\r');
    const id = idOf('proc-c');
    expect(paper.services.triage.of(id)).toMatchObject({ state: 'snoozed', reason: 'waiting for the owner' });
    expect(said()).toBe('1 event: snoozed until 11:00:00.');
    expect(row('proc-c')).toContain('Ms');
    await paper.clock.advance(8 * HOUR);
    paper.services.triage.refresh();
    await paper.press();
    expect(row('proc-c')).toContain('M ');
  });

  it('does not take what is no time to come', async () => {
    await paper.press('t', 's');
    await paper.type('soon\r');
    expect(paper.frame()).toContain('first 8h, 7d or a time to come (RFC 3339)');
    await paper.press('esc');
    expect(states()[2]).toBe('new');
  });
});

describe('a comment', () => {
  it('stays with the event, decides nothing, and is in the pane', async () => {
    await paper.resize(120, 50);
    await paper.press('c');
    await paper.type('asked the owner\r');
    expect(said()).toBe('Comment kept.');
    expect(states()[2]).toBe('new');
    await paper.press('p');
    expect(paper.frame()).toContain('asked the owner');
    expect(paper.frame()).toMatch(/mia +said/);
    await paper.press('c');
    await paper.type('  \r');
    expect(paper.services.triage.of(idOf('proc-c'))?.comments).toBe(1);
  });
});

describe('what another console decides', () => {
  it('shows on the row', async () => {
    paper.services.triage.decide([idOf('proc-a')], { state: 'escalated' });
    await paper.press();
    expect(row('proc-a')).toContain('Mx');
  });
});
