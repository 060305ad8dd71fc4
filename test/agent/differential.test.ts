import { describe, expect, it } from 'vitest';
import { difference, eventLines, parseState, snapshotLine } from '../../src/agent/differential.ts';

const SQL = 'SELECT * FROM t';
const row = (name: string) => ({ name });
const now = Date.UTC(2026, 10, 21, 3, 4, 5, 999);

describe('a differential query', () => {
  it('adds everything at first, with counter 0', () => {
    const { added, removed, state, changed } = difference(undefined, SQL, 0, [row('a'), row('b')]);
    expect({ added, removed, counter: state.counter, changed }).toEqual({
      added: [row('a'), row('b')],
      removed: [],
      counter: 0,
      changed: true,
    });
  });

  it('then tells what came and went, and counts only results that differ', () => {
    const first = difference(undefined, SQL, 0, [row('a'), row('b')]).state;
    const second = difference(first, SQL, 0, [row('b'), row('a')]);
    expect({ changed: second.changed, counter: second.state.counter }).toEqual({ changed: false, counter: 0 });
    const third = difference(second.state, SQL, 0, [row('b'), row('c')]);
    expect(third).toMatchObject({ added: [row('c')], removed: [row('a')], state: { counter: 1 }, changed: true });
    expect(difference(third.state, SQL, 0, []).state.counter).toBe(2);
  });

  it('starts anew in a new epoch, and compares with the old rows when only its SQL is another', () => {
    const { state } = difference(undefined, SQL, 0, [row('a')]);
    expect(difference(state, SQL, 1, [row('a')])).toMatchObject({ added: [row('a')], state: { counter: 0, epoch: 1 } });
    expect(difference(state, 'SELECT 1', 0, [row('b')])).toMatchObject({ added: [row('b')], removed: [row('a')], state: { counter: 1 } });
  });

  it('counts rows that stand twice', () => {
    const { state } = difference(undefined, SQL, 0, [row('a')]);
    expect(difference(state, SQL, 0, [row('a'), row('a')]).added).toEqual([row('a')]);
    const twice = difference(state, SQL, 0, [row('a'), row('a')]).state;
    expect(difference(twice, SQL, 0, [row('a')]).removed).toEqual([row('a')]);
  });

  it('does not care about the order of columns', () => {
    const { state } = difference(undefined, SQL, 0, [{ a: '1', b: '2' }]);
    expect(difference(state, SQL, 0, [{ b: '2', a: '1' }]).changed).toBe(false);
  });

  it('writes control bytes as text', () => {
    expect(difference(undefined, SQL, 0, [row('a\u001b[31m\n\tü')]).added).toEqual([row('a\\x1B[31m\\x0A\\x09ü')]);
  });

  it('goes on from its stored state, and starts anew from one that cannot be read', () => {
    const { state } = difference(undefined, SQL, 0, [row('a')]);
    expect(parseState(JSON.stringify(state))).toEqual(state);
    for (const text of [undefined, '', '{', '{"rows":[1]}', 'null']) expect(parseState(text)).toBeUndefined();
  });
});

describe('log lines', () => {
  const head = { name: 'q', hostIdentifier: 'host-1', now, epoch: 0 };

  it('are one a row, in osquery’s form', () => {
    expect(eventLines({ ...head, counter: 3 }, { added: [row('a')], removed: [row('b')] })).toEqual(
      [
        ['b', 'removed'],
        ['a', 'added'],
      ].map(([name, action]) => ({
        name: 'q',
        hostIdentifier: 'host-1',
        calendarTime: 'Sat Nov 21 03:04:05 2026 UTC',
        unixTime: 1_795_230_245,
        epoch: 0,
        counter: 3,
        numerics: false,
        columns: { name },
        action,
      })),
    );
  });

  it('of a snapshot are one for all rows, with counter 0', () => {
    expect(snapshotLine(head, [row('a'), row('b')])).toMatchObject({
      snapshot: [row('a'), row('b')],
      action: 'snapshot',
      name: 'q',
      counter: 0,
    });
  });
});
