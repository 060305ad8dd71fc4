/** What a connector folder exports: one `ConnectorModule`, listed in `index.ts`. Nobody outside this folder knows its kind. */
import { z } from 'zod';
import type { ConnectorKind } from '../core/model.ts';
import type { AuditLog, Clock, Connector, Http, KeyValueStore, Log, SecretSource } from '../core/ports.ts';

/** A peer to talk to. TLS trust, `--insecure` and size limits of the source are fixed already by whoever makes the deps. */
export type HttpOptions = {
  /** `https://host[:port][/prefix]`, no trailing slash; `HttpRequest.path` is appended. */
  readonly baseUrl: string;
};

/** All that a connector may use of the world. */
export type ConnectorDeps = {
  /** The source's name, as configured: `Connector.id`, and `source` of its hosts and events. */
  readonly id: string;
  /** Makes the HTTP peer of this source. */
  http(options: HttpOptions): Http;
  readonly clock: Clock;
  readonly log: Log;
  /** Begin the space with the kind and the source: `osctrl.<id>.…`. */
  readonly store: KeyValueStore;
  /** Where a connector tells what a person did through it, before it is done. */
  readonly audit?: AuditLog;
  /** The source's one secret: API token, or the password where the settings name an account. Read when needed, never kept in a setting. */
  readonly secret: SecretSource;
  /** True when the source's TLS certificate is not verified: say so in `remarks()`. */
  readonly insecure: boolean;
  /** rollcall's data directory; a source that must keep files does so in `<dataDir>/<kind>/<id>/` (0700). */
  readonly dataDir: string;
};

/** `S` is what `settings` parses to. Settings are snake_case, as written in the settings file. */
export type ConnectorModule<S = unknown> = {
  readonly kind: ConnectorKind;
  /** The product's name, for lists: "osctrl", "FleetDM", "Direct endpoint". */
  readonly title: string;
  readonly settings: z.ZodType<S>;
  /** Makes the connector; touches no network. */
  create(settings: S, deps: ConnectorDeps): Connector;
};

const MIN_POLL_S = 30;
const MAX_POLL_S = 86_400;

/** `poll_interval_seconds`: 300 unless told otherwise, clamped to 30..86400 (contracts/aisoc.md). */
export const pollIntervalSeconds = z
  .number()
  .default(300)
  .transform(seconds => Math.round(Math.min(MAX_POLL_S, Math.max(MIN_POLL_S, seconds))));

/** `base_url`: http or https, without credentials, query or fragment; trailing slashes are taken off. */
export const baseUrl = z
  .string()
  .trim()
  .transform((text, context) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    const plain = url && /^https?:$/.test(url.protocol) && !url.username && !url.password && !url.search && !url.hash;
    if (!plain) {
      context.addIssue({ code: 'custom', message: 'must be an http(s) address without credentials, such as https://osctrl.example:9002' });
      return z.NEVER;
    }
    return url.href.replace(/\/+$/, '');
  });
