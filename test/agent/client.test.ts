import { describe, expect, it, onTestFinished } from 'vitest';
import { NodeClient, type NodeClientOptions } from '../../src/agent/client.ts';
import { createTransport } from '../../src/agent/transport.ts';
import { Problem } from '../../src/core/problem.ts';
import { selfSigned } from '../helpers/certificates.ts';
import { FakeClock, settle } from '../helpers/fake-clock.ts';
import { emptyWith, OsqueryServer, reset, silence } from './server.ts';

const never = new AbortController().signal;

async function start(over: Partial<NodeClientOptions> = {}) {
  const server = await OsqueryServer.start();
  const transport = createTransport({ server: server.address });
  onTestFinished(() => transport.close());
  const clock = new FakeClock();
  const kept = { key: '' };
  const client = new NodeClient({
    transport,
    version: '5.19.0',
    enrollSecret: 'let-me-in',
    hostIdentifier: 'host-1',
    platformType: '9',
    hostDetails: async () => ({ os_version: { name: 'Debian', major: 13, patch: undefined }, osquery_info: { version: '5.19.0' } }),
    keys: {
      get: () => kept.key,
      set: key => {
        kept.key = key;
      },
    },
    clock,
    log: { write: () => undefined },
    ...over,
  });
  return { server, client, clock, kept };
}

/** Lets a call come to its end while time passes as fast as it can. Returns the ms that it slept. */
async function slept(clock: FakeClock, call: Promise<unknown>): Promise<number> {
  const from = clock.now();
  let done = false;
  const end = call.then(
    () => {
      done = true;
    },
    () => {
      done = true;
    },
  );
  while (!done) {
    await settle();
    if (clock.sleeping > 0) await clock.advance(1_000);
    else await new Promise(resolve => setTimeout(resolve, 1));
  }
  await end;
  return clock.now() - from;
}

describe('enrolling', () => {
  it('sends the secret, the identifier and the first rows of the host’s tables as text, and keeps the key', async () => {
    const { server, client, kept } = await start();
    await client.enroll(never);
    const [request] = server.sent('/enroll');
    expect(request?.body).toEqual({
      enroll_secret: 'let-me-in',
      host_identifier: 'host-1',
      platform_type: '9',
      host_details: { os_version: { name: 'Debian', major: '13', patch: '' }, osquery_info: { version: '5.19.0' } },
    });
    expect(Object.keys(request?.body ?? {})).toEqual(['enroll_secret', 'host_identifier', 'platform_type', 'host_details']);
    expect(request?.headers).toMatchObject({ 'user-agent': 'osquery/5.19.0', 'content-type': 'application/json' });
    expect(request?.headers.authorization).toBeUndefined();
    expect(kept.key).toBe('key-1');
  });

  it('is left out while a kept key is good, and everything else carries that key in body and header', async () => {
    const { server, client } = await start({ keys: { get: () => 'kept', set: () => undefined } });
    await client.config(never);
    expect(server.sent('/enroll')).toHaveLength(0);
    expect(server.sent('/config')[0]).toMatchObject({ body: { node_key: 'kept' }, headers: { authorization: 'NodeKey kept' } });
  });

  it('takes a key although node_invalid stands beside it', async () => {
    const { server, client, kept } = await start();
    server.next('/enroll', { node_key: 'odd', node_invalid: true });
    await client.enroll(never);
    expect(kept.key).toBe('odd');
  });

  it('is tried twelve times with pauses of n² s, and then says what is wrong', async () => {
    const { server, client, clock } = await start();
    server.always('/enroll', () => ({ node_invalid: true }));
    const call = client.enroll(never);
    const failed = expect(call).rejects.toMatchObject({ kind: 'auth', message: expect.stringContaining('secret') });
    expect(await slept(clock, call)).toBe([...Array(11).keys()].reduce((sum, n) => sum + (n + 1) ** 2 * 1_000, 0));
    await failed;
    expect(server.sent('/enroll')).toHaveLength(12);
  });

  it('happens once for callers that come at the same time', async () => {
    const { server, client } = await start();
    await Promise.all([client.config(never), client.read(never), client.enroll(never)]);
    expect(server.sent('/enroll')).toHaveLength(1);
  });
});

describe('an exchange', () => {
  it.each([
    ['nothing, with status 500', emptyWith(500)],
    ['nothing, with status 413', emptyWith(413)],
    ['any object', { anything: 1 }],
  ])('that is answered with %s has worked', async (_, answer) => {
    const { server, client } = await start();
    server.next('/log', answer);
    await expect(client.log('result', ['line'], never)).resolves.toBeDefined();
    expect(server.sent('/log')).toHaveLength(1);
  });

  it.each([
    ['something that is not JSON', '<html>'],
    ['an array', '[]'],
    ['an error, with status 200', { error: 'boom' }],
  ])('that is answered with %s has failed', async (_, answer) => {
    const { server, client } = await start();
    server.next('/log', answer);
    await expect(client.log('result', ['line'], never)).rejects.toBeInstanceOf(Problem);
  });

  it('is tried three times with pauses of 1 and 4 s, but for logs', async () => {
    const { server, client, clock } = await start();
    server.always('/distributed/read', () => ({ error: 'busy' }));
    const call = client.read(never);
    const failed = expect(call).rejects.toMatchObject({ kind: 'unreachable', detail: 'busy' });
    expect(await slept(clock, call)).toBe(5_000);
    await failed;
    expect(server.sent('/distributed/read')).toHaveLength(3);
  });

  it('that breaks is sent a second time at once', async () => {
    const { server, client, clock } = await start();
    server.next('/distributed/write', reset);
    await client.write({ queries: { a: [] } }, never);
    expect(server.sent('/distributed/write')).toHaveLength(2);
    expect(clock.now()).toBe(new FakeClock().now());
  });

  it('that gets no answer in time fails, and is not sent again by itself', async () => {
    const server = await OsqueryServer.start();
    server.next('/log', silence);
    const transport = createTransport({ server: server.address, timeoutMs: 50 });
    onTestFinished(() => transport.close());
    await expect(transport.post('/log', {}, { version: 'x' }, never)).rejects.toMatchObject({ kind: 'unreachable', detail: 'timeout' });
    expect(server.sent('/log')).toHaveLength(1);
  });

  it('with a server whose certificate is not the pinned one does not happen', async () => {
    const server = await OsqueryServer.start();
    const { cert } = await selfSigned();
    const transport = createTransport({ server: { url: server.address.url, caPem: cert } });
    onTestFinished(() => transport.close());
    await expect(transport.post('/log', {}, { version: 'x' }, never)).rejects.toMatchObject({ kind: 'unreachable' });
    expect(server.requests).toHaveLength(0);
  });

  it('ends at once when it is stopped', async () => {
    const { server, client } = await start();
    server.next('/config', silence);
    const stop = new AbortController();
    const call = client.config(stop.signal);
    await expect.poll(() => server.sent('/config').length).toBe(1);
    stop.abort();
    await expect(call).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('node_invalid', () => {
  it('makes the node enrol again within the same call, and use the new key', async () => {
    const { server, client, clock, kept } = await start();
    await client.enroll(never);
    server.next('/config', { node_invalid: true });
    const call = client.config(never);
    expect(await slept(clock, call)).toBe(1_000);
    await call;
    expect(server.sent('/enroll')).toHaveLength(2);
    expect(server.sent('/config').map(({ body }) => body.node_key)).toEqual(['key-1', 'key-2']);
    expect(kept.key).toBe('key-2');
  });

  it('to a log costs the key, and the next delivery enrols', async () => {
    const { server, client } = await start();
    server.next('/log', { node_invalid: true });
    await expect(client.log('result', ['line'], never)).rejects.toBeInstanceOf(Problem);
    await client.log('result', ['line'], never);
    expect(server.sent('/log').map(({ body }) => body.node_key)).toEqual(['key-1', 'key-2']);
  });
});
