import { expect, it } from 'vitest';
import { rowChanges } from '../../src/core/host-changes.ts';
import type { EventAction, Row } from '../../src/core/model.ts';
import { anEvent } from '../helpers/frames.tsx';

let made = 0;
const happened = (action: EventAction | null, row: Row, time: number) => {
  made += 1;
  return anEvent({ dedupeKey: `e${made}`, action, row, time, ...(action === null ? { kind: 'status', eventType: 'agent_status' } : {}) });
};

const listener = { port: '4444', address: '0.0.0.0' };

it.each<[string, readonly EventAction[], string, number]>([
  ['came', ['added'], 'added', 1],
  ['went', ['removed'], 'removed', 1],
  ['came and went', ['added', 'removed'], 'came and went', 2],
  ['went and came back', ['removed', 'added'], 'went and came back', 2],
  ['is there after all', ['added', 'removed', 'added'], 'added', 3],
  ['is gone after all', ['removed', 'added', 'removed'], 'removed', 3],
  ['stood in a snapshot', ['snapshot'], 'seen', 1],
])('a row that %s is told once, as what became of it', (_what, actions, fate, times) => {
  const events = actions.map((action, index) => happened(action, listener, 1_000 + index)).toReversed();
  expect(rowChanges(events)).toEqual([{ fate, times, first: 1_000, event: events[0] }]);
});

it('takes rows for the same whatever the order of their columns, and for others when a value differs', () => {
  const [swapped, other] = [
    { address: '0.0.0.0', port: '4444' },
    { port: '4445', address: '0.0.0.0' },
  ];
  const events = [happened('removed', swapped, 3), happened('added', other, 2), happened('added', listener, 1)];
  expect(rowChanges(events).map(({ fate, event }) => [fate, event.row.port])).toEqual([
    ['came and went', '4444'],
    ['added', '4445'],
  ]);
});

it('tells each status for itself', () => {
  const events = [happened(null, { message: 'down' }, 2), happened(null, { message: 'down' }, 1)];
  expect(rowChanges(events).map(({ fate, times }) => [fate, times])).toEqual([
    ['said', 1],
    ['said', 1],
  ]);
});
