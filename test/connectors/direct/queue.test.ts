import { beforeEach, describe, expect, it } from 'vitest';
import { DistributedQueue } from '../../../src/connectors/direct/queue.ts';

const SQL = 'SELECT 1';
const REDELIVERED_AFTER_MS = 30_000;

describe('the distributed queue', () => {
  let queue: DistributedQueue;
  const due = (node: string, now = 0) => [...queue.read(node, now).keys()];
  beforeEach(() => {
    queue = new DistributedQueue();
    queue.enqueue('q1', SQL, ['a', 'b']);
  });

  it('gives a query to its targets and to nobody else', () => {
    expect(queue.read('a', 0)).toEqual(new Map([['q1', SQL]]));
    expect(due('c')).toEqual([]);
    expect(due('b')).toEqual(['q1']);
  });

  it('gives several queries at once', () => {
    queue.enqueue('q2', SQL, ['a']);
    expect(due('a')).toEqual(['q1', 'q2']);
  });

  it('does not repeat itself at once, but after a while: the reply may have been lost', () => {
    expect(due('a')).toEqual(['q1']);
    expect(due('a', REDELIVERED_AFTER_MS - 1)).toEqual([]);
    expect(due('a', REDELIVERED_AFTER_MS)).toEqual(['q1']);
    expect(due('a', REDELIVERED_AFTER_MS + 1)).toEqual([]);
  });

  it('takes one answer of each target', () => {
    due('a');
    expect(queue.answer('q1', 'a')).toBe(true);
    expect(queue.answer('q1', 'a')).toBe(false);
    expect(due('a', REDELIVERED_AFTER_MS)).toEqual([]);
  });

  it('takes no answer that it did not ask for', () => {
    due('a');
    expect(queue.answer('q1', 'b'), 'not delivered yet').toBe(false);
    expect(queue.answer('q1', 'c'), 'no target').toBe(false);
    expect(queue.answer('q9', 'a'), 'no such query').toBe(false);
  });

  it('delivers a withdrawn query to nobody else, but takes answers of those that have it', () => {
    due('a');
    expect(queue.withdraw('q1')).toEqual({ undelivered: ['b'], delivered: ['a'] });
    expect(due('b')).toEqual([]);
    expect(due('a', REDELIVERED_AFTER_MS)).toEqual([]);
    expect(queue.answer('q1', 'b')).toBe(false);
    expect(queue.answer('q1', 'a')).toBe(true);
    expect(queue.withdraw('q1')).toEqual({ undelivered: [], delivered: [] });
  });

  it('takes no answer to a forgotten query', () => {
    due('a');
    queue.forget('q1');
    expect(queue.answer('q1', 'a')).toBe(false);
    expect(due('b')).toEqual([]);
  });
});

it('tells who has taken the query from who has not, and forgets those who answered', () => {
  const queue = new DistributedQueue();
  queue.enqueue('q', 'SELECT 1', ['answers', 'silent', 'away']);
  queue.read('answers', 0);
  queue.read('silent', 0);
  queue.answer('q', 'answers');
  expect(queue.unanswered('q')).toEqual({ delivered: ['silent'], undelivered: ['away'] });
});
