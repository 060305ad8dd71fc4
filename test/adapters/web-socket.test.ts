import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocketServer } from 'ws';
import { createHttp } from '../../src/adapters/http.ts';
import { isAbort } from '../../src/core/problem.ts';
import { selfSigned } from '../helpers/certificates.ts';
import { httpServer, httpsServer, rawServer } from '../helpers/servers.ts';

const running = () => new AbortController().signal;
const LIMIT = { maxBytes: 100_000 };

async function socketServer(options: ConstructorParameters<typeof WebSocketServer>[0] = {}) {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, ...options });
  await once(server, 'listening');
  onTestFinished(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

describe('a text socket', () => {
  it('sends and receives in order, below the prefix, and ends when it is closed here', async () => {
    const { server, url } = await socketServer({ path: '/prefix/results' });
    server.on('connection', client => client.on('message', data => [1, 2, 3].forEach(n => void client.send(`${data} ${n}`))));
    const socket = await createHttp({ baseUrl: `${url}/prefix` }).socket('/results', LIMIT, running());
    socket.send('hello');
    const received: string[] = [];
    for await (const text of socket.messages) {
      received.push(text);
      if (received.length === 3) socket.close();
    }
    expect(received).toEqual(['hello 1', 'hello 2', 'hello 3']);
  });

  it('hands over everything that came before the server hung up, then says so', async () => {
    const { server, url } = await socketServer();
    server.on('connection', client => client.send('last words', () => client.terminate()));
    const socket = await createHttp({ baseUrl: url }).socket('/', LIMIT, running());
    const messages = socket.messages[Symbol.asyncIterator]();
    expect(await messages.next()).toEqual({ value: 'last words', done: false });
    await expect(messages.next()).rejects.toMatchObject({
      kind: 'unreachable',
      detail: 'reset',
      message: expect.stringContaining('without a word'),
    });
  });

  it('tells the code and the cleaned reason of a goodbye', async () => {
    const { server, url } = await socketServer();
    server.on('connection', client => client.close(1011, 'down\u001b[2J'));
    const socket = await createHttp({ baseUrl: url }).socket('/', LIMIT, running());
    await expect(socket.messages[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      message: expect.stringContaining('code 1011 (down␛[2J)'),
    });
  });

  it.each([false, true])('refuses a message over the limit, compressed: %s', async compressed => {
    const { server, url } = await socketServer({ perMessageDeflate: compressed && { threshold: 0 } });
    server.on('connection', client => {
      client.send('x'.repeat(100_000));
      client.send('x'.repeat(100_001));
    });
    const socket = await createHttp({ baseUrl: url }).socket('/', LIMIT, running());
    const messages = socket.messages[Symbol.asyncIterator]();
    expect((await messages.next()).value).toHaveLength(100_000);
    await expect(messages.next()).rejects.toMatchObject({ kind: 'unreachable', detail: 'too large' });
  });

  it('leaves with the server what its reader does not take, and loses nothing', async () => {
    const sent = 250;
    const { server, url } = await socketServer();
    server.on('connection', client => {
      for (let n = 0; n < sent; n += 1) client.send(`${n}`.padStart(100_000, '.'));
      client.close();
    });
    const open = () => createHttp({ baseUrl: url }).socket('/', { maxBytes: 200_000 }, running());
    /** Reads to the end and returns how many came, all in order. */
    const readAll = async ({ messages }: Awaited<ReturnType<typeof open>>) => {
      let next = 0;
      const read = async () => {
        for await (const text of messages) expect(Number(text.slice(text.lastIndexOf('.') + 1))).toBe(next++);
      };
      await expect(read()).rejects.toMatchObject({ detail: 'reset' });
      return next;
    };
    const unread = await open();
    const [sender] = server.clients;
    // By the time that two others have taken everything, this one would have as well.
    expect(await readAll(await open())).toBe(sent);
    expect(await readAll(await open())).toBe(sent);
    expect(sender?.bufferedAmount).toBeGreaterThan((sent * 100_000) / 2);
    expect(await readAll(unread)).toBe(sent);
  });

  it('ends without an error when the signal stops it, and cannot be opened with one that has', async () => {
    const { server, url } = await socketServer();
    const abort = new AbortController();
    const socket = await createHttp({ baseUrl: url }).socket('/', LIMIT, abort.signal);
    const next = socket.messages[Symbol.asyncIterator]().next();
    abort.abort();
    expect(await next).toEqual({ value: undefined, done: true });
    await expect(createHttp({ baseUrl: url }).socket('/', LIMIT, abort.signal)).rejects.toSatisfy(isAbort);
    await expect.poll(() => server.clients.size).toBe(0);
  });

  it('stops a handshake that does not end', async () => {
    const asked = Promise.withResolvers<void>();
    const port = await rawServer(socket => socket.once('data', () => asked.resolve()));
    const abort = new AbortController();
    const opening = createHttp({ baseUrl: `http://127.0.0.1:${port}` }).socket('/', LIMIT, abort.signal);
    await asked.promise;
    abort.abort();
    await expect(opening).rejects.toSatisfy(isAbort);
  });
});

describe('a handshake that fails', () => {
  it('names the status', async () => {
    const { url } = await httpServer((request, reply) => reply.writeHead(request.url === '/secret' ? 401 : 404).end('no'));
    const http = createHttp({ baseUrl: url });
    await expect(http.socket('/secret', LIMIT, running())).rejects.toMatchObject({ kind: 'auth', detail: 'status 401' });
    await expect(http.socket('/none', LIMIT, running())).rejects.toMatchObject({
      kind: 'unreachable',
      detail: 'status 404',
      transient: false,
    });
  });

  it('names the certificate, and opens where it is trusted', async () => {
    const own = await selfSigned();
    const { url, server } = await httpsServer(own, (_request, reply) => reply.end());
    new WebSocketServer({ server }).on('connection', client => client.send('hi'));
    await expect(createHttp({ baseUrl: url }).socket('/', LIMIT, running())).rejects.toMatchObject({ detail: 'tls', transient: false });
    const socket = await createHttp({ baseUrl: url, ca: own.cert }).socket('/', LIMIT, running());
    expect((await socket.messages[Symbol.asyncIterator]().next()).value).toBe('hi');
    socket.close();
  });

  it('is told as refused', async () => {
    const { url, server } = await httpServer(() => undefined);
    server.close();
    await once(server, 'close');
    await expect(createHttp({ baseUrl: url }).socket('/', LIMIT, running())).rejects.toMatchObject({ detail: 'refused' });
  });
});
