/** What a direct endpoint is made of, and where it keeps its things. */
import { join } from 'node:path';
import type { AuditLog, Clock, KeyValueStore, Log } from '../../core/ports.ts';
import type { ListenAddress } from './address.ts';
import type { FilePaths, PackChoice } from './config.ts';
import { DEFAULT_LIMITS, type Limits, OWN_HOSTS } from './limits.ts';
import type { NodeMemory } from './nodes.ts';
import type { Intervals, Schedule } from './schedule.ts';

export type DirectOptions = {
  readonly id: string;
  /** The certificate, its key and the enroll secret are kept below, in `direct/<id>/`. */
  readonly dataDir: string;
  /** Port 0: any that is free. */
  readonly listen: ListenAddress;
  /** Further names by which hosts reach this machine; the first is the one they are told. */
  readonly hostnames?: readonly string[];
  /**
   * 'persistent': one process of the data directory holds the endpoint, the others work through it. 'memory': the
   * endpoint is this process's own, and has no thread of its own; nodes are forgotten at the end, and `store` is not used.
   */
  readonly registry: 'persistent' | 'memory';
  readonly store: KeyValueStore;
  /** The operator's own secret, else one is made. */
  readonly enrollSecretFile?: string;
  /** PEM file: only hosts with a client certificate of this CA may connect. */
  readonly clientCaFile?: string;
  /** Seconds; those that are left out are the defaults. */
  readonly intervals?: Partial<Intervals>;
  readonly schedule?: Schedule;
  /** None when left out. */
  readonly packs?: PackChoice;
  /** Instead of the paths that the pack `fim` watches. */
  readonly filePaths?: FilePaths;
  /** The key under which hosts send the secret, where they run with `--tls_enroll_override`. */
  readonly secretKey?: string;
  /** Those that are left out are the defaults; of a 'memory' registry enrolment is not limited: its hosts are this process's own. */
  readonly limits?: Partial<Limits>;
  /** Where it is told what a person did to nodes and secret; nothing is audited without one. */
  readonly audit?: AuditLog;
  readonly clock: Clock;
  readonly log: Log;
};

/** The endpoint's own directory. */
export const directoryOf = ({ dataDir, id }: Pick<DirectOptions, 'dataDir' | 'id'>): string =>
  join(dataDir, 'direct', encodeURIComponent(id));

/** Where the node registry is kept; undefined: in memory. */
export const nodeMemory = ({ registry, store, id }: DirectOptions): NodeMemory | undefined =>
  registry === 'persistent' ? { store, space: `direct.${id}.nodes` } : undefined;

export const limitsOf = ({ registry, limits }: DirectOptions): Limits => ({
  ...DEFAULT_LIMITS,
  ...(registry === 'memory' ? OWN_HOSTS : {}),
  ...limits,
});
