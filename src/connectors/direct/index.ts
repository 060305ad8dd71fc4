/** The embedded direct endpoint as a kind of source. */
import { z } from 'zod';
import type { ConnectorModule } from '../module.ts';
import { parseListen } from './address.ts';
import { ALL_PACKS } from './config.ts';
import { createDirect } from './connector.ts';
import { limitsFrom } from './limits.ts';
import { PACK_NAMES } from './schedule.ts';

export { createDirect, type DirectConnector } from './connector.ts';
export type { DirectAddress } from './desk.ts';
export type { DirectOptions } from './options.ts';
export { DEFAULT_INTERVALS, type Intervals, type Schedule, type ScheduledQuery } from './schedule.ts';

const listen = z.string().transform((text, context) => {
  const address = parseListen(text);
  if (address) return address;
  context.addIssue({ code: 'custom', message: 'must be ADDRESS:PORT, such as 127.0.0.1:8443' });
  return z.NEVER;
});

const limit = z.int().positive().optional();
const limits = z.strictObject({
  enroll_per_minute: limit,
  log_mib_per_host: limit,
  log_mib: limit,
  carve_mib: limit,
  all_carves_mib: limit,
});

const name = z.string().regex(/^[\w.:-]+$/, 'must be a DNS name or an IP address');

const settings = z.object({
  /** Loopback unless told otherwise. */
  listen: listen.prefault('127.0.0.1:8443'),
  /** Further names by which hosts reach this machine. */
  hostname: z.union([name.transform(one => [one]), z.array(name)]).default([]),
  enroll_secret_file: z.string().min(1).optional(),
  client_ca: z.string().min(1).optional(),
  /** Which hosts get a pack of scheduled queries: "all", "none", or those with one of these tags. All get those not named. */
  packs: z.partialRecord(z.enum(PACK_NAMES), z.union([z.enum(['all', 'none']), z.array(z.string().min(1))])).default({}),
  /** Paths to watch by category, instead of our own. */
  file_paths: z.record(z.string().min(1), z.array(z.string().min(1))).optional(),
  /** Where hosts run with `--tls_enroll_override`: its value. */
  tls_enroll_override: z.string().regex(/^\w+$/).optional(),
  /** Instead of our own: for many hosts behind one address, or for more disk. */
  limits: limits.optional(),
});

export const direct: ConnectorModule<z.infer<typeof settings>> = {
  kind: 'direct',
  title: 'Direct endpoint',
  settings,
  create(
    { listen, hostname, enroll_secret_file, client_ca, packs, file_paths, tls_enroll_override, limits },
    { id, dataDir, clock, log, store, audit },
  ) {
    return createDirect({
      id,
      dataDir,
      listen,
      hostnames: hostname,
      registry: 'persistent',
      store,
      packs: { ...ALL_PACKS, ...packs },
      clock,
      log,
      ...(audit === undefined ? {} : { audit }),
      ...(enroll_secret_file === undefined ? {} : { enrollSecretFile: enroll_secret_file }),
      ...(file_paths === undefined ? {} : { filePaths: file_paths }),
      ...(tls_enroll_override === undefined ? {} : { secretKey: tls_enroll_override }),
      ...(limits === undefined ? {} : { limits: limitsFrom(limits) }),
      ...(client_ca === undefined ? {} : { clientCaFile: client_ca }),
    });
  },
};
