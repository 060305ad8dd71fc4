/** An osctrl connector over the fake, on a clock that does not wait. */
import { onTestFinished } from 'vitest';
import { createHttp } from '../../../src/adapters/http.ts';
import type { ConnectorDeps } from '../../../src/connectors/module.ts';
import { osctrl, osctrlSettings } from '../../../src/connectors/osctrl/index.ts';
import type { Clock, Connector, Http, LiveQueryBackend } from '../../../src/core/ports.ts';
import { type FakeOptions, type FakeOsctrl, startOsctrl, TOKEN } from '../../fakes/osctrl.ts';

/** Sleeps pass at once, in virtual time, so that minutes of polling and backing off take ms. */
export class SwiftClock implements Clock {
  #now = Date.UTC(2026, 10, 21, 3, 0, 0);

  now = (): number => this.#now;

  advance(ms: number): void {
    this.#now += ms;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) throw new DOMException('stopped', 'AbortError');
    this.#now += ms;
    await new Promise(resolve => setTimeout(resolve, 1));
    if (signal?.aborted) throw new DOMException('stopped', 'AbortError');
  }
}

/** Real ms that an exchange may take: a stalled one ends soon. */
const IMPATIENCE_MS = 300;

const impatient = (http: Http): Http => ({
  send: (request, signal) => http.send({ ...request, timeoutMs: Math.min(request.timeoutMs ?? IMPATIENCE_MS, IMPATIENCE_MS) }, signal),
});

export type Setup = {
  readonly fake: FakeOsctrl;
  readonly clock: SwiftClock;
  readonly connector: Connector;
  readonly live: LiveQueryBackend;
  readonly logged: string[];
  close(): Promise<void>;
};

export type SetupOptions = FakeOptions & {
  readonly environment?: string;
  readonly insecure?: boolean;
  /** What the secret reads as, call by call. */
  readonly token?: () => string;
  readonly patient?: boolean;
};

/** UUID of the fake's environment "dev": what 0.5.1 must be given. */
export const DEV_UUID = 'af23a26d-0000-4000-8000-0000000000de';

/** Another connector to the same fake: what a restart of rollcall makes. */
export function connectTo(
  fake: FakeOsctrl,
  clock: Clock,
  options: SetupOptions = {},
): { connector: Connector; logged: string[]; close(): Promise<void> } {
  const {
    environment = options.generation === '0.5.1' ? DEV_UUID : 'dev',
    insecure = false,
    token = () => TOKEN,
    patient = false,
  } = options;
  const http = createHttp({ baseUrl: fake.url });
  const logged: string[] = [];
  const deps: ConnectorDeps = {
    id: 'prod-osctrl',
    http: () => (patient ? http : impatient(http)),
    clock,
    log: { write: (level, message, detail) => logged.push(JSON.stringify([level, message, detail])) },
    store: { get: () => undefined, set: () => undefined, delete: () => undefined, entries: () => [] },
    secret: { read: async () => token() },
    insecure,
    dataDir: '/nonexistent',
  };
  const connector = osctrl.create(osctrlSettings.parse({ base_url: fake.url, environment }), deps);
  return { connector, logged, close: () => http.close() };
}

export async function setUp(options: SetupOptions = {}): Promise<Setup> {
  const clock = new SwiftClock();
  const fake = await startOsctrl({ now: clock.now, ...options });
  const { connector, logged, close } = connectTo(fake, clock, options);
  const live = connector.liveQuery;
  if (!live) throw new Error('osctrl runs live queries');
  const closeAll = async () => {
    await close();
    await fake.close();
  };
  return { fake, clock, connector, live, logged, close: closeAll };
}

/** `setUp` for one test, closed at its end. */
export async function forTest(options: SetupOptions = {}): Promise<Setup> {
  const setup = await setUp(options);
  onTestFinished(setup.close);
  return setup;
}

export const never = (): AbortSignal => new AbortController().signal;
