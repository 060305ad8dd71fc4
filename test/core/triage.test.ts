import { describe, expect, it } from 'vitest';
import {
  isOpen,
  stateAt,
  TRIAGE_SHORTS,
  TRIAGE_STATES,
  type TriageEntry,
  triageAfter,
  triageStateNamed,
  triageWord,
  wakeTime,
} from '../../src/core/triage.ts';

const entry = (over: Partial<TriageEntry>): TriageEntry => ({
  seq: 1,
  event: 'e1',
  action: 'decide',
  state: 'acknowledged',
  until: null,
  comment: '',
  who: 'mia',
  at: 1_000,
  ...over,
});

describe('triageAfter', () => {
  it('takes over a decision with who, when and why', () => {
    expect(triageAfter(undefined, entry({ state: 'false_positive', comment: 'backup job' }))).toEqual({
      state: 'false_positive',
      until: null,
      who: 'mia',
      at: 1_000,
      reason: 'backup job',
      comments: 1,
    });
  });

  it('counts a comment and leaves the decision as it is', () => {
    const decided = triageAfter(undefined, entry({}));
    expect(triageAfter(decided, entry({ action: 'comment', who: 'ben', comment: 'seen before', at: 2_000 }))).toEqual({
      ...decided,
      comments: 1,
    });
  });

  it('says who took a decision back, and keeps the comments', () => {
    const decided = triageAfter(undefined, entry({ comment: 'hm' }));
    expect(triageAfter(decided, entry({ action: 'undo', state: 'new', who: 'ben', at: 3_000 }))).toMatchObject({
      state: 'new',
      who: 'ben',
      reason: '',
      comments: 1,
    });
  });
});

describe('stateAt', () => {
  it('wakes a snoozed event when its time has come', () => {
    const asleep = { state: 'snoozed', until: 5_000 } as const;
    expect([stateAt(asleep, 4_999), stateAt(asleep, 5_000), stateAt(undefined, 0)]).toEqual(['snoozed', 'new', 'new']);
  });

  it('knows which states leave something to do', () => {
    expect(TRIAGE_STATES.filter(isOpen)).toEqual(['new', 'acknowledged', 'in_progress', 'escalated']);
  });
});

describe('states by name', () => {
  it('knows each by its name, by what it is called, and by a short word, in any case', () => {
    for (const state of TRIAGE_STATES)
      expect([state, triageWord(state), state.toUpperCase()].map(triageStateNamed)).toEqual([state, state, state]);
    expect(TRIAGE_SHORTS.map(triageStateNamed)).toEqual([
      'acknowledged',
      'in_progress',
      'false_positive',
      'true_positive',
      'escalated',
      'snoozed',
    ]);
    expect(['', 'fpp', 'constructor', '__proto__'].map(triageStateNamed)).toEqual([undefined, undefined, undefined, undefined]);
  });
});

describe('the end of a sleep', () => {
  const now = Date.UTC(2026, 10, 21, 3, 0, 0);

  it('is a span from now on, or a time to come', () => {
    expect(wakeTime('8h', now)).toBe(now + 8 * 3_600_000);
    expect(wakeTime(' 7d ', now)).toBe(now + 7 * 86_400_000);
    expect(wakeTime('2026-11-21T09:00:00+01:00', now)).toBe(Date.UTC(2026, 10, 21, 8, 0, 0));
  });

  it.each(['', '0h', 'soon', '2026-11-21T03:00:00Z', '2020-01-01T00:00:00Z', '8'])('is not %j', text => {
    expect(wakeTime(text, now)).toBeUndefined();
  });
});
