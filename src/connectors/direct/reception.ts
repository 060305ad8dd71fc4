/** The house behind the front: reads the bodies of requests and lets the endpoint answer them. */
import type { Log } from '../../core/ports.ts';
import { keyOf } from './body.ts';
import { DiskRefused } from './carves.ts';
import type { Endpoint, Peer, Reply } from './endpoint.ts';
import type { Asked, House, Refused, Said } from './house.ts';
import type { Action, Proof } from './routes.ts';
import { JsonError, type JsonLimits, parseSliced } from './sliced-json.ts';

/** osquery's own bodies nest 5 deep; its snapshots have some thousand rows. */
const JSON_LIMITS: JsonLimits = { maxDepth: 16, maxContainers: 400_000 };

type Handle = (endpoint: Endpoint, body: unknown, peer: Peer) => Reply | Promise<Reply>;

const HANDLES: Readonly<Record<Action, Handle>> = {
  enroll: (endpoint, body, peer) => endpoint.enroll(body, peer),
  config: (endpoint, body, peer) => endpoint.config(body, peer),
  log: (endpoint, body, peer) => endpoint.log(body, peer),
  read: (endpoint, body, peer) => endpoint.read(body, peer),
  write: (endpoint, body, peer) => endpoint.write(body, peer),
  startCarve: (endpoint, body, peer) => endpoint.startCarve(body, peer),
  carveBlock: (endpoint, body, peer) => endpoint.carveBlock(body, peer),
};

export class Reception implements House {
  readonly #endpoint: Endpoint;
  readonly #log: Log;

  constructor(endpoint: Endpoint, log: Log) {
    this.#endpoint = endpoint;
    this.#log = log;
  }

  async isKey(proof: Proof, key: string): Promise<boolean> {
    return this.#endpoint.isKey(key) || (proof === 'session_id' && this.#endpoint.isCarveSession(key));
  }

  async answer({ action, body, caller }: Asked): Promise<Said> {
    try {
      const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
      const value = await parseSliced(bytes, JSON_LIMITS);
      return JSON.stringify(await HANDLES[action](this.#endpoint, value, { ...caller, bytes: body.byteLength }));
    } catch (thrown) {
      if (thrown instanceof DiskRefused) return undefined;
      if (thrown instanceof JsonError)
        return this.refuse({ action, key: caller.nodeKey ?? keyOf('node_key', body), reason: thrown.message });
      this.#log.write('error', 'A request could not be handled.', { action, detail: String(thrown) });
      return JSON.stringify({ error: 'internal error' });
    }
  }

  async refuse({ action, key, reason }: Refused): Promise<Said> {
    return JSON.stringify(action === 'write' ? this.#endpoint.refuseWrite(key, reason) : { error: reason });
  }
}
