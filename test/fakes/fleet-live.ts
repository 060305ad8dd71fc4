/** Campaigns of the fake Fleet: each bound to one WebSocket, with all that is awkward about them (contracts/fleet.md 6). */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { FakeHost, FakeUser } from './fleet-world.ts';

export type Campaign = {
  readonly id: number;
  readonly user: FakeUser;
  readonly sql: string;
  readonly targets: readonly FakeHost[];
  readonly answered: Set<number>;
  /** Hosts that were handed the query. */
  readonly reached: Set<number>;
  socket: WebSocket | undefined;
  complete: boolean;
};

export type LiveWorld = {
  userOf(token: unknown): FakeUser | undefined;
  /** A campaign's socket has closed. */
  ended(campaign: Campaign): void;
};

/** ms between two status frames; the real server takes 5 s. */
const TICK_MS = 20;

export class Campaigns {
  readonly all: Campaign[] = [];
  readonly #world: LiveWorld;
  readonly #sockets = new WebSocketServer({ noServer: true });
  readonly #released = Promise.withResolvers<void>();
  #isReleased = false;

  constructor(world: LiveWorld) {
    this.#world = world;
  }

  start(user: FakeUser, sql: string, targets: readonly FakeHost[]): Campaign {
    const id = this.all.length + 7;
    const campaign = {
      id,
      user,
      sql,
      targets,
      answered: new Set<number>(),
      reached: new Set<number>(),
      socket: undefined,
      complete: false,
    };
    this.all.push(campaign);
    return campaign;
  }

  upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    this.#sockets.handleUpgrade(request, stream, head, socket => this.#converse(socket));
  }

  /** From now on silent hosts answer. */
  release(): void {
    this.#isReleased = true;
    this.#released.resolve();
    for (const campaign of this.all) this.deliver(campaign);
  }

  /** Resolves once silent hosts answer. */
  get released(): Promise<void> {
    return this.#released.promise;
  }

  /** Cuts every socket: no close frame, as the real server ends them. */
  drop(): void {
    for (const socket of this.#sockets.clients) socket.terminate();
  }

  /** Redis goes away: two errors, then silence on an open socket. */
  loseRedis(): void {
    for (const campaign of this.all) {
      if (campaign.complete || !campaign.socket) continue;
      send(campaign.socket, { type: 'error', data: 'pubsub error: read from redis: EOF' });
      send(campaign.socket, { type: 'error', data: `pubsub error: unexpected exit in receiveMessages, campaignID=${campaign.id}` });
      campaign.complete = true;
    }
  }

  /** Any text to whoever listens. */
  say(text: string): void {
    for (const socket of this.#sockets.clients) socket.send(text);
  }

  close(): void {
    this.drop();
    this.#sockets.close();
  }

  #converse(socket: WebSocket): void {
    let user: FakeUser | undefined;
    let first = true;
    let timer: NodeJS.Timeout | undefined;
    let joined: Campaign | undefined;
    const fail = (text: string) => {
      send(socket, { type: 'error', data: text });
      setImmediate(() => socket.terminate());
    };
    socket.on('error', () => socket.terminate());
    socket.on('message', bytes => {
      const { type, data } = JSON.parse(String(bytes)) as { type: string; data: { token?: unknown; campaign_id?: unknown } };
      if (first) {
        first = false;
        user = type === 'auth' ? this.#world.userOf(data.token) : undefined;
        if (!user) fail('unauthorized');
        return;
      }
      if (!user || joined) return;
      if (type !== 'select_campaign') return fail('expected select_campaign');
      joined = this.all.find(({ id }) => id === data.campaign_id);
      if (!joined) return fail(`timeout: cannot find campaign for ID ${String(data.campaign_id)}`);
      if (joined.user !== user) return fail('forbidden');
      timer = this.#join(joined, socket);
    });
    socket.on('close', () => {
      clearInterval(timer);
      if (!joined || joined.complete) return;
      joined.complete = true;
      this.#world.ended(joined);
    });
  }

  /** Joining a campaign that is over is accepted, and then nothing comes, for ever. */
  #join(campaign: Campaign, socket: WebSocket): NodeJS.Timeout | undefined {
    const online = campaign.targets.filter(({ status }) => status === 'online').length;
    send(socket, {
      type: 'totals',
      data: { count: campaign.targets.length, online, offline: campaign.targets.length - online, missing_in_action: 0 },
    });
    sendStatus(socket, online, 0, 'pending');
    if (campaign.complete) return undefined;
    campaign.socket = socket;
    setImmediate(() => this.deliver(campaign));
    let said = '';
    return setInterval(() => {
      const expected = campaign.targets.filter(({ status }) => status === 'online').length;
      const status = campaign.answered.size >= expected ? 'finished' : 'pending';
      if (said === `${expected} ${campaign.answered.size} ${status}`) return;
      said = `${expected} ${campaign.answered.size} ${status}`;
      sendStatus(socket, expected, campaign.answered.size, status);
    }, TICK_MS);
  }

  /** Hosts that are online take the query and answer, each once. */
  deliver(campaign: Campaign): void {
    const { socket, complete, targets, answered, reached } = campaign;
    if (!socket || complete) return;
    for (const host of targets) {
      if (host.status !== 'online' || answered.has(host.id)) continue;
      reached.add(host.id);
      if (host.live === 'silent' && !this.#isReleased) continue;
      answered.add(host.id);
      send(socket, { type: 'result', data: { distributed_query_execution_id: campaign.id, ...resultOf(host) } });
    }
  }
}

function resultOf(host: FakeHost) {
  const identity = { id: host.id, hostname: host.hostname, display_name: host.hostname };
  const failed = { host: identity, rows: [], stats: null };
  if (host.live === 'failed without a message') return failed;
  if (host.live === 'error') return { ...failed, error: host.error };
  if (host.live === 'denylisted') return { ...failed, error: 'distributed query is denylisted' };
  const stats = { wall_time_ms: 22, user_time: 2, system_time: 1, memory: 1059 };
  const injected = { host_hostname: host.hostname, host_display_name: host.hostname };
  const rows = host.live === 'empty' ? [] : host.rows.filter(row => row !== null).map(row => ({ ...row, ...injected }));
  return { host: identity, rows, stats };
}

const send = (socket: WebSocket, message: unknown): void => socket.send(JSON.stringify(message));

const sendStatus = (socket: WebSocket, expected: number, actual: number, status: 'pending' | 'finished'): void =>
  send(socket, {
    type: 'status',
    data: {
      expected_results: expected,
      actual_results: actual,
      count_of_hosts_with_results: actual,
      count_of_hosts_with_no_results: 0,
      status,
    },
  });
