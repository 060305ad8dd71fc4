/** A Fleet connector over the fake, on a clock whose short waits pass at once. */
import { onTestFinished } from 'vitest';
import { createHttp } from '../../../src/adapters/http.ts';
import { fleetdm } from '../../../src/connectors/fleet/index.ts';
import type { ConnectorDeps } from '../../../src/connectors/module.ts';
import type { Connector, Http, KeyValueStore, LiveQueryBackend } from '../../../src/core/ports.ts';
import { FakeFleet } from '../../fakes/fleet.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';

/** Waits between tries are virtual; a wait for a deadline stands still until the test moves the clock. */
const SHORT_MS = 9_000;
/** Real ms that an exchange may take: a stalled one ends soon. */
const IMPATIENCE_MS = 2_000;

export class PatientClock extends FakeClock {
  override async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (ms > SHORT_MS) return super.sleep(ms, signal);
    signal?.throwIfAborted();
    await this.advance(ms);
    signal?.throwIfAborted();
  }
}

export class MemoryStore implements KeyValueStore {
  readonly spaces = new Map<string, Map<string, string>>();

  #space(name: string): Map<string, string> {
    const space = this.spaces.get(name) ?? new Map<string, string>();
    this.spaces.set(name, space);
    return space;
  }

  get = (space: string, key: string): string | undefined => this.#space(space).get(key);
  set = (space: string, key: string, value: string): void => void this.#space(space).set(key, value);
  delete = (space: string, key: string): void => void this.#space(space).delete(key);
  entries = (space: string): [string, string][] => [...this.#space(space)];
}

export type ConnectOptions = {
  readonly clock?: PatientClock;
  readonly store?: MemoryStore;
  /** API token or password; default: the API token of the fake's first user. */
  readonly secret?: string;
  readonly email?: string;
  readonly teamId?: number;
  readonly activities?: boolean;
  readonly insecure?: boolean;
  readonly patient?: boolean;
};

export type Connected = {
  readonly connector: Connector;
  readonly live: LiveQueryBackend;
  readonly clock: PatientClock;
  readonly store: MemoryStore;
  readonly logged: string[];
  close(): Promise<void>;
};

/** 21 November 2026, a little after the fake's hosts were seen. */
export const NOW = Date.UTC(2026, 10, 21, 15, 0, 0);

const impatient = (http: Required<Http>): Http => ({
  send: (request, signal) => http.send({ ...request, timeoutMs: Math.min(request.timeoutMs ?? IMPATIENCE_MS, IMPATIENCE_MS) }, signal),
  socket: (path, options, signal) => http.socket(path, options, signal),
});

/** A connector to the fake: with the clock and store of another one, what a later process makes. */
export function connect(fleet: FakeFleet, options: ConnectOptions = {}): Connected {
  const { clock = new PatientClock(NOW), store = new MemoryStore(), email, teamId, activities, insecure = false } = options;
  const secret = options.secret ?? fleet.users[0]?.token ?? '';
  const http = createHttp({ baseUrl: fleet.url });
  const logged: string[] = [];
  const deps: ConnectorDeps = {
    id: 'prod-fleet',
    http: () => (options.patient ? http : impatient(http)),
    clock,
    log: { write: (level, message, detail) => logged.push(JSON.stringify([level, message, detail])) },
    store,
    secret: { read: async () => secret },
    insecure,
    dataDir: '/nonexistent',
  };
  const settings = fleetdm.settings.parse({ base_url: fleet.url, email, team_id: teamId, activities });
  const connector = fleetdm.create(settings, deps);
  const { liveQuery: live } = connector;
  if (!live) throw new Error('Fleet runs live queries');
  const close = async () => {
    await connector.close?.();
    await http.close();
  };
  return { connector, live, clock, store, logged, close };
}

/** A fake for one test, closed at its end. */
export async function fleetForTest(): Promise<FakeFleet> {
  const fleet = await FakeFleet.start();
  onTestFinished(() => fleet.close());
  return fleet;
}

/** `connect` for one test, closed at its end. */
export function connectForTest(fleet: FakeFleet, options: ConnectOptions = {}): Connected {
  const connected = connect(fleet, options);
  onTestFinished(connected.close);
  return connected;
}

export const never = (): AbortSignal => new AbortController().signal;
