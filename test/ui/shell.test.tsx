import { describe, expect, it } from 'vitest';
import { footerSegments } from '../../src/ui/bottom.ts';
import { cells } from '../../src/ui/cells.ts';
import type { BoundCommand } from '../../src/ui/keys/command.ts';
import { aHealth, openOnPaper, processEvents } from '../helpers/frames.tsx';

describe('the frame around the screens', () => {
  it.each([
    [80, 24],
    [200, 60],
    [40, 10],
    [120, 40],
    [40, 60],
    [200, 10],
  ])('fills %i by %i exactly, on every screen', async (columns, rows) => {
    const paper = await openOnPaper({ columns, rows });
    paper.state.observer.health(aHealth());
    await paper.happen(...processEvents(1, 100, { hostname: '日本語ホスト-with-a-long-name.internal.example' }));
    for (const { id } of paper.registry.screens) {
      paper.ui.go(id);
      await paper.press();
      expect(paper.lines(), id).toHaveLength(rows);
      for (const line of paper.lines()) expect(cells(line), `${id}: ${line}`).toBeLessThanOrEqual(columns);
      expect(paper.lines()[0]).toMatch(/^ rollcall /);
      expect(paper.lines().at(-1)).toContain('? help');
    }
  });

  it('keeps every line in its place before there is anything to show', async () => {
    const paper = await openOnPaper();
    expect(paper.lines()[2]).toBe('');
    expect(paper.lines()[3]).toMatch(/^ +UTC +S +host/);
  });

  it('asks for more room under 40x10, and comes back', async () => {
    const paper = await openOnPaper();
    await paper.resize(39, 24);
    expect(paper.frame().trim()).toBe('make me bigger: 40x10');
    await paper.resize(80, 9);
    expect(paper.frame().trim()).toBe('make me bigger: 40x10');
    await paper.resize(40, 10);
    expect(paper.lines()[0]).toContain('rollcall Feed');
  });

  it('does nothing unseen while it is too small, but leaves', async () => {
    const paper = await openOnPaper();
    await paper.resize(20, 5);
    await paper.press('5', 'f');
    expect(paper.ui.get().screen).toBe('feed');
    await paper.press('q');
    expect(paper.exits()).toBe(1);
  });

  it('shows the screens with their number keys, and which one is up', async () => {
    const paper = await openOnPaper();
    expect(paper.lines()[1]).toBe('[1 Feed] 2 Hosts  3 Launch  4 Results  5 Sources');
    await paper.press('5');
    expect(paper.lines()[1]).toBe(' 1 Feed  2 Hosts  3 Launch  4 Results [5 Sources]');
  });

  it('says in words how a source is when it is not well', async () => {
    const paper = await openOnPaper();
    paper.state.observer.health(aHealth({ source: 'lab' }));
    paper.state.observer.health(aHealth({ source: 'prod', level: 'degraded' }));
    paper.state.observer.health(aHealth({ source: 'dmz', level: 'down' }));
    await paper.press();
    expect(paper.lines()[0]).toMatch(/● lab {2}● prod degraded {2}● dmz down/);
  });

  it('shows notices of the engine, and keeps them long enough to be read', async () => {
    const paper = await openOnPaper();
    paper.state.observer.notice({ level: 'error', text: 'prod: token refused' });
    await paper.press('p');
    expect(paper.frame()).toContain('error: prod: token refused');
    await paper.clock.advance(5_000);
    await paper.press('p');
    expect(paper.frame()).not.toContain('token refused');
  });
});

describe('the footer', () => {
  const hint = (key: string, footer: string) => ({ keys: [key], footer }) as unknown as BoundCommand;
  const text = (commands: readonly BoundCommand[], width: number) =>
    footerSegments(commands, width)
      .map(segment => segment.text)
      .join('')
      .trimEnd();

  const commands = [hint('a', 'first'), hint('b', 'second'), hint('ctrl+d', 'third'), hint('?', 'help'), hint('q', 'leave')];

  it('writes control keys short', () => {
    expect(text(commands, 80)).toBe(' a first  b second  ^d third  ? help  q leave');
  });

  it('drops what does not fit, but never help and leave', () => {
    expect(text(commands, 40)).toBe(' a first  b second  ? help  q leave');
    expect(text(commands, 18)).toBe(' ? help  q leave');
  });

  it('uses the line to its end', () => {
    const line = text(commands, 80);
    expect(text(commands, line.length)).toBe(line);
    expect(text(commands, line.length - 1)).not.toContain('third');
  });

  it('names no keys that do not act while a question, a menu or a prompt is open', async () => {
    const paper = await openOnPaper({ columns: 60 });
    await paper.happen(...processEvents(1, 5));
    expect(paper.lines().at(-1)).toContain('t triage');
    await paper.press('t');
    expect(paper.lines().slice(-2).join(' ')).toMatch(/a ack {2}.*s snooze {2}n new again {2}esc$/);
    expect(paper.frame()).not.toContain('f follow');
    await paper.press('s');
    expect(paper.lines().at(-1)).not.toContain('q leave');
    await paper.press('esc');
    void paper.ui.confirm({ title: 'Sure?', yes: 'go' });
    await paper.press();
    expect(paper.lines().at(-1)).toBe('');
  });

  it('gives its line to a message that is longer than one', async () => {
    const paper = await openOnPaper({ columns: 40 });
    paper.ui.say('Saved as @night: F lists it, and others find it too.');
    await paper.clock.advance(20);
    expect(paper.lines().slice(-2)).toEqual([' Saved as @night: F lists it, and others', ' find it too.']);
  });
});
