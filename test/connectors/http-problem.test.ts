import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  exchangeProblem,
  isJson,
  notApiProblem,
  readShape,
  replyProblem,
  retryAfterMs,
  serverWords,
  shapeOf,
} from '../../src/connectors/http-problem.ts';
import type { HttpReply } from '../../src/core/ports.ts';
import { Problem } from '../../src/core/problem.ts';

const AT = { source: 'prod', server: 'osctrl', doing: 'listing the hosts' };
const NOW = Date.UTC(2026, 10, 21);

const reply = (status: number, text = '', headers: Record<string, string> = {}): HttpReply => ({ status, text, headers });

function thrownBy(run: () => unknown): Problem {
  try {
    run();
  } catch (thrown) {
    if (thrown instanceof Problem) return thrown;
    throw thrown;
  }
  throw new Error('nothing was thrown');
}

describe('replyProblem', () => {
  it.each([
    [401, 'auth', false],
    [403, 'auth', false],
    [302, 'unreachable', false],
    [404, 'unreachable', false],
    [408, 'unreachable', true],
    [429, 'unreachable', true],
    [500, 'unreachable', true],
    [503, 'unreachable', true],
  ])('HTTP %i is %s, transient: %s', (status, kind, transient) => {
    const problem = replyProblem(reply(status), AT, NOW);
    expect(problem).toMatchObject({ kind, transient, source: 'prod' });
    expect(problem.message).toContain(`osctrl 'prod' answered HTTP ${status} while listing the hosts`);
  });

  it('gives the documented hint when the token is refused', () => {
    expect(replyProblem(reply(401), AT, NOW).message).toContain('authentication failed; check api_token');
    expect(replyProblem(reply(403), AT, NOW).message).toContain('authentication failed; check api_token');
  });

  it('takes over the wait that the server asks for', () => {
    expect(replyProblem(reply(429, 'too many requests', { 'retry-after': '60' }), AT, NOW).retryAfterMs).toBe(60_000);
  });

  it('shows what the server says as printable text', () => {
    const { message } = replyProblem(reply(500, '{"error":"\\u001b[31mboom\\u202e"}'), AT, NOW);
    expect(message).toContain('(␛[31mboom·)');
  });
});

describe('retryAfterMs', () => {
  it.each([
    ['5', 5_000],
    ['0', 0],
    ['99999999', 3_600_000],
    ['Sat, 21 Nov 2026 00:00:30 GMT', 30_000],
    ['Fri, 20 Nov 2026 00:00:00 GMT', 0],
    ['soon', undefined],
    ['', undefined],
  ])('%j', (value, ms) => {
    expect(retryAfterMs({ 'retry-after': value }, NOW)).toBe(ms);
  });

  it('is undefined without the header', () => {
    expect(retryAfterMs({}, NOW)).toBeUndefined();
  });
});

describe('serverWords', () => {
  it.each([
    ['{"error":"no access"}', 'no access'],
    ['{"message":"gone"}', 'gone'],
    ['{"error":{"code":1}}', ''],
    ['too many requests\n', 'too many requests'],
    ['<html><body>Sorry</body></html>', ''],
    ['', ''],
  ])('%s', (body, words) => {
    expect(serverWords(reply(500, body))).toBe(words);
  });

  it('cuts long texts', () => {
    expect(serverWords(reply(500, 'x'.repeat(10_000))).length).toBeLessThan(300);
  });
});

describe('readShape', () => {
  const shape = z.object({ items: z.array(z.object({ id: z.number() })) });

  it('reads the known shape', () => {
    expect(readShape('{"items":[{"id":1}]}', shape, AT)).toEqual({ items: [{ id: 1 }] });
  });

  it('calls a cut-off text a passing fault', () => {
    expect(thrownBy(() => readShape('{"items":[{"id"', shape, AT))).toMatchObject({ kind: 'unreachable', transient: true });
  });

  it('calls another shape a lasting fault, says where, and keeps a sample without its contents', () => {
    const problem = thrownBy(() => readShape('{"items":[{"id":"SECRET"}]}', shape, AT));
    expect(problem).toMatchObject({ kind: 'unreachable', transient: false });
    expect(problem.message).toContain('items.0.id');
    expect(problem.detail).toBe('unknown shape: {items: [{id: string}, 1 in all]}');
    expect(problem.message + problem.detail).not.toContain('SECRET');
  });

  it('describes shapes of any depth and width in few words', () => {
    const wide = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`column${index}`, { a: { b: { c: [null] } } }]));
    expect(shapeOf(wide).length).toBeLessThan(2_000);
    expect(shapeOf([])).toBe('[]');
    expect(shapeOf(null)).toBe('null');
  });
});

describe('what is not the API', () => {
  it('names the content type of what came instead', () => {
    const page = reply(200, '<html></html>', { 'content-type': 'text/html' });
    expect(isJson(page)).toBe(false);
    expect(notApiProblem(page, AT).message).toContain('text/html');
  });

  it.each(['application/json', 'application/json; charset=UTF-8', 'application/problem+json'])('takes %s for JSON', type => {
    expect(isJson(reply(200, '{}', { 'content-type': type }))).toBe(true);
  });
});

describe('exchangeProblem', () => {
  it('says of a failed exchange whose it was, and keeps the cause and whether trying again can help', () => {
    const failed = new Problem('unreachable', '127.0.0.1:9 refused the connection.', { detail: 'refused', transient: true });
    const problem = exchangeProblem(failed, AT);
    expect(problem).toMatchObject({ kind: 'unreachable', source: 'prod', detail: 'refused', transient: true });
    expect(String(problem)).toContain('127.0.0.1:9 refused the connection.');
  });

  it('gives back aborts and faults of our own as they are', () => {
    const abort = new DOMException('stopped', 'AbortError');
    expect(exchangeProblem(abort, AT)).toBe(abort);
  });
});
