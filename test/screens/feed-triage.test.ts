import { describe, expect, it } from 'vitest';
import { triageLines } from '../../screens/feed/triage-lines.ts';
import { triageMark } from '../../screens/feed/triage-mark.ts';
import { TRIAGE_STATES } from '../../src/core/triage.ts';
import { triageInMemory } from '../helpers/triage-store.ts';

const NOW = Date.UTC(2026, 10, 21, 3, 0, 0);
const clock = { now: NOW, zone: 'utc', offsetMinutes: () => 120 } as const;
const HOUR = 3_600_000;

describe('the mark of a row', () => {
  it('is one ASCII character, another for each state', () => {
    const marks = TRIAGE_STATES.map(state => triageMark(state).text);
    expect(new Set(marks).size).toBe(TRIAGE_STATES.length);
    for (const mark of marks) expect(mark).toMatch(/^[ -~]$/);
  });
});

describe('the lines of the pane', () => {
  const lines = (store: ReturnType<typeof triageInMemory>, over: object = {}) =>
    triageLines(store.triage('e'), store.triageHistory('e'), 60, { ...clock, ...over }).map(line => line.map(({ text }) => text).join(''));

  it('say nothing about what nobody touched', () => {
    expect(lines(triageInMemory())).toEqual([]);
  });

  it('say where the event stands, and who did what, when and why, newest first', () => {
    const store = triageInMemory();
    store.decide(['e'], { state: 'acknowledged', until: null, comment: '' }, 'mia', NOW - 2 * HOUR);
    store.comment(['e'], 'asked the owner', 'ben', NOW - HOUR);
    store.decide(['e'], { state: 'false_positive', until: null, comment: 'backup job' }, 'mia', NOW - HOUR / 2);
    store.undo(['e'], 'ben', NOW);
    expect(lines(store)).toEqual([
      ' triage   acknowledged',
      '   03:00:00  ben  took it back: acknowledged',
      '   02:30:00  mia  false positive',
      '      backup job',
      '   02:00:00  ben  said',
      '      asked the owner',
      '   01:00:00  mia  acknowledged',
    ]);
  });

  it('say until when it sleeps, in the time zone that is shown, and that it is over', () => {
    const store = triageInMemory();
    store.decide(['e'], { state: 'snoozed', until: NOW + HOUR, comment: '' }, 'mia', NOW);
    expect(lines(store, { zone: 'local' })).toEqual([' triage   snoozed', '   05:00:00  mia  snoozed until 06:00:00']);
    expect(lines(store, { now: NOW + HOUR })[0]).toBe(' triage   new again: its sleep is over');
  });
});
