/** The parsers over answers of real servers, where those are at hand. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { decode, toAnswer, toHost } from '../../../src/connectors/osctrl/normalise.ts';
import {
  accountShape,
  actionShape,
  createdShape,
  environmentShape,
  nodeShape,
  pageShape,
  queryShape,
  resultMapShape,
  resultShape,
} from '../../../src/connectors/osctrl/shapes.ts';
import { root } from '../../helpers/paths.ts';

const folder = path.join(root, '../shared/captures/osctrl');
const present = existsSync(folder);

type Capture = { readonly file: string; readonly method: string; readonly path: string; readonly status: number; readonly body: unknown };

function captures(): Capture[] {
  return readdirSync(folder)
    .filter(file => file.endsWith('.json'))
    .flatMap(file => {
      const { request, response } = JSON.parse(readFileSync(path.join(folder, file), 'utf8'));
      return request && response
        ? [{ file, method: request.method, path: request.path, status: response.status, body: response.body }]
        : [];
    });
}

const all = present ? captures() : [];
const answered = (method: string, route: RegExp): Capture[] =>
  all.filter(
    capture => capture.method === method && route.test(capture.path) && capture.status === 200 && typeof capture.body === 'object',
  );

/** Long lists were cut by a last string. */
const whole = (items: readonly unknown[]): unknown[] => items.filter(item => typeof item !== 'string');
const itemsOf = ({ body }: Capture): unknown[] =>
  whole(Array.isArray(body) ? body : (pageShape.parse({ total_items: 0, ...(body as object) }).items ?? []));

describe.skipIf(!present)('captured answers', () => {
  it('of node lists are all hosts', () => {
    const lists = answered('GET', /^\/api\/v1\/nodes\/[^/]+(\?|$|\/(all|active|inactive)$)/);
    const items = lists.flatMap(itemsOf);
    expect(items.length).toBeGreaterThan(10);
    for (const item of items) {
      const host = toHost(nodeShape.parse(item), 'prod', Date.UTC(2026, 10, 21));
      expect(host).toMatchObject({
        id: expect.stringMatching(/^[0-9A-F-]{36}$/),
        hostname: expect.stringMatching(/./),
        platform: expect.stringMatching(/./),
      });
      expect(JSON.stringify(host)).not.toMatch(/node-key|enroll/);
    }
  });

  it('of query lists and single queries are all queries', () => {
    const lists = answered('GET', /\/queries\/[^/]+\/list\/|\/all-queries\//).flatMap(itemsOf);
    const shown = answered('GET', /\/queries\/[^/]+\/query_\w+$/).map(({ body }) => body);
    expect(lists.length).toBeGreaterThan(10);
    expect(shown.length).toBeGreaterThan(5);
    for (const item of [...lists, ...shown]) {
      const query = queryShape.parse(item);
      if (query.id > 0) expect(query).toMatchObject({ name: expect.stringMatching(/^\w+$/), created_at: expect.any(Number) });
    }
  });

  it('of queries that do not exist have no id', () => {
    const missing = answered('GET', /\/queries\/[^/]+\/(list|nope)$/);
    expect(missing.length).toBeGreaterThan(0);
    for (const { body } of missing) expect(queryShape.parse(body)).toMatchObject({ id: 0, created_at: null });
  });

  it('of results are answers of hosts, hostile ones too', () => {
    const pages = answered('GET', /\/queries\/[^/]+\/results\/query_[^/]*$/).filter(({ body }) => 'items' in (body as object));
    const items = pages.flatMap(itemsOf);
    expect(items.length).toBeGreaterThan(5);
    for (const item of items) {
      const { uuid, status, data, created_at } = resultShape.parse(item);
      const answer = toAnswer({ uuid, status, data, at: Date.parse(created_at) }, 0);
      expect(answer.state).toBe(status === 0 ? 'rows' : answer.state === 'denylisted' ? 'denylisted' : 'error');
      expect(answer).not.toHaveProperty('error', expect.stringContaining('cannot be read'));
      expect(JSON.stringify(answer)).not.toMatch(/[\u0080-\u009f\u202a-\u202e]|\\u00[01]/);
    }
  });

  it('of results of 0.5.1 are read by host', () => {
    const maps = all
      .filter(({ file }) => /v051-results/.test(file) && !/missing/.test(file))
      .map(({ body }) => body as Record<string, unknown>);
    expect(maps.length).toBeGreaterThan(0);
    for (const map of maps) {
      const texts = Object.entries(map).filter(([uuid]) => /^[0-9A-F-]{36}$/.test(uuid));
      for (const data of Object.values(resultMapShape.parse(Object.fromEntries(texts)))) expect(decode(data)).toBeDefined();
    }
  });

  it('of accounts, environments, creates and actions have their shapes', () => {
    for (const { body } of answered('GET', /\/users\/me$/))
      expect(accountShape.parse(body)).toMatchObject({ username: expect.any(String) });
    for (const capture of answered('GET', /\/(login\/)?environments$/))
      for (const item of itemsOf(capture)) expect(environmentShape.parse(item).name).not.toBe('');
    const created = answered('POST', /\/queries\/[^/]+$/);
    expect(created.length).toBeGreaterThan(5);
    for (const { body } of created) expect(createdShape.parse(body).query_name).toMatch(/^query_/);
    const expired = answered('POST', /\/queries\/[^/]+\/(expire|complete|delete)\//);
    expect(expired.length).toBeGreaterThan(0);
    for (const { body } of expired) expect(actionShape.parse(body).message).not.toBe('');
  });
});
