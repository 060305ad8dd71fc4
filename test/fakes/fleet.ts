/** A Fleet server on loopback: real HTTP, a real WebSocket, its traps, and faults on demand (contracts/fleet.md). */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Campaigns } from './fleet-live.ts';
import { answer, type Reply } from './fleet-routes.ts';
import * as world from './fleet-world.ts';

/** What goes wrong with the next requests that match, instead of their answer. */
export type Fault =
  | { readonly kind: 'reply'; readonly status: number; readonly text?: string; readonly headers?: Readonly<Record<string, string>> }
  /** The connection breaks before a word. */
  | { readonly kind: 'reset' }
  /** The right answer, broken off in the middle. */
  | { readonly kind: 'truncated' }
  /** The right answer, with this many bytes of padding in front. */
  | { readonly kind: 'huge'; readonly bytes: number }
  /** The head of an answer, and never its end. */
  | { readonly kind: 'stalled' };

export type SeenRequest = { readonly method: string; readonly path: string; readonly body: unknown };

export class FakeFleet {
  readonly hosts: world.FakeHost[] = [];
  readonly reports: world.FakeReport[] = [];
  readonly users: world.FakeUser[] = [];
  readonly activities: world.FakeActivity[] = [];
  readonly requests: SeenRequest[] = [];
  readonly settings = {
    tier: 'premium',
    liveQueryDisabled: false,
    reportsDisabled: false,
    names: 'old' as world.Names,
    licenseExpired: false,
  };
  redisDown = false;
  /** Then no session is found, and only the health check tells why. */
  databaseDown = false;
  /** Log-ins that the rate limit, one for the whole server, still allows. */
  loginsLeft = 10;
  /** `refuse` answers the handshake with a plain 400, `swallow` not at all, as proxies do. */
  webSocket: 'open' | 'refuse' | 'swallow' = 'open';
  /** ms that a synchronous query waits for its host; the real server takes 25 s. */
  restPeriodMs = 30;
  orderKeys: readonly string[] = ['h.id', 'id', 'hostname', 'seen_time'];
  /** Ids of hosts that were asked synchronously. */
  readonly askedOneByOne: number[] = [];
  readonly campaigns: Campaigns;
  url = '';
  readonly #sessions = new Map<string, world.FakeUser>();
  readonly #faults: { readonly path: RegExp; times: number; readonly fault: Fault }[] = [];
  readonly #server: Server;
  readonly #open = new Set<Socket>();

  constructor() {
    this.campaigns = new Campaigns({
      userOf: token => (typeof token === 'string' ? this.userOf(token) : undefined),
      ended: ({ sql, targets }) => this.addActivity('live_query', { query_sql: sql, targets_count: targets.length }),
    });
    this.#server = createServer((request, response) => void this.#serve(request, response));
    this.#server.on('connection', socket => {
      this.#open.add(socket);
      socket.on('close', () => this.#open.delete(socket));
    });
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  /** Listens on a free loopback port; its first user is an admin. */
  static async start(): Promise<FakeFleet> {
    const fleet = new FakeFleet();
    fleet.#server.listen(0, '127.0.0.1');
    await once(fleet.#server, 'listening');
    fleet.url = `http://127.0.0.1:${(fleet.#server.address() as AddressInfo).port}`;
    fleet.addUser('ada@example.com', 'admin');
    return fleet;
  }

  async close(): Promise<void> {
    this.campaigns.close();
    for (const socket of this.#open) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  addHost(hostname: string, over: Partial<world.FakeHost> = {}): world.FakeHost {
    const id = (this.hosts.at(-1)?.id ?? 0) + 1;
    const host: world.FakeHost = {
      id,
      hostname,
      status: 'online',
      seenTime: Date.UTC(2026, 10, 21, 14, 58, 51),
      teamId: null,
      platform: 'ubuntu',
      labels: ['All Hosts'],
      live: 'rows',
      rows: [{ pid: String(id), name: 'sshd' }],
      error: 'no such table: nonesuch',
      ...over,
    };
    this.hosts.push(host);
    return host;
  }

  addReport(name: string, over: Partial<world.FakeReport> = {}): world.FakeReport {
    const report: world.FakeReport = {
      id: this.reports.length + 1,
      name,
      query: 'SELECT * FROM crontab',
      teamId: null,
      interval: 60,
      logging: 'snapshot',
      discardData: false,
      clipped: false,
      rows: [],
      ...over,
    };
    this.reports.push(report);
    return report;
  }

  addUser(
    email: string,
    role: world.Role | readonly { id: number; role: world.Role }[],
    login: world.FakeUser['login'] = 'password',
  ): world.FakeUser {
    const id = this.users.length + 1;
    const roles = typeof role === 'string' ? { globalRole: role, teams: [] } : { globalRole: null, teams: role };
    const user = { id, email, password: `passphrase-${id}`, token: `APITOKEN${id}+/==`, login, ...roles };
    this.users.push(user);
    return user;
  }

  addActivity(type: string, details: Readonly<Record<string, unknown>> = {}, at = Date.UTC(2026, 10, 21, 15, 0, 0)): void {
    this.activities.push({ id: this.activities.length + 1, type, at, details });
  }

  /** The next `times` requests whose method and path match meet this fault. */
  fault(path: RegExp, fault: Fault, times = 1): void {
    this.#faults.push({ path, times, fault });
  }

  /** How many requests (`METHOD /path?query`) matched so far. */
  count(path: RegExp): number {
    return this.requests.filter(request => path.test(`${request.method} ${request.path}`)).length;
  }

  startSession(user: world.FakeUser): string {
    const token = `SESSION${this.#sessions.size + 1}+/==`;
    this.#sessions.set(token, user);
    return token;
  }

  /** Ends every session of a log-in, as a restart with another database does. */
  endSessions(): void {
    this.#sessions.clear();
  }

  userOf(token: string): world.FakeUser | undefined {
    return this.#sessions.get(token) ?? this.users.find(user => user.token === token);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const path = request.url ?? '';
    this.requests.push({ method: 'UPGRADE', path, body: undefined });
    if (this.webSocket === 'swallow') return;
    const isRoute = /^\/api\/(v1|2022-04|latest)\/fleet\/results\/websocket$/.test(path);
    if (isRoute && this.webSocket === 'open') this.campaigns.upgrade(request, socket, head);
    else socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk;
    const { method = '', url: path = '' } = request;
    const body = jsonOrText(text);
    this.requests.push({ method, path, body });
    const due = this.#faults.find(({ path: wanted, times }) => times > 0 && wanted.test(`${method} ${path}`));
    if (due) due.times -= 1;
    const fault = due?.fault;
    if (fault?.kind === 'reset') request.socket.destroy();
    else if (fault?.kind === 'reply') response.writeHead(fault.status, { ...fault.headers }).end(fault.text ?? '');
    else {
      const { authorization } = request.headers;
      this.#send(response, await answer(this, { method, url: new URL(path, this.url), authorization, body }), fault);
    }
  }

  #send(response: ServerResponse, { status, body }: Reply, fault: Fault | undefined): void {
    const text = typeof body === 'string' ? body : JSON.stringify(world.renamed(body, this.settings.names), null, 2);
    const headers = {
      // The real server labels most of its JSON errors as text.
      'content-type': status === 200 ? 'application/json; charset=utf-8' : 'text/plain; charset=utf-8',
      ...(status === 429 ? { 'retry-after': '1' } : {}),
      ...(this.settings.licenseExpired ? { 'x-fleet-license': 'Expired' } : {}),
    };
    if (fault?.kind === 'huge') response.writeHead(status, headers).end(' '.repeat(fault.bytes) + text);
    else if (fault?.kind === 'truncated' || fault?.kind === 'stalled') {
      response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(text) });
      response.write(text.slice(0, text.length / 2), () => fault.kind === 'truncated' && response.destroy());
    } else response.writeHead(status, headers).end(text);
  }
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
