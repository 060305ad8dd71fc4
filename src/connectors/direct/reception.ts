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

type Body = () => Promise<unknown>;
type Handle = (endpoint: Endpoint, body: Body, peer: Peer) => Reply | Promise<Reply>;

const HANDLES: Readonly<Record<Action, Handle>> = {
  enroll: async (endpoint, body, peer) => endpoint.enroll(await body(), peer),
  config: async (endpoint, body, peer) => endpoint.config(await body(), peer),
  log: (endpoint, body, peer) => endpoint.log(body, peer),
  read: async (endpoint, body, peer) => endpoint.read(await body(), peer),
  write: async (endpoint, body, peer) => endpoint.write(await body(), peer),
  startCarve: async (endpoint, body, peer) => endpoint.startCarve(await body(), peer),
  carveBlock: async (endpoint, body, peer) => endpoint.carveBlock(await body(), peer),
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
      const unpacked = () => parseSliced(bytes, JSON_LIMITS);
      return JSON.stringify(await HANDLES[action](this.#endpoint, unpacked, { ...caller, bytes: body.byteLength }));
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
