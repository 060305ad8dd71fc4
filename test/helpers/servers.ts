/** Real servers on a free loopback port, closed at the end of the test that opened them. */
import { once } from 'node:events';
import { createServer as createHttpServer, type Server as HttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer, type ServerOptions } from 'node:https';
import { type AddressInfo, createServer as createNetServer, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** Listens on 127.0.0.1:0 and returns the port. Every connection ends with the test. */
export async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', socket => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

export async function httpServer(answer: RequestListener): Promise<{ readonly url: string; readonly server: HttpServer }> {
  const server = createHttpServer(answer);
  return { url: `http://127.0.0.1:${await listen(server)}`, server };
}

export async function httpsServer(
  options: ServerOptions,
  answer: RequestListener,
): Promise<{ readonly port: number; readonly url: string; readonly server: HttpServer }> {
  const server = createHttpsServer(options, answer);
  const port = await listen(server);
  return { port, url: `https://127.0.0.1:${port}`, server };
}

/** A server that speaks bytes, for answers that no HTTP library would give. */
export async function rawServer(onConnection: (socket: Socket) => void): Promise<number> {
  return listen(
    createNetServer(socket => {
      socket.on('error', () => socket.destroy());
      onConnection(socket);
    }),
  );
}
