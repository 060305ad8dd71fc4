import { describe, expect, it } from 'vitest';
import { isOpen, stateAt, TRIAGE_STATES, type TriageEntry, triageAfter } from '../../src/core/triage.ts';

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
