/** Simulated nodes for `direct.ts`, in a process of their own: each request on a new TLS connection, as osquery does it. */
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, createSecureContext, type SecureContext } from 'node:tls';
import { fileURLToPath } from 'node:url';

export type ClientLoad = {
  readonly port: number;
  readonly caFile: string;
  readonly secret: string;
  readonly nodes: number;
  /** ms between a node's questions for live queries, and for how long they ask. */
  readonly intervalMs: number;
  readonly askMs: number;
  /** Rows a second of all nodes together, and for how long. */
  readonly rowsPerSecond: number;
  readonly logMs: number;
};

/** Told one after the other by the process, a line of JSON each. Latencies in ms. */
export type ClientReport =
  | { readonly phase: 'enrolled'; readonly seconds: number }
  | { readonly phase: 'asked'; readonly latencies: readonly number[]; readonly failed: number }
  | {
      readonly phase: 'logged';
      readonly rows: number;
      readonly seconds: number;
      readonly putOff: number;
      readonly latencies: readonly number[];
    };

const ENROLLING = 20;
const LOGGING_NODES = 40;
const ROWS_IN_DELIVERY = 500;
const NAME = 'pack/bench/listening_ports';

type Reply = { readonly node_key?: string; readonly error?: string; readonly queries?: Readonly<Record<string, string>> };

class Fleet {
  readonly #load: ClientLoad;
  /** Shared, as each node would make its own only once. */
  readonly #secureContext: SecureContext;
  readonly #keys: string[] = [];
  latencies: number[] = [];
  failed = 0;

  constructor(load: ClientLoad) {
    this.#load = load;
    this.#secureContext = createSecureContext({ ca: readFileSync(load.caFile) });
  }

  #post(path: string, body: unknown): Promise<Reply> {
    const text = JSON.stringify(body);
    const begun = performance.now();
    return new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
      const server = { host: '127.0.0.1', port: this.#load.port };
      const createConnection = () => connect({ ...server, secureContext: this.#secureContext });
      const sending = request({ ...server, path, method: 'POST', createConnection, headers }, response => {
        let reply = '';
        response.on('data', chunk => {
          reply += chunk;
        });
        response.on('end', () => {
          this.latencies.push(performance.now() - begun);
          resolve(JSON.parse(reply) as Reply);
        });
      });
      sending.on('error', reject);
      sending.end(text);
    });
  }

  async enroll(): Promise<void> {
    let next = 0;
    const worker = async () => {
      for (let index = next; index < this.#load.nodes; index = next) {
        next += 1;
        const host = `bench-${index}`;
        const details = { system_info: { hostname: host, uuid: host }, os_version: { platform: 'debian' } };
        const reply = await this.#post('/enroll', {
          enroll_secret: this.#load.secret,
          host_identifier: host,
          platform_type: '9',
          host_details: details,
        });
        if (!reply.node_key) throw new Error(`not enrolled: ${JSON.stringify(reply)}`);
        this.#keys[index] = reply.node_key;
      }
    };
    await Promise.all(Array.from({ length: ENROLLING }, worker));
  }

  /** Every node asks at its own moment of the interval, and answers what it is asked. */
  async ask(): Promise<void> {
    const { intervalMs, askMs } = this.#load;
    const until = performance.now() + askMs;
    const node = async (key: string, index: number) => {
      for (let due = performance.now() + (index / this.#keys.length) * intervalMs; due < until; due += intervalMs) {
        await sleep(Math.max(0, due - performance.now()));
        await this.#round(key).catch(() => {
          this.failed += 1;
        });
      }
    };
    await Promise.all(this.#keys.map(node));
  }

  async #round(key: string): Promise<void> {
    const { queries = {} } = await this.#post('/distributed/read', { node_key: key });
    const ids = Object.keys(queries);
    if (ids.length === 0) return;
    const rows = [{ pid: '1', name: 'init' }];
    await this.#post('/distributed/write', {
      node_key: key,
      queries: Object.fromEntries(ids.map(id => [id, rows])),
      statuses: Object.fromEntries(ids.map(id => [id, 0])),
      messages: {},
    });
  }

  /** Rows at the given rate; what is put off is sent again, as osqueryd does. */
  async log(): Promise<{ rows: number; putOff: number }> {
    const { rowsPerSecond, logMs } = this.#load;
    const total = Math.floor((rowsPerSecond * logMs) / 1_000 / ROWS_IN_DELIVERY);
    const begun = performance.now();
    let next = 0;
    let putOff = 0;
    const worker = async (_unused: unknown, index: number) => {
      for (let delivery = next; delivery < total; delivery = next) {
        next += 1;
        await sleep(Math.max(0, begun + (delivery * ROWS_IN_DELIVERY * 1_000) / rowsPerSecond - performance.now()));
        const data = Array.from({ length: ROWS_IN_DELIVERY }, (_, row) => line(delivery * ROWS_IN_DELIVERY + row));
        for (;;) {
          const reply = await this.#post('/log', { node_key: this.#keys[index], log_type: 'result', data });
          if (reply.error === undefined) break;
          putOff += 1;
          await sleep(100);
        }
      }
    };
    await Promise.all(Array.from({ length: LOGGING_NODES }, worker));
    return { rows: total * ROWS_IN_DELIVERY, putOff };
  }
}

const line = (counter: number): object => ({
  name: NAME,
  unixTime: 1_795_230_000,
  epoch: 0,
  counter,
  columns: { pid: String(counter), port: String(counter % 65_536), path: '/usr/sbin/nginx', cmdline: `nginx: worker process ${counter}` },
  action: 'added',
});

const say = (report: ClientReport) => process.stdout.write(`${JSON.stringify(report)}\n`);
const seconds = (since: number) => (performance.now() - since) / 1_000;

async function main(load: ClientLoad): Promise<void> {
  const fleet = new Fleet(load);
  const begun = performance.now();
  await fleet.enroll();
  say({ phase: 'enrolled', seconds: seconds(begun) });
  fleet.latencies = [];
  await fleet.ask();
  say({ phase: 'asked', latencies: fleet.latencies, failed: fleet.failed });
  fleet.latencies = [];
  const logging = performance.now();
  const { rows, putOff } = await fleet.log();
  say({ phase: 'logged', rows, putOff, seconds: seconds(logging), latencies: fleet.latencies });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(JSON.parse(process.argv[2] ?? '{}') as ClientLoad);
