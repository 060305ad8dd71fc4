/** The embedded direct endpoint as a kind of source. */
import { z } from 'zod';
import type { ConnectorModule } from '../module.ts';
import { parseListen } from './address.ts';
import { createDirect } from './connector.ts';

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

const name = z.string().regex(/^[\w.:-]+$/, 'must be a DNS name or an IP address');

const settings = z.object({
  /** Loopback unless told otherwise. */
  listen: listen.prefault('127.0.0.1:8443'),
  /** Further names by which hosts reach this machine. */
  hostname: z.union([name.transform(one => [one]), z.array(name)]).default([]),
  enroll_secret_file: z.string().min(1).optional(),
  client_ca: z.string().min(1).optional(),
});

export const direct: ConnectorModule<z.infer<typeof settings>> = {
  kind: 'direct',
  title: 'Direct endpoint',
  settings,
  create({ listen, hostname, enroll_secret_file, client_ca }, { id, dataDir, clock, log, store }) {
    return createDirect({
      id,
      dataDir,
      listen,
      hostnames: hostname,
      registry: 'persistent',
      store,
      clock,
      log,
      ...(enroll_secret_file === undefined ? {} : { enrollSecretFile: enroll_secret_file }),
      ...(client_ca === undefined ? {} : { clientCaFile: client_ca }),
    });
  },
};
