/** The enrolled nodes: who holds which key, and who was seen when. Keys are kept as SHA-256 only. */
import { hash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Host, HostStatus } from '../../core/model.ts';
import type { KeyValueStore, Log } from '../../core/ports.ts';
import { clean } from '../../core/sanitize.ts';
import type { HostDetails } from './host-details.ts';

const nodeRecord = z.object({
  id: z.string().min(1),
  keyHash: z.string().length(64),
  /** Another node of the same identifier was there before: two machines, or one that lost its key. */
  duplicate: z.boolean(),
  /** The operator has looked at it and lets it in, duplicate or not. */
  approved: z.boolean().default(false),
  /** Answered with an error, so that it keeps its data and its key. */
  blocked: z.boolean().default(false),
  tags: z.array(z.string()).default([]),
  /** Epoch ms. */
  enrolledAt: z.number(),
  lastSeen: z.number(),
  ip: z.string(),
  hostname: z.string(),
  displayName: z.string(),
  uuid: z.string(),
  platform: z.string(),
  osVersion: z.string(),
  osqueryVersion: z.string(),
  simulated: z.boolean(),
});
export type Node = z.infer<typeof nodeRecord>;

/** Where the registry survives a restart; without one it lives in memory, as the lab wants it. */
export type NodeMemory = { readonly store: KeyValueStore; readonly space: string };

const ID_LENGTH = 12;
/** `lastSeen` on disk may lag this far behind: traffic of thousands of nodes is not worth a write each. */
const PERSIST_EVERY_MS = 300_000;
const MISSING_AFTER_MS = 30 * 86_400_000;
/** Beyond this, enrolments are refused. Past some thousand hosts, osctrl or Fleet do the job. */
const MAX_NODES = 20_000;

/** By another function than keys are, so that no key can be made up that stands for a certificate. */
const ofCertificate = (fingerprint: string): string => hash('sha3-256', fingerprint, 'hex');
const sha256 = (text: string): string => hash('sha256', text, 'hex');

export class NodeRegistry {
  readonly #byKey = new Map<string, Node>();
  readonly #byId = new Map<string, Node>();
  readonly #persistedAt = new Map<string, number>();
  readonly #memory: NodeMemory | undefined;

  constructor(memory: NodeMemory | undefined, log: Log) {
    this.#memory = memory;
    for (const [id, value] of memory?.store.entries(memory.space) ?? []) {
      const node = readNode(value);
      if (node) this.#add(node);
      else log.write('warn', 'A stored node could not be read and is left out: that host will enrol again.', { id });
    }
  }

  get size(): number {
    return this.#byId.size;
  }

  nodes(): readonly Node[] {
    return [...this.#byId.values()];
  }

  node(id: string): Node | undefined {
    return this.#byId.get(id);
  }

  /**
   * A new node with a new key, which is returned here and nowhere else. An identifier that is taken makes another node,
   * flagged: whoever holds the secret may claim any name, but gets nobody's key. Undefined when there are too many.
   */
  enroll(identifier: string, details: HostDetails, ip: string, now: number): { readonly node: Node; readonly key: string } | undefined {
    const key = randomBytes(32).toString('base64url');
    const node = this.#enroll(identifier, sha256(key), details, ip, now);
    return node && { node, key };
  }

  /** A node that shows its client certificate instead of a key. */
  enrollCertificate(
    { fingerprint, name }: { readonly fingerprint: string; readonly name: string },
    ip: string,
    now: number,
  ): Node | undefined {
    const hostname = clean(name, 255) || fingerprint;
    const unknown = { uuid: '', platform: '', osVersion: '', osqueryVersion: '', simulated: false };
    return this.#enroll(hostname, ofCertificate(fingerprint), { ...unknown, hostname, displayName: hostname }, ip, now);
  }

  /** The node of a client certificate, by its SHA-256 fingerprint. */
  byCertificate(fingerprint: string): Node | undefined {
    return this.#byKey.get(ofCertificate(fingerprint));
  }

  #enroll(identifier: string, keyHash: string, details: HostDetails, ip: string, now: number): Node | undefined {
    if (this.#byId.size >= MAX_NODES) return undefined;
    const base = sha256(identifier).slice(0, ID_LENGTH);
    let id = base;
    for (let count = 2; this.#byId.has(id); count += 1) id = `${base}-${count}`;
    const standing = { duplicate: id !== base, approved: false, blocked: false, tags: [] };
    const node: Node = { id, keyHash, ...standing, enrolledAt: now, lastSeen: now, ip, ...details };
    this.#add(node);
    this.#persist(node);
    return node;
  }

  /** The holder of a key. Found by the key's hash, so that the time it takes tells nothing about other keys. */
  byKey(key: string): Node | undefined {
    return this.#byKey.get(sha256(key));
  }

  /** A node was heard of. */
  seen(node: Node, ip: string, now: number): void {
    node.lastSeen = now;
    node.ip = ip;
    if (now - (this.#persistedAt.get(node.id) ?? 0) >= PERSIST_EVERY_MS) this.#persist(node);
  }

  /** Changes what the operator decides about a node; on disk when it returns. */
  change(node: Node, change: Partial<Pick<Node, 'approved' | 'blocked' | 'tags'>>): void {
    Object.assign(node, change);
    this.#persist(node);
  }

  /** The node's key is worth nothing from now on: the host has to enrol again. */
  forget(node: Node): void {
    this.#byId.delete(node.id);
    this.#byKey.delete(node.keyHash);
    this.#persistedAt.delete(node.id);
    this.#memory?.store.delete(this.#memory.space, node.id);
  }

  /** Writes what has not been written yet. */
  flush(): void {
    for (const node of this.#byId.values()) if (this.#persistedAt.get(node.id) !== node.lastSeen) this.#persist(node);
  }

  #add(node: Node): void {
    this.#byId.set(node.id, node);
    this.#byKey.set(node.keyHash, node);
    this.#persistedAt.set(node.id, node.lastSeen);
  }

  #persist(node: Node): void {
    this.#persistedAt.set(node.id, node.lastSeen);
    this.#memory?.store.set(this.#memory.space, node.id, JSON.stringify(node));
  }
}

function readNode(value: string): Node | undefined {
  try {
    return nodeRecord.parse(JSON.parse(value));
  } catch {
    return undefined;
  }
}

/** From traffic: online when it asked within three of its intervals (ms), missing after 30 days. */
export function statusOf(node: Node, intervalMs: number, now: number): HostStatus {
  const silent = now - node.lastSeen;
  if (silent <= Math.max(3 * intervalMs, 30_000)) return 'online';
  return silent > MISSING_AFTER_MS ? 'missing' : 'offline';
}

/** A second machine of the same identifier, or one that lost its key: until the operator has looked at it. */
export const isPending = ({ duplicate, approved }: Node): boolean => duplicate && !approved;

/** A node as the host of a source. */
export function toHost(node: Node, source: string, status: HostStatus): Host {
  const { id, hostname, displayName, uuid, platform, osVersion, osqueryVersion, lastSeen, ip } = node;
  const flags = [node.simulated && 'simulated', isPending(node) && 'duplicate', node.blocked && 'blocked'];
  const labels = [...flags.filter(flag => flag !== false), ...node.tags];
  return { id, source, kind: 'direct', hostname, displayName, uuid, platform, osVersion, osqueryVersion, status, lastSeen, ip, labels };
}
