/**
 * Hosts that log: ordinary clients of osquery's TLS remote API (contracts/osquery-remote.md 1.2, 1.5), run as a process of
 * their own so that they do not disturb what measures. Prints one JSON line: `{"accepted", "seconds", "putOff"}`.
 *   node bench/load.ts '{"url", "caFile", "secretFile", "nodes", "rows", "rate", "batch"}'
 */
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** `rate`: rows a second of all nodes together, 0 for as fast as they are taken. `rows`: how many in all. */
export type Load = {
  readonly url: string;
  readonly caFile: string;
  readonly secretFile: string;
  readonly nodes: number;
  readonly rows: number;
  readonly rate: number;
  /** Rows a request; osqueryd sends 1,024 at most. */
  readonly batch: number;
};

export type LoadResult = { readonly accepted: number; readonly seconds: number; readonly putOff: number };

type Reply = { readonly node_key?: string; readonly error?: string; readonly node_invalid?: boolean };

function post(agent: Agent, url: string, body: unknown): Promise<Reply> {
  const text = JSON.stringify(body);
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', agent, headers }, async reply => {
      try {
        resolve(JSON.parse((await reply.toArray()).join('')) as Reply);
      } catch (thrown) {
        reject(thrown);
      }
    });
    sent.on('error', reject);
    sent.end(text);
  });
}

/** One added row of a differential query, as osqueryd logs it. `sequence` makes it another row than every other one. */
function line(host: string, sequence: number): object {
  const seconds = Math.floor(Date.now() / 1000);
  return {
    name: 'listening_ports',
    hostIdentifier: host,
    calendarTime: new Date(seconds * 1000).toUTCString(),
    unixTime: seconds,
    epoch: 0,
    counter: sequence,
    numerics: false,
    columns: {
      pid: String(1000 + (sequence % 30_000)),
      name: 'nginx',
      path: '/usr/sbin/nginx',
      cmdline: `nginx: worker process ${sequence}`,
      address: '0.0.0.0',
      port: String(1024 + (sequence % 60_000)),
      protocol: '6',
      family: '2',
    },
    action: 'added',
  };
}

class LoggingNode {
  readonly #agent: Agent;
  readonly #load: Load;
  readonly #host: string;
  #key = '';
  putOff = 0;

  constructor(load: Load, index: number) {
    this.#load = load;
    this.#host = `bench-${process.pid}-${index}`;
    this.#agent = new Agent({ ca: readFileSync(load.caFile), keepAlive: true, maxSockets: 1 });
  }

  async enroll(): Promise<void> {
    const reply = await post(this.#agent, `${this.#load.url}/enroll`, {
      enroll_secret: readFileSync(this.#load.secretFile, 'utf8').trim(),
      host_identifier: this.#host,
      platform_type: '9',
      host_details: {
        os_version: { name: 'Debian GNU/Linux', version: '12', platform: 'debian' },
        osquery_info: { version: '5.19.0', uuid: this.#host },
        system_info: { hostname: this.#host, uuid: this.#host },
      },
    });
    if (!reply.node_key) throw new Error(`not enrolled: ${JSON.stringify(reply)}`);
    this.#key = reply.node_key;
  }

  /** Sends rows, again and again while the endpoint puts them off, as osqueryd does. */
  async log(from: number, count: number): Promise<void> {
    const data = Array.from({ length: count }, (_, index) => line(this.#host, from + index));
    const body = { node_key: this.#key, log_type: 'result', data };
    for (;;) {
      const reply = await post(this.#agent, `${this.#load.url}/log`, body);
      if (reply.error === undefined && !reply.node_invalid) return;
      if (reply.node_invalid) throw new Error(`not taken: ${JSON.stringify(reply)}`);
      this.putOff += 1;
      await sleep(50);
    }
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** Each node takes the next batch when it is due; what is late is sent at once, so that the mean rate holds. */
async function send(load: Load, nodes: readonly LoggingNode[]): Promise<number> {
  const startedAt = performance.now();
  let next = 0;
  const work = async (node: LoggingNode) => {
    while (next < load.rows) {
      const from = next;
      const count = Math.min(load.batch, load.rows - from);
      next += count;
      const due = load.rate > 0 ? startedAt + (from / load.rate) * 1000 : 0;
      if (due > performance.now()) await sleep(due - performance.now());
      await node.log(from, count);
    }
  };
  await Promise.all(nodes.map(work));
  return (performance.now() - startedAt) / 1000;
}

async function main(load: Load): Promise<LoadResult> {
  const nodes = Array.from({ length: load.nodes }, (_, index) => new LoggingNode(load, index));
  for (const node of nodes) await node.enroll();
  const seconds = await send(load, nodes);
  for (const node of nodes) node.close();
  return { accepted: load.rows, seconds, putOff: nodes.reduce((sum, node) => sum + node.putOff, 0) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const result = await main(JSON.parse(process.argv[2] ?? '{}') as Load);
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
