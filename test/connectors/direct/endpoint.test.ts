/** What the wire sees: contracts/osquery-remote.md 1.1, 1.2, 1.3 and 6. */

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { connect } from 'node:tls';
import { describe, expect, it } from 'vitest';
import type { DirectAddress } from '../../../src/connectors/direct/index.ts';
import { authority } from '../../helpers/certificates.ts';
import { temporaryDirectory } from '../../helpers/directories.ts';
import { ask, enrolment, json, type PostOptions, post, startDirect, TestNode } from './support.ts';

const MIB = 1_048_576;
const API = ['/enroll', '/config', '/log', '/distributed/read', '/distributed/write'];

/** Sends bytes as they are over TLS and returns all that comes back. */
function raw(address: DirectAddress, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let reply = '';
    const socket = connect({ host: '127.0.0.1', port: address.port, ca: address.caPem }, () => socket.write(text));
    socket.on('data', chunk => {
      reply += chunk;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(reply));
  });
}

describe('every reply', () => {
  type Odd = { readonly what: string; readonly path: string; readonly body: unknown; readonly options?: PostOptions };
  const odd: readonly Odd[] = [
    { what: 'an unknown path', path: '/nothing/here', body: {} },
    { what: 'a carve of nobody', path: '/carve/start', body: { carve_id: 'x' } },
    { what: 'a block of no carve', path: '/carve/block', body: { block_id: 0, session_id: 'x', request_id: 'x', data: '' } },
    { what: 'a GET of the API', path: '/config', body: '', options: { method: 'GET' } },
    { what: 'an empty body', path: '/log', body: '' },
    { what: 'a body that is not JSON', path: '/distributed/read', body: '{"node_key":' },
    { what: 'a body that is no object', path: '/config', body: '[]' },
    { what: 'null', path: '/distributed/write', body: 'null' },
    { what: 'a deeply nested body', path: '/log', body: `${'['.repeat(100_000)}${']'.repeat(100_000)}` },
    { what: 'an enrolment of more than 64 KiB', path: '/enroll', body: 'x'.repeat(65 * 1024) },
    { what: 'a config request of more than 16 KiB', path: '/config', body: 'x'.repeat(17 * 1024) },
    { what: 'a read of more than 16 KiB', path: '/distributed/read', body: 'x'.repeat(17 * 1024) },
    { what: 'a log of more than 32 MiB', path: '/log', body: Buffer.alloc(33 * MIB, 0x20) },
    { what: 'a small log that unpacks to more than 32 MiB', path: '/log', body: Buffer.alloc(33 * MIB, 0x20), options: { gzip: true } },
    { what: 'gzip where it is not expected', path: '/distributed/write', body: {}, options: { gzip: true } },
    { what: 'gzip that is none', path: '/log', body: 'plain', options: { headers: { 'content-encoding': 'gzip' } } },
    { what: 'another encoding', path: '/log', body: {}, options: { headers: { 'content-encoding': 'br' } } },
    { what: 'an expectation', path: '/config', body: {}, options: { headers: { expect: 'the-spanish-inquisition' } } },
  ];

  it.each(odd)('to $what is 200 with a JSON object that says error or node_invalid', async ({ path, body, options }) => {
    const { address } = await startDirect();
    const reply = await post(address, path, body, options);
    expect(reply.status).toBe(200);
    const { error, node_invalid } = json(reply);
    expect(error ?? node_invalid).toBeTruthy();
  });

  it('to bytes that are no HTTP has a body with an error, since an empty one would mean success', async () => {
    const { address } = await startDirect();
    for (const nonsense of ['what is this\r\n\r\n', `POST /log HTTP/1.1\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`]) {
      const reply = await raw(address, nonsense);
      expect(reply).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
      expect(json({ status: 200, headers: {}, text: reply.split('\r\n\r\n')[1] ?? '' })).toEqual({ error: expect.any(String) });
    }
  });

  it('to a request without a Host header is an answer', async () => {
    const { address } = await startDirect();
    const reply = await raw(address, 'POST /config HTTP/1.1\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}');
    expect(reply).toMatch(/\{"node_invalid":true\}$/);
  });

  it('is never packed and never a redirect, even when the client would take it', async () => {
    const { address } = await startDirect();
    const node = await TestNode.enroll(address, 'web-1');
    const reply = await post(address, '/config/', { node_key: node.key }, { headers: { 'accept-encoding': 'gzip' } });
    expect(reply.headers).not.toHaveProperty('content-encoding');
    expect(reply.status).toBe(200);
    expect(json(reply)).toHaveProperty('schedule');
  });
});

describe('node keys', () => {
  it.each(API.slice(1))('that are unknown make %s say node_invalid, so that the host enrols again and keeps its data', async route => {
    const { address } = await startDirect();
    expect(await ask(address, route, { node_key: 'nobody', log_type: 'result', data: [] })).toEqual({ node_invalid: true });
    expect(await ask(address, route, { log_type: 'result', data: [] })).toEqual({ node_invalid: true });
  });

  it('in header and body have to agree', async () => {
    const { address } = await startDirect();
    const [one, two] = [await TestNode.enroll(address, 'one'), await TestNode.enroll(address, 'two')];
    const headers = { authorization: `NodeKey ${two.key}` };
    expect(await ask(address, '/config', { node_key: one.key }, { headers })).toEqual({ error: expect.stringContaining('differ') });
    expect(await ask(address, '/config', { node_key: two.key }, { headers })).toHaveProperty('schedule');
    expect(await ask(address, '/config', {}, { headers })).toHaveProperty('schedule');
  });

  it('are 32 random bytes, each its own', async () => {
    const { address } = await startDirect();
    const keys = [await TestNode.enroll(address, 'one'), await TestNode.enroll(address, 'two')].map(({ key }) => key);
    expect(new Set(keys).size).toBe(2);
    for (const key of keys) expect(Buffer.from(key, 'base64url')).toHaveLength(32);
  });
});

describe('enrolment', () => {
  it('with a wrong secret gets no key: an agent would ignore node_invalid beside one', async () => {
    const { connector, address } = await startDirect();
    for (const secret of ['', 'wrong', `${address.enrollSecret}x`, address.enrollSecret.slice(1)]) {
      expect(await ask(address, '/enroll', enrolment(secret, 'web-1'))).toEqual({ node_invalid: true });
    }
    expect(await ask(address, '/enroll', { host_identifier: 'web-1' })).toEqual({ node_invalid: true });
    expect(connector.remarks?.()).toContainEqual(expect.stringContaining('5 enrolments with a wrong secret'));
  });

  it('takes the secret with the line break that an environment variable may carry', async () => {
    const { address } = await startDirect();
    expect(await ask(address, '/enroll', enrolment(`${address.enrollSecret}\n`, 'web-1'))).toHaveProperty('node_key');
  });

  it('needs an identifier', async () => {
    const { address } = await startDirect();
    const reply = await ask(address, '/enroll', enrolment(address.enrollSecret, ' '));
    expect(reply).toEqual({ error: expect.any(String) });
  });
});

describe('paths', () => {
  it.each(['/api/osquery', '/api/v1/osquery'])('are also found under %s, where Fleet has them', async prefix => {
    const { address } = await startDirect();
    const reply = await ask(address, `${prefix}/enroll`, enrolment(address.enrollSecret, 'web-1'));
    const asNode = { node_key: reply.node_key };
    expect(await ask(address, `${prefix}/config?tries=1`, asNode)).toHaveProperty('schedule');
    expect(await ask(address, `${prefix}/distributed/read`, asNode)).toEqual({ queries: {}, node_invalid: false });
    expect(await ask(address, `${prefix}/distributed/write`, asNode)).toEqual({ node_invalid: false });
    expect(await ask(address, `${prefix}/log`, { ...asNode, log_type: 'result', data: [] })).toEqual({ node_invalid: false });
  });

  it.each(['/version', '/healthz'])('include %s', async path => {
    const { address } = await startDirect();
    expect(json(await post(address, path, '', { method: 'GET' }))).toEqual({ version: 'rollcall' });
  });
});

describe('config', () => {
  it('has the schedule and only options that a config may set', async () => {
    const { address } = await startDirect({ intervals: { differential: 7, snapshot: 9, distributed: 3, logger: 2 } });
    const node = await TestNode.enroll(address, 'web-1');
    const { schedule, options } = await node.ask('/config');
    expect(Object.keys(schedule ?? {}).sort()).toEqual([
      'crontab',
      'kernel_modules',
      'listening_ports',
      'logged_in_users',
      'processes',
      'startup_items',
    ]);
    expect(schedule).toMatchObject({
      listening_ports: { interval: 7 },
      processes: { interval: 9, snapshot: true },
      kernel_modules: { platform: 'linux' },
    });
    expect(options).toEqual({ distributed_interval: 3, logger_tls_period: 2 });
  });
});

describe('TLS', () => {
  it('takes 1.2 with the suites that osquery offers', async () => {
    const { address } = await startDirect();
    const tls = { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' } as const;
    expect((await post(address, '/version', '', { method: 'GET', tls })).status).toBe(200);
  });

  it('refuses 1.1', async () => {
    const { address } = await startDirect();
    const tls = { maxVersion: 'TLSv1.1', minVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    await expect(post(address, '/version', '', { method: 'GET', tls })).rejects.toThrow(/alert protocol version/);
  });

  it('lets only clients of the CA in, where one is set', async () => {
    const ca = await authority();
    const clientCaFile = path.join(temporaryDirectory(), 'ca.pem');
    writeFileSync(clientCaFile, ca.cert);
    const { connector, address } = await startDirect({ clientCaFile });
    await expect(post(address, '/version', '', { method: 'GET' })).rejects.toThrow();
    const own = await ca.sign();
    expect((await post(address, '/version', '', { method: 'GET', tls: own })).status).toBe(200);
    await expect(connector.check(new AbortController().signal)).resolves.toHaveProperty('version');
  });
});

describe('the port', () => {
  it('that is taken is said in one line with what to do', async () => {
    const { address } = await startDirect();
    await expect(startDirect({ listen: { host: '127.0.0.1', port: address.port } })).rejects.toMatchObject({
      kind: 'unreachable',
      message: expect.stringMatching(/another rollcall.*choose another address/),
    });
  });

  it('is told once, however often the endpoint is started', async () => {
    const { connector, address } = await startDirect();
    expect(await connector.start()).toEqual(address);
    expect(address.url).toBe(`https://127.0.0.1:${address.port}`);
  });
});
