/** The front in a thread of its own, as the main thread knows it. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { connect } from 'node:tls';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { FrontThread } from '../../../src/connectors/direct/front-thread.ts';
import type { Asked, House } from '../../../src/connectors/direct/house.ts';
import { selfSigned } from '../../../src/connectors/direct/x509.ts';
import { post, recordingLog } from './support.ts';

const MIB = 1_048_576;

let identity: { readonly certificate: string; readonly key: string };
beforeAll(async () => {
  identity = await selfSigned({ names: ['127.0.0.1'], notBefore: Date.now() - 86_400_000, notAfter: Date.now() + 86_400_000 });
});

const NOBODY: House = {
  isKey: async () => false,
  answer: async () => '{"said":"yes"}',
  refuse: async ({ reason }) => `{"error":"${reason}"}`,
};

async function opened(over: Partial<House> = {}) {
  const log = recordingLog();
  const front = new FrontThread({ clientCa: undefined, connections: 20, connectionsPerAddress: 5 }, log);
  onTestFinished(() => front.close());
  const port = await front.listen('127.0.0.1', 0);
  front.present(identity, { ...NOBODY, ...over });
  const address = { url: '', host: '127.0.0.1', port, caPem: identity.certificate, fingerprint: '', enrollSecret: '' };
  return { front, address, log, port };
}

describe('the front in its thread', () => {
  it('hands over what was asked, whole and unpacked, and who asks', async () => {
    const asked: Asked[] = [];
    const { address } = await opened({
      answer: async one => {
        asked.push(one);
        return '{"said":"yes"}';
      },
    });
    const body = JSON.stringify({ node_key: 'k', data: 'ä'.repeat(100_000) });
    const headers = { authorization: 'NodeKey k' };
    expect(await post(address, '/api/v1/osquery/log', body, { gzip: true, headers })).toMatchObject({
      status: 200,
      text: '{"said":"yes"}',
    });
    expect(asked).toMatchObject([{ action: 'log', caller: { address: '127.0.0.1', nodeKey: 'k', certificate: undefined } }]);
    expect(Buffer.from(asked[0]?.body ?? []).toString()).toBe(body);
  });

  it('takes the cheapest of the ciphers that a client offers', async () => {
    const { address, port } = await opened();
    const socket = connect({ host: '127.0.0.1', port, ca: address.caPem });
    onTestFinished(() => void socket.destroy());
    await once(socket, 'secureConnect');
    expect(socket.getCipher().name).toBe('TLS_AES_128_GCM_SHA256');
  });

  it('answers many at once, each its own', async () => {
    const { address } = await opened({ answer: async ({ body }) => Buffer.from(body).toString() });
    const bodies = Array.from({ length: 5 }, (_, index) => `{"n":${index}}`);
    const replies = await Promise.all(bodies.map(body => post(address, '/config', body)));
    expect(replies.map(({ text }) => text)).toEqual(bodies);
  });

  it('hangs up where nothing is said', async () => {
    const { address } = await opened({ answer: async () => undefined });
    await expect(post(address, '/carve/block', '{}')).rejects.toThrow(/socket hang up|ECONNRESET/);
    expect((await post(address, '/healthz', '', { method: 'GET' })).text).toBe('{"version":"rollcall"}');
  });

  it('asks whether a key is one before it keeps much, once, and tells what it does not take', async () => {
    const keys: string[] = [];
    const isKey = async (_proof: string, key: string) => {
      keys.push(key);
      return key === 'good';
    };
    const { address } = await opened({ isKey });
    const large = (key: string) => JSON.stringify({ node_key: key, data: 'x'.repeat(2 * MIB) });
    expect((await post(address, '/log', large('good'))).text).toBe('{"said":"yes"}');
    expect((await post(address, '/log', large('bad'))).text).toBe('{"error":"too large"}');
    expect(keys).toEqual(['good', 'bad']);
  });

  it('says that a port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await expect.poll(() => other.address()).not.toBeNull();
    const { port } = other.address() as { port: number };
    const front = new FrontThread({ clientCa: undefined, connections: 20, connectionsPerAddress: 5 }, recordingLog());
    await expect(front.listen('127.0.0.1', port)).rejects.toMatchObject({ kind: 'unreachable', detail: 'EADDRINUSE' });
    await front.close();
  });

  it('that ends by itself is told of, and can still be closed', async () => {
    const { front, log } = await opened();
    expect(front.broken.aborted).toBe(false);
    front.present({ certificate: 'none', key: 'none' }, NOBODY);
    await expect.poll(() => front.broken.aborted).toBe(true);
    expect(log.lines.join()).toContain('The direct endpoint’s server ended.');
    await front.close();
  });
});
