/** The parsers over answers of a real Fleet server, where those lie beside the project. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import * as api from '../../../src/connectors/fleet/api.ts';
import { CampaignRun } from '../../../src/connectors/fleet/campaign.ts';
import { fleetProblem, reasonIn } from '../../../src/connectors/fleet/fleet-problem.ts';
import { parseJson } from '../../../src/connectors/http-problem.ts';
import type { LiveUpdate } from '../../../src/core/ports.ts';
import { aHost } from '../../helpers/model.ts';
import { never, PatientClock } from './support.ts';

const DIRECTORY = path.join(import.meta.dirname, '../../../../shared/captures/fleet');

const capture = z.object({
  request: z.object({ method: z.string(), path: z.string() }),
  response: z.object({ status: z.int(), headers: z.record(z.string(), z.string()), body: z.unknown() }).optional(),
  frames: z.array(z.object({ dir: z.string(), raw: z.string().optional() })).optional(),
});

/** The captures end long lists with a word on what was left out. */
function withoutWords(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter(item => typeof item !== 'string' || !item.startsWith('…trimmed')).map(withoutWords);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withoutWords(inner)]));
}

const readCapture = (name: string) => capture.safeParse(parseJson(readFileSync(path.join(DIRECTORY, name), 'utf8'))).data;
const files = existsSync(DIRECTORY) ? readdirSync(DIRECTORY).filter(name => name.endsWith('.json')) : [];
const captures = files.flatMap(name => {
  const read = readCapture(name);
  return read ? [{ name, ...read }] : [];
});

/** Which answers are read by which schema, and, for lists, which schema reads their items. */
const READ_BY: readonly (readonly [route: RegExp, schema: z.ZodType, items?: readonly [list: string, item: z.ZodType]])[] = [
  [/^POST \S+\/fleet\/login$/, api.loginReply],
  [/^GET \S+\/fleet\/me$/, api.meReply],
  [/^GET \S+\/fleet\/version$/, api.versionReply],
  [/^GET \S+\/fleet\/config$/, api.configReply],
  [/^GET \S+\/fleet\/(labels\/\d+\/)?hosts(\?\S*)?$/, api.hostsReply, ['hosts', api.fleetHost]],
  [/^GET \S+\/fleet\/queries(\?\S*)?$/, api.queriesReply, ['queries', api.fleetQuery]],
  [/^GET \S+\/queries\/\d+\/report/, api.reportReply, ['results', api.reportRow]],
  [/^GET \S+\/fleet\/activities/, api.activitiesReply, ['activities', api.activity]],
  [/^POST \S+\/queries\/run(_by_\w+)?$/, api.campaignReply],
  [/^POST \S+\/hosts\/(identifier\/)?[^/]+\/query$/, api.hostQueryReply],
];

const answers = captures.flatMap(({ name, request, response }) => {
  const readBy = READ_BY.find(([route]) => route.test(`${request.method} ${request.path}`));
  return response ? [{ name, response, readBy }] : [];
});
const good = answers.flatMap(({ name, response, readBy }) =>
  readBy && response.status === 200 ? [{ name, body: withoutWords(response.body), readBy }] : [],
);
const refused = answers.filter(({ response }) => response.status >= 400);
const sockets = captures.flatMap(({ name, frames }) => (frames ? [{ name, frames }] : []));

describe.skipIf(captures.length === 0)('captured answers of a real Fleet', () => {
  it.each(good)('are read: $name', ({ body, readBy: [, schema, items] }) => {
    const read = schema.parse(body);
    if (!items) return;
    const [list, item] = items;
    const records = z.record(z.string(), z.unknown()).parse(read)[list];
    for (const record of z.array(z.unknown()).parse(records)) item.parse(record);
  });

  it.each(refused)('become problems of one line: $name', ({ response: { status, headers, body } }) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
    const reply = { status, headers: lower, text };
    const problem = fleetProblem(reply, { source: 'prod', server: 'Fleet', doing: 'testing' }, 0);
    expect(problem.message).not.toMatch(/\n/);
    expect(problem.kind).toMatch(status === 401 || status === 402 || status === 403 ? /^auth$/ : /^(unreachable|usage)$/);
    if (typeof body === 'object' && body !== null && 'errors' in body) expect(reasonIn(reply)).not.toBe('');
  });

  it.each(sockets)('are folded in as the hosts’ answers: $name', async ({ frames }) => {
    const said = frames.flatMap(({ dir, raw }) => (dir === 'server' && raw !== undefined && parseJson(raw) !== undefined ? [raw] : []));
    const results = said.filter(raw => raw.includes('"type":"result"'));
    const ids = results.map(raw =>
      String(z.object({ data: z.object({ host: z.object({ id: z.int() }) }) }).parse(parseJson(raw)).data.host.id),
    );
    const hosts = [...ids, 'silent'].map(id => aHost(`host-${id}`, { id, kind: 'fleetdm' }));
    const messages = (async function* () {
      yield* said;
    })();
    const run = new CampaignRun({
      source: 'prod',
      campaignId: 1,
      socket: { send: () => undefined, close: () => undefined, messages },
      hosts,
      targeted: undefined,
      clock: new PatientClock(),
      leftOut: async () => undefined,
    });
    const updates: LiveUpdate[] = [];
    for await (const update of run.updates({ timeoutMs: 60_000, offline: 'wait' }, never())) updates.push(update);
    expect(updates.flatMap(update => (update.kind === 'answer' ? [update.answer.hostId] : []))).toEqual(ids);
    expect(updates.at(-1)).toMatchObject({ kind: 'silent', hostIds: ['silent'] });
    for (const update of updates) {
      if (update.kind === 'note' && !said.some(raw => raw.startsWith('['))) expect(update.text).not.toMatch(/cannot be read/);
    }
  });
});
