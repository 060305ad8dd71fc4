/**
 * Forwards stored events, each target from where it was: what could not be sent waits in the store. At least once: after
 * a crash the last part may come again. Of several processes on the same data one forwards.
 */
import { type FilteredEvent, parseFilter } from '../core/filter.ts';
import type { FeedEvent } from '../core/model.ts';
import type { Clock, EventStore, KeyValueStore } from '../core/ports.ts';
import { isAbort, type Problem, toProblem } from '../core/problem.ts';
import { gelfSink, jsonlSink, type Sink } from './forward-sinks.ts';

/** A target as it stands in the settings: `address` is `udp://host:port` or `tcp://host:port`; `filter` as in `feed --filter`. */
export type ForwardTarget =
  | { readonly to: 'jsonl'; readonly file: string; readonly filter?: string | undefined }
  | { readonly to: 'gelf'; readonly address: string; readonly filter?: string | undefined };

export type ForwardDeps = {
  readonly store: EventStore & KeyValueStore;
  readonly clock: Clock;
  /** Of this process; any text that no other has. */
  readonly owner: string;
  /** A failure, told when it begins. */
  readonly failed: (problem: Problem) => void;
};

export interface Forwarder {
  /** Goes on until the signal stops it. Never rejects. */
  run(signal: AbortSignal): Promise<void>;
  /** Sends what is there now, once. Resolves with the first failure. */
  flush(): Promise<Problem | undefined>;
  close(): void;
}

const SPACE = 'forward';
const LEASE = 'lease';
const LEASE_MS = 15_000;
const PART = 500;
const EVERY_MS = 1_000;
const SLOWEST_MS = 60_000;

type Line = { readonly key: string; readonly sink: Sink; readonly wanted: (event: FilteredEvent) => boolean };

/** `udp://graylog.example:12201` in parts; undefined for anything else. */
export function gelfAddress(text: string): Parameters<typeof gelfSink>[0] | undefined {
  const [, transport, bracketed, plain, port = '12201'] = /^(udp|tcp):\/\/(?:\[([\da-f:.]+)\]|([\w.-]+))(?::(\d{1,5}))?$/i.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || Number(port) < 1 || Number(port) > 65_535) return undefined;
  return { transport: transport?.toLowerCase() === 'tcp' ? 'tcp' : 'udp', host, port: Number(port) };
}

function lineOf(target: ForwardTarget): Line {
  const { match } = parseFilter(target.filter ?? '');
  if (target.to === 'jsonl') return { key: `jsonl ${target.file}`, sink: jsonlSink(target.file), wanted: match };
  const address = gelfAddress(target.address);
  if (!address) throw new Error(`'${target.address}' is no address for GELF`);
  return { key: `gelf ${target.address}`, sink: gelfSink(address), wanted: match };
}

/** The targets must have been checked: addresses and filters are right. A target that is new begins with what comes now. */
export function createForwarder(targets: readonly ForwardTarget[], { store, clock, owner, failed }: ForwardDeps): Forwarder {
  const lines = targets.map(lineOf);
  const newest = () => store.page({ order: 'desc', beforeSeq: Number.MAX_SAFE_INTEGER, limit: 1 })[0]?.seq ?? 0;
  for (const { key } of lines) if (store.get(SPACE, key) === undefined) store.set(SPACE, key, String(newest()));

  /** Whether this process forwards. */
  const leads = (): boolean => {
    const [holder = '', until = '0'] = store.get(SPACE, LEASE)?.split('\n') ?? [];
    if (holder !== owner && Number(until) > clock.now()) return false;
    store.set(SPACE, LEASE, `${owner}\n${clock.now() + LEASE_MS}`);
    return true;
  };

  /** Sends one part. Returns whether there may be more. */
  const part = async ({ key, sink, wanted }: Line): Promise<boolean> => {
    const stored = store.page({ order: 'asc', afterSeq: Number(store.get(SPACE, key)), limit: PART });
    const last = stored.at(-1);
    if (!last) return false;
    const events: readonly FeedEvent[] = stored.map(({ event }) => event).filter(wanted);
    if (events.length > 0) await sink.send(events);
    store.set(SPACE, key, String(last.seq));
    return stored.length === PART;
  };

  const follow = async (line: Line, signal: AbortSignal): Promise<void> => {
    let wait = EVERY_MS;
    for (;;) {
      try {
        while (leads() && (await part(line))) signal.throwIfAborted();
        wait = EVERY_MS;
      } catch (thrown) {
        if (isAbort(thrown)) return;
        if (wait === EVERY_MS) failed(toProblem(thrown));
        wait = Math.min(wait * 2, SLOWEST_MS);
      }
      await clock.sleep(wait, signal);
    }
  };

  return {
    async run(signal) {
      await Promise.allSettled(lines.map(line => follow(line, signal)));
    },
    async flush() {
      const results = await Promise.allSettled(
        lines.map(async line => {
          while (leads() && (await part(line)));
        }),
      );
      const lost = results.find(result => result.status === 'rejected');
      return lost && toProblem(lost.reason);
    },
    close() {
      for (const { sink } of lines) sink.close();
      if (store.get(SPACE, LEASE)?.startsWith(`${owner}\n`)) store.delete(SPACE, LEASE);
    },
  };
}
