/** What is said between the front, which knows TLS and HTTP, and the house behind it, which knows nodes. */
import type { Action, Proof } from './routes.ts';

/** Who asks: its address, and the key of `Authorization: NodeKey …`, which newer agents send beside the one in the body. */
export type Caller = {
  readonly address: string;
  readonly nodeKey: string | undefined;
  /** Of the client, verified. */
  readonly certificate: { readonly fingerprint: string; readonly name: string } | undefined;
};

/** A request that is all here, unpacked. */
export type Asked = { readonly action: Action; readonly body: Uint8Array<ArrayBuffer>; readonly caller: Caller };

/** A request whose body is not taken. `key`: what the client has shown, where it was valid. */
export type Refused = { readonly action: Action; readonly key: string | undefined; readonly reason: string };

/** A JSON object as text; undefined: hang up without a word, which makes a client try again. */
export type Said = string | undefined;

export interface House {
  /** Whether a node's key, or a carve's session, is one. */
  isKey(proof: Proof, key: string): Promise<boolean>;
  /** Never rejects. */
  answer(asked: Asked): Promise<Said>;
  refuse(refused: Refused): Promise<Said>;
}
