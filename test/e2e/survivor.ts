/** A host that never forgets what it has to say: it sends again until it is told yes, and knows what it was told yes for. */
import { hash, randomBytes } from 'node:crypto';
import { Agent } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DirectAddress } from '../../src/connectors/direct/index.ts';
import { ask, difference, enrolment } from '../connectors/direct/support.ts';

type Reply = Readonly<Record<string, unknown>>;

const BLOCK_BYTES = 4_096;
const BLOCKS = 200;
/** Between two attempts at something that failed. */
const AGAIN_MS = 20;

const isYes = (reply: Reply | undefined): reply is Reply => reply?.node_invalid === false && reply.error === undefined;

export class Survivor {
  readonly name: string;
  /** Of the rows that were acknowledged. */
  readonly logged = new Set<string>();
  /** Ids of the live queries whose answer was acknowledged. */
  readonly answered = new Set<string>();
  /** Blocks that were acknowledged; none of them is ever sent again. */
  readonly delivered = new Set<number>();
  readonly archive = randomBytes(BLOCK_BYTES * BLOCKS - 100);
  readonly #address: DirectAddress;
  readonly #agent: Agent;
  #key = '';
  #guid: string | undefined;
  #session: string | undefined;
  #rows = 0;

  /** Hosts have addresses of their own, as enrolment is limited by address. */
  constructor(address: DirectAddress, index: number) {
    this.name = `survivor-${index}`;
    this.#address = address;
    this.#agent = new Agent({ localAddress: `127.0.1.${index}`, keepAlive: false });
  }

  get digest(): string {
    return hash('sha256', this.archive, 'hex');
  }

  get isBeingCarved(): boolean {
    return this.#session !== undefined;
  }

  get isCarved(): boolean {
    return this.delivered.size === BLOCKS;
  }

  /** Works until the signal stops it; what is under way then is told yes for, or not. */
  async live(signal: AbortSignal): Promise<void> {
    while (this.#key === '' && !signal.aborted) await this.#enroll();
    await Promise.all([this.#log, this.#answer, this.#carve].map(work => this.#again(work.bind(this), signal)));
  }

  async #again(work: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) if (!(await work())) await sleep(AGAIN_MS);
  }

  /** The reply; undefined when the exchange broke. */
  #ask(path: string, body: Reply): Promise<Reply | undefined> {
    return ask(this.#address, path, { node_key: this.#key, ...body }, { agent: this.#agent }).catch(() => undefined);
  }

  async #enroll(): Promise<void> {
    const reply = await this.#ask('/enroll', enrolment(this.#address.enrollSecret, this.name));
    if (typeof reply?.node_key === 'string') this.#key = reply.node_key;
    else await sleep(AGAIN_MS);
  }

  async #log(): Promise<boolean> {
    const rows = Array.from({ length: 20 }, (_, index) => `${this.name} row ${this.#rows + index}`);
    const data = rows.map((command, index) => difference('crontab', { command }, { counter: this.#rows + index }));
    if (!isYes(await this.#ask('/log', { log_type: 'result', data }))) return false;
    this.#rows += rows.length;
    for (const row of rows) this.logged.add(row);
    return true;
  }

  async #answer(): Promise<boolean> {
    const { queries = {} } = ((await this.#ask('/distributed/read', {})) ?? {}) as { queries?: Record<string, string> };
    const asked = Object.entries(queries);
    for (const [id, sql] of asked) {
      this.#guid ??= sql.includes('carves') ? `guid of ${this.name}` : undefined;
      const row = sql.includes('carves') ? { carve_guid: this.#guid, request_id: 'request' } : { pid: '1', name: this.name };
      const body = { queries: { [id]: [row] }, statuses: { [id]: 0 }, messages: {} };
      if (isYes(await this.#ask('/distributed/write', body)) && !sql.includes('carves')) this.answered.add(id);
    }
    return asked.length > 0;
  }

  async #startCarve(carve_id: string): Promise<boolean> {
    const geometry = { block_count: BLOCKS, block_size: BLOCK_BYTES, carve_size: this.archive.length };
    const reply = await this.#ask('/carve/start', { ...geometry, carve_id, request_id: 'request' });
    if (typeof reply?.session_id !== 'string') return false;
    this.#session = reply.session_id;
    return true;
  }

  async #carve(): Promise<boolean> {
    if (this.#guid === undefined || this.isCarved) return false;
    if (this.#session === undefined) return this.#startCarve(this.#guid);
    const left = Array.from({ length: BLOCKS }, (_, block) => block).filter(block => !this.delivered.has(block));
    const block = left[Math.floor(Math.random() * left.length)] ?? 0;
    const data = this.archive.subarray(block * BLOCK_BYTES, (block + 1) * BLOCK_BYTES).toString('base64');
    const reply = await this.#ask('/carve/block', { block_id: block, session_id: this.#session, request_id: 'request', data });
    if (reply?.success !== true) return false;
    this.delivered.add(block);
    return true;
  }
}
