/** A server of osquery's TLS remote API that answers as a test tells it to, and remembers what it was sent. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { selfSigned } from '../helpers/certificates.ts';
import { httpsServer } from '../helpers/servers.ts';

export type Request = {
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: IncomingMessage['headers'];
};

/** What a path answers: an object as JSON, text as it is, or whatever is done to the response. */
export type Answer = Readonly<Record<string, unknown>> | string | ((response: ServerResponse, request: Request) => void);

export class OsqueryServer {
  readonly requests: Request[] = [];
  readonly #queues = new Map<string, Answer[]>();
  readonly #standing = new Map<string, (request: Request) => Answer>([
    ['/enroll', () => ({ node_key: `key-${this.sent('/enroll').length}`, node_invalid: false })],
    ['/config', () => ({ schedule: {}, node_invalid: false })],
    ['/log', () => ({ node_invalid: false })],
    ['/distributed/read', () => ({ queries: {}, node_invalid: false })],
    ['/distributed/write', () => ({ node_invalid: false })],
  ]);
  address = { url: '', caPem: '' };

  static async start(): Promise<OsqueryServer> {
    const server = new OsqueryServer();
    const { cert, key } = await selfSigned();
    const { url } = await httpsServer({ cert, key }, (request, response) => void server.#serve(request, response));
    server.address = { url, caPem: cert };
    return server;
  }

  /** Answers of a path, one each; after them, the standing one again. */
  next(path: string, ...answers: Answer[]): void {
    this.#queues.set(path, [...(this.#queues.get(path) ?? []), ...answers]);
  }

  always(path: string, answer: (request: Request) => Answer): void {
    this.#standing.set(path, answer);
  }

  sent(path: string): readonly Request[] {
    return this.requests.filter(request => request.path === path);
  }

  /** Lines of one type that nodes logged and this server accepted or not. */
  lines(type: 'result' | 'status'): readonly Record<string, unknown>[] {
    return this.sent('/log').flatMap(({ body }) => (body.log_type === type ? (body.data as Record<string, unknown>[]) : []));
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const request = { path: incoming.url ?? '', body: JSON.parse(Buffer.concat(chunks).toString()), headers: incoming.headers };
    this.requests.push(request);
    const answer = this.#queues.get(request.path)?.shift() ?? this.#standing.get(request.path)?.(request) ?? { error: 'not found' };
    if (typeof answer === 'function') answer(response, request);
    else response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
  }
}

/** Breaks the connection without an answer. */
export const reset: Answer = response => void response.socket?.destroy();

/** An empty body with a status of failure: success, to osquery. */
export const emptyWith =
  (status: number): Answer =>
  response =>
    void response.writeHead(status).end();

/** Never answers. */
export const silence: Answer = () => undefined;
