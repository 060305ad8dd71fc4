/**
 * Simulated nodes for `direct.ts`, in a process of their own: each request on a new TLS connection, as osquery does it. They
 * share the machine with the endpoint, so they are as cheap as can be: they do not look at the certificate, which is a
 * client's own cost, and write their requests by hand. What thousands of them in one process see of a reply is mostly
 * each other, so `direct.ts` has a second process with a single node that only looks at the time.
 */
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import { connect, createSecureContext } from 'node:tls';
import { fileURLToPath } from 'node:url';

export type ClientLoad = {
  readonly port: number;
  readonly secret: string;
  readonly nodes: number;
  /** ms between a node's questions for live queries. */
  readonly intervalMs: number;
  readonly phases: readonly Phase[];
};

/** What the nodes do, for so many ms: ask, log so many rows a second together, or both. */
export type Phase = { readonly name: string; readonly ms: number; readonly ask: boolean; readonly rowsPerSecond: number };

/** Told at the end of enrolment and of each phase, a line of JSON each. Latencies in ms. */
export type ClientReport = {
  readonly phase: string;
  readonly seconds: number;
  /** CPU that the nodes themselves used. */
  readonly cpuSeconds: number;
  /** Of questions and answers, and of deliveries of rows. */
  readonly asked: readonly number[];
  readonly logged: readonly number[];
  /** How late nodes asked: beyond what they were to, by what the machine had left for them. */
  readonly late: readonly number[];
  readonly rows: number;
  /** Deliveries that had to be sent again. */
  readonly putOff: number;
  /** Exchanges that broke. */
  readonly failed: number;
};

const ENROLLING = 20;
const LOGGING_NODES = 40;
/** osqueryd sends 1,024 at most. */
const ROWS_IN_DELIVERY = 500;
/** osqueryd's own pause after a delivery that failed: its period, and longer each time. */
const AGAIN_MS = 4_000;
/** Connections begun in one turn of the loop: who begins more is deaf to replies meanwhile. */
const AT_ONCE = 10;
const NAME = 'pack/bench/listening_ports';
const HEAD_END = '\r\n\r\n';

type Reply = { readonly node_key?: string; readonly error?: string; readonly queries?: Readonly<Record<string, string>> };

/** The JSON of a whole HTTP reply; undefined while some of it is missing. */
function replyIn(received: string): Reply | undefined {
  const head = received.indexOf(HEAD_END);
  const length = Number(/content-length: (\d+)/i.exec(received)?.[1]);
  const body = received.slice(head + HEAD_END.length);
  return head < 0 || Buffer.byteLength(body) < length ? undefined : (JSON.parse(body) as Reply);
}

class Fleet {
  readonly #load: ClientLoad;
  /** Shared, as each node would make its own only once. With the key exchange of OpenSSL before 3.5, as most osqueryds have it. */
  readonly #secureContext = createSecureContext({ ecdhCurve: 'X25519' });
  readonly #keys: string[] = [];
  #sent = 0;
  #begun = 0;
  asked: number[] = [];
  logged: number[] = [];
  late: number[] = [];
  rows = 0;
  putOff = 0;
  failed = 0;

  constructor(load: ClientLoad) {
    this.#load = load;
  }

  async #post(path: string, body: unknown): Promise<Reply> {
    const text = JSON.stringify(body);
    const head = [`POST ${path} HTTP/1.1`, 'Host: bench', 'Content-Type: application/json', 'Connection: close'];
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    const target = { host: '127.0.0.1', port: this.#load.port };
    const socket = connect({ ...target, secureContext: this.#secureContext, rejectUnauthorized: false });
    let received = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      received += text;
      const reply = replyIn(received);
      if (!reply) return;
      resolve(reply);
      socket.destroy();
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('closed without a reply')));
    socket.write(`${head.join('\r\n')}\r\nContent-Length: ${Buffer.byteLength(text)}${HEAD_END}${text}`);
    return promise;
  }

  /** Resolves when another connection may be begun. */
  async #mayBegin(): Promise<void> {
    this.#begun += 1;
    for (let turns = Math.floor(this.#begun / AT_ONCE); turns > 0; turns -= 1) await turn();
    this.#begun -= 1;
  }

  async #timed(latencies: number[], path: string, body: unknown): Promise<Reply> {
    await this.#mayBegin();
    const begun = performance.now();
    const reply = await this.#post(path, body);
    latencies.push(performance.now() - begun);
    return reply;
  }

  async enroll(): Promise<void> {
    let next = 0;
    const worker = async () => {
      for (let index = next; index < this.#load.nodes; index = next) {
        next += 1;
        const host = `bench-${process.pid}-${index}`;
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

  async work({ ask, rowsPerSecond, ms }: Phase): Promise<void> {
    const until = performance.now() + ms;
    await Promise.all([ask ? this.#ask(until) : undefined, rowsPerSecond > 0 ? this.#log(rowsPerSecond, ms) : undefined]);
  }

  /** Every node asks at its own moment of the interval, and answers what it is asked. */
  async #ask(until: number): Promise<void> {
    const { intervalMs } = this.#load;
    const node = async (key: string, index: number) => {
      for (let due = performance.now() + (index / this.#keys.length) * intervalMs; due < until; due += intervalMs) {
        await sleep(Math.max(0, due - performance.now()));
        this.late.push(performance.now() - due);
        await this.#round(key).catch(() => {
          this.failed += 1;
        });
      }
    };
    await Promise.all(this.#keys.map(node));
  }

  async #round(key: string): Promise<void> {
    const { queries = {} } = await this.#timed(this.asked, '/distributed/read', { node_key: key });
    const ids = Object.keys(queries);
    if (ids.length === 0) return;
    const rows = [{ pid: '1', name: 'init' }];
    await this.#timed(this.asked, '/distributed/write', {
      node_key: key,
      queries: Object.fromEntries(ids.map(id => [id, rows])),
      statuses: Object.fromEntries(ids.map(id => [id, 0])),
      messages: {},
    });
  }

  /** Rows at the given rate; what is put off is sent again, as osqueryd does. */
  async #log(rowsPerSecond: number, ms: number): Promise<void> {
    const deliveries = Math.floor((rowsPerSecond * ms) / 1_000 / ROWS_IN_DELIVERY);
    const begun = performance.now();
    let next = 0;
    const worker = async (_unused: unknown, index: number) => {
      for (let delivery = next; delivery < deliveries; delivery = next) {
        next += 1;
        await sleep(Math.max(0, begun + (delivery * ROWS_IN_DELIVERY * 1_000) / rowsPerSecond - performance.now()));
        await this.#deliver(this.#keys[index] ?? '');
      }
    };
    await Promise.all(Array.from({ length: LOGGING_NODES }, worker));
  }

  async #deliver(key: string): Promise<void> {
    const data = Array.from({ length: ROWS_IN_DELIVERY }, (_, row) => line(this.#sent + row));
    this.#sent += ROWS_IN_DELIVERY;
    for (;;) {
      const reply = await this.#timed(this.logged, '/log', { node_key: key, log_type: 'result', data }).catch(() => undefined);
      if (reply && reply.error === undefined) break;
      this.putOff += 1;
      await sleep(AGAIN_MS);
    }
    this.rows += ROWS_IN_DELIVERY;
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

/** Does the work and tells of it. */
async function told(phase: string, fleet: Fleet, work: () => Promise<void>): Promise<void> {
  Object.assign(fleet, { asked: [], logged: [], late: [], rows: 0, putOff: 0, failed: 0 });
  const [begun, cpu] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(cpu);
  const { asked, logged, late, rows, putOff, failed } = fleet;
  const seconds = (performance.now() - begun) / 1_000;
  const report: ClientReport = { phase, seconds, cpuSeconds: (user + system) / 1e6, asked, logged, late, rows, putOff, failed };
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

async function main(load: ClientLoad): Promise<void> {
  const fleet = new Fleet(load);
  await told('enrolled', fleet, () => fleet.enroll());
  for (const phase of load.phases) await told(phase.name, fleet, () => fleet.work(phase));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(JSON.parse(process.argv[2] ?? '{}') as ClientLoad);
