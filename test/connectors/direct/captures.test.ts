/** What third-party clients really sent, where their captures are at hand: none of it may be lost or refused. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { enrollBody, logBody, queryResults, writeBody } from '../../../src/connectors/direct/protocol.ts';
import { root } from '../../helpers/paths.ts';
import { allHosts } from '../contract.ts';
import { ask, consume, startDirect, TestNode } from './support.ts';

const folder = path.join(root, '../shared/captures/osquery');
const present = existsSync(folder);

type Capture = { readonly name: string; readonly method: string; readonly path: string; readonly body: Record<string, unknown> };

const captures: Capture[] = present
  ? readdirSync(folder)
      .filter(name => name.endsWith('.json') && !name.startsWith('_'))
      .map(name => ({ name, ...JSON.parse(readFileSync(path.join(folder, name), 'utf8')) }))
  : [];
const of = (endpoint: string) => captures.filter(capture => capture.path.endsWith(endpoint));

describe.skipIf(!present)('captured requests of osquery-perf', () => {
  it('enrol their hosts', async () => {
    const { connector, address } = await startDirect();
    for (const { body } of of('/enroll')) {
      expect(enrollBody.parse(body).host_details).not.toEqual({});
      expect(await ask(address, '/api/osquery/enroll', { ...body, enroll_secret: address.enrollSecret })).toHaveProperty('node_key');
    }
    const hosts = await allHosts(connector);
    expect(hosts.map(({ platform }) => platform).sort()).toEqual(['darwin', 'ubuntu']);
    for (const host of hosts)
      expect(host).toMatchObject({ uuid: expect.stringMatching(/-/), osqueryVersion: expect.stringMatching(/^\d/) });
  });

  it.each(of('/log'))('$name becomes events', async ({ body, path: at }) => {
    const { connector, address } = await startDirect();
    const { events, batches } = consume(connector);
    const node = await TestNode.enroll(address, 'web-1');
    expect(logBody.parse(body).data.length).toBeGreaterThan(0);
    expect(await node.ask(at, { ...body, node_key: node.key })).toEqual({ node_invalid: false });
    expect(events.length).toBeGreaterThan(0);
    expect(batches.map(({ skipped }) => skipped)).toEqual([0]);
    expect(events[0]).toMatchObject({ action: 'snapshot', queryName: expect.stringMatching(/^pack\/Global\//) });
  });

  it.each(of('/distributed/write'))('$name is read as results', ({ body }) => {
    const results = queryResults(writeBody.parse(body));
    expect([...results.keys()].sort()).toEqual(Object.keys(body.queries ?? {}).sort());
    for (const { rows, status } of results.values()) expect([status, rows.length]).toEqual([0, 1]);
  });

  it.each([...of('/config'), ...of('/distributed/read'), ...of('/version')])('$name is answered', async ({ body, path: at, method }) => {
    const { address } = await startDirect();
    const node = await TestNode.enroll(address, 'web-1');
    const reply = await ask(address, at, method === 'GET' ? '' : { ...body, node_key: node.key }, { method });
    expect(reply).not.toHaveProperty('error');
    expect(reply.node_invalid ?? false).toBe(false);
  });
});

const transport = path.join(folder, 'cxx');

describe.skipIf(!existsSync(transport))('captured requests of osquery’s own transport', () => {
  const bodies = (present ? readdirSync(transport) : [])
    .filter(name => name.endsWith('.json'))
    .map(name => JSON.parse(readFileSync(path.join(transport, name), 'utf8')))
    .filter(({ body }) => typeof body === 'string' && body.startsWith('{'));

  it('carry bodies and headers that are read', async () => {
    expect(bodies.length).toBeGreaterThan(0);
    const { address } = await startDirect();
    const node = await TestNode.enroll(address, 'web-1');
    const enrol = JSON.parse(bodies.find(({ head }) => head.startsWith('POST /enroll')).body);
    expect(await ask(address, '/enroll', { ...enrol, enroll_secret: address.enrollSecret })).toHaveProperty('node_key');
    // The bytes of invalid UTF-8 are written as \xNN in the capture.
    const { body } = bodies.find(({ head }) => head.includes('Content-Encoding: gzip'));
    const bytes = Buffer.from(
      body.replace(/\\x([0-9a-f]{2})/g, (_: string, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
      'latin1',
    );
    const sent = Buffer.from(bytes.toString('latin1').replace('"k1"', JSON.stringify(node.key)), 'latin1');
    const headers = { authorization: `NodeKey ${node.key}` };
    expect(await ask(address, '/log', sent, { gzip: true, headers })).toEqual({ node_invalid: false });
  });
});
