import { once } from 'node:events';
import { createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { createHttp, type HttpPeer } from '../../src/adapters/http.ts';
import { networkProblem } from '../../src/adapters/http-problem.ts';
import { isAbort, Problem } from '../../src/core/problem.ts';
import { authority, selfSigned } from '../helpers/certificates.ts';
import { httpServer, httpsServer, rawServer } from '../helpers/servers.ts';

const running = () => new AbortController().signal;
const DAY_MS = 86_400_000;

/** What `send` threw. */
async function failure(peer: HttpPeer, request: Parameters<ReturnType<typeof createHttp>['send']>[0] = { path: '/' }): Promise<Problem> {
  const thrown: unknown = await createHttp(peer)
    .send(request, running())
    .then(
      reply => reply,
      (error: unknown) => error,
    );
  if (!(thrown instanceof Problem)) throw new Error(`no Problem but ${JSON.stringify(thrown)}`, { cause: thrown });
  return thrown;
}

describe('an exchange', () => {
  it('sends method, path below the prefix, headers and a JSON body, and hands back status, headers and text', async () => {
    const { url } = await httpServer(async (request, reply) => {
      const body = await text(request);
      reply.writeHead(418, {
        'X-Seen': `${request.method} ${request.url} ${request.headers.authorization} ${request.headers['content-type']}`,
      });
      reply.end(body);
    });
    const http = createHttp({ baseUrl: `${url}/prefix`, headers: { authorization: 'Bearer t' } });
    const reply = await http.send({ method: 'POST', path: '/a?b=c', body: { sql: 'é' } }, running());
    expect(reply.status).toBe(418);
    expect(reply.headers['x-seen']).toBe('POST /prefix/a?b=c Bearer t application/json');
    expect(reply.text).toBe('{"sql":"é"}');
  });

  it('follows no redirect', async () => {
    const { url } = await httpServer((_request, reply) => reply.writeHead(302, { location: '/elsewhere' }).end());
    const reply = await createHttp({ baseUrl: url }).send({ path: '/' }, running());
    expect([reply.status, reply.headers.location]).toEqual([302, '/elsewhere']);
  });

  it('stops with an AbortError when the signal does', async () => {
    const { url, server } = await httpServer(() => undefined);
    const abort = new AbortController();
    const sent = createHttp({ baseUrl: url }).send({ path: '/' }, abort.signal);
    await once(server, 'request');
    abort.abort();
    await expect(sent).rejects.toSatisfy(isAbort);
    await expect(createHttp({ baseUrl: url }).send({ path: '/' }, AbortSignal.abort('why not'))).rejects.toSatisfy(isAbort);
  });

  it('takes no more bytes than allowed, announced or not', async () => {
    const { url } = await httpServer((request, reply) => {
      if (request.url === '/announced') reply.writeHead(200, { 'content-length': '5000' });
      reply.write('x'.repeat(2_500));
      reply.end('x'.repeat(2_500));
    });
    for (const path of ['/announced', '/chunked']) {
      const problem = await failure({ baseUrl: url }, { path, maxBytes: 4_999 });
      expect(problem).toMatchObject({ kind: 'unreachable', detail: 'too large', transient: false });
      expect(problem.message).toContain('4999 bytes');
      expect((await createHttp({ baseUrl: url }).send({ path, maxBytes: 5_000 }, running())).text).toHaveLength(5_000);
    }
  });

  it('says whether no answer came in time, or not all of it', async () => {
    const { url } = await httpServer((request, reply) => {
      if (request.url === '/slow') reply.write('begun');
    });
    const silent = await failure({ baseUrl: url }, { path: '/silent', timeoutMs: 200 });
    expect(silent).toMatchObject({ detail: 'timeout', transient: true });
    expect(silent.message).toMatch(/did not answer within 0.2 s/);
    expect((await failure({ baseUrl: url }, { path: '/slow', timeoutMs: 200 })).message).toMatch(/did not finish its answer/);
  });
});

describe('a connection that fails', () => {
  it('is told as an unknown name', async () => {
    const problem = await failure({ baseUrl: 'http://no-such-host.invalid:9' });
    expect(problem.detail).toBe('dns');
    expect(problem.message).toContain('no-such-host.invalid:9');
  });

  it('is told as refused', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    server.close();
    await once(server, 'close');
    const problem = await failure({ baseUrl: `http://127.0.0.1:${port}` });
    expect(problem).toMatchObject({ kind: 'unreachable', detail: 'refused', transient: true });
    expect(problem.message).toContain(`127.0.0.1:${port} refused`);
  });

  it.each([
    ['at once', ''],
    ['in its header', 'HTTP/1.1 200 OK\r\nContent-Le'],
    ['in a body of known length', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc'],
    ['in a chunked body', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc'],
  ])('is told as broken off when the server ends it %s', async (_when, answer) => {
    const port = await rawServer(socket => socket.once('data', () => socket.end(answer)));
    const problem = await failure({ baseUrl: `http://127.0.0.1:${port}` });
    expect(problem).toMatchObject({ kind: 'unreachable', detail: 'reset', transient: true });
    expect(problem.message).toMatch(/closed the connection before/);
  });

  it('is told as broken off when it is reset', async () => {
    const port = await rawServer(socket => socket.once('data', () => socket.resetAndDestroy()));
    expect((await failure({ baseUrl: `http://127.0.0.1:${port}` })).detail).toBe('reset');
  });

  it('is told as not HTTP', async () => {
    const port = await rawServer(socket => socket.once('data', () => socket.end('SSH-2.0-OpenSSH_9.7\r\n')));
    const problem = await failure({ baseUrl: `http://127.0.0.1:${port}` });
    expect(problem).toMatchObject({ detail: 'protocol', transient: false });
  });
});

describe('TLS', () => {
  it('trusts a CA that was given, and a self-signed certificate that was given as one', async () => {
    const ca = await authority();
    const own = await selfSigned();
    const signed = await httpsServer(await ca.sign(), (_request, reply) => reply.end('signed'));
    const alone = await httpsServer(own, (_request, reply) => reply.end('alone'));
    expect((await createHttp({ baseUrl: signed.url, ca: ca.cert }).send({ path: '/' }, running())).text).toBe('signed');
    expect((await createHttp({ baseUrl: alone.url, ca: own.cert }).send({ path: '/' }, running())).text).toBe('alone');
    expect((await createHttp({ baseUrl: alone.url, insecure: true }).send({ path: '/' }, running())).text).toBe('alone');
    expect(await failure({ baseUrl: alone.url, ca: ca.cert })).toMatchObject({ detail: 'tls' });
  });

  it.each([
    ['self-signed', async () => selfSigned(), '127.0.0.1', /self-signed.*--ca-file/],
    ['of an unknown CA', async () => (await authority()).sign(), '127.0.0.1', /its CA is not known here.*--ca-file/],
  ])('says that a certificate is %s', async (_what, make, host, words) => {
    const { port } = await httpsServer(await make(), (_request, reply) => reply.end('never'));
    const problem = await failure({ baseUrl: `https://${host}:${port}` });
    expect(problem).toMatchObject({ kind: 'unreachable', detail: 'tls', transient: false });
    expect(problem.message).toMatch(words);
  });

  it.each([
    ['expired', { notBefore: new Date(Date.now() - 9 * DAY_MS), notAfter: new Date(Date.now() - DAY_MS) }, /has expired/],
    ['not valid yet', { notBefore: new Date(Date.now() + DAY_MS), notAfter: new Date(Date.now() + 9 * DAY_MS) }, /not valid yet.*clock/],
    ['for other names', { names: ['osctrl.example', 'evil\u202e.example'] }, /made for osctrl\.example.*Use the name/],
  ])('says that a certificate of a known CA is %s', async (_what, options, words) => {
    const ca = await authority();
    const { url } = await httpsServer(await ca.sign(options), (_request, reply) => reply.end('never'));
    const problem = await failure({ baseUrl: url, ca: ca.cert });
    expect(problem).toMatchObject({ kind: 'unreachable', detail: 'tls', transient: false });
    expect(problem.message).toMatch(words);
    expect(problem.message).not.toMatch(/\u202e/);
  });

  it('says that the port speaks plain HTTP', async () => {
    const { url } = await httpServer((_request, reply) => reply.end('plain'));
    const problem = await failure({ baseUrl: url.replace('http:', 'https:'), insecure: true });
    expect(problem.message).toMatch(/does not speak TLS.*http:\/\//);
  });

  it('says that the port speaks TLS where plain HTTP was meant', async () => {
    const { url } = await httpsServer(await selfSigned(), (_request, reply) => reply.end('secure'));
    expect((await failure({ baseUrl: url.replace('https:', 'http:') })).message).toMatch(/https:\/\/|before its answer was complete/);
  });

  it('presents a client certificate', async () => {
    const ca = await authority();
    const server = await httpsServer({ ...(await ca.sign()), ca: ca.cert, requestCert: true }, (_request, reply) => reply.end('known'));
    const peer = { baseUrl: server.url, ca: ca.cert, clientCert: await ca.sign() };
    expect((await createHttp(peer).send({ path: '/' }, running())).text).toBe('known');
  });

  it('says that a client certificate is asked for, from the alert that servers in Go send', () => {
    const alert = Object.assign(new Error('tlsv13 alert certificate required'), { code: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED' });
    expect(networkProblem('x:1', alert)).toMatchObject({
      detail: 'tls',
      message: expect.stringMatching(/^x:1 accepts only clients with a certificate/),
    });
  });

  it('refuses a CA file without a certificate before anything is sent', () => {
    for (const ca of ['', 'hello', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n']) {
      expect(() => createHttp({ baseUrl: 'https://127.0.0.1', ca })).toThrow(expect.objectContaining({ kind: 'usage' }));
    }
  });
});
