/** What a simulated host logs by itself: differences over several tables, now and then a snapshot or a line of its agent. */

import { asciiTime } from '../agent/ascii-time.ts';
import type { LogType } from '../agent/client.ts';
import { eventLines, type LineOptions, snapshotLine } from '../agent/differential.ts';
import type { Row } from '../core/model.ts';
import { AGENT_LINES, type AgentLine, SNAPSHOTS, SOURCES } from './happenings.ts';
import { hostileText } from './hostile.ts';
import { Random } from './random.ts';
import type { LabHost } from './roster.ts';
import { ODD_CRON } from './world/persistence.ts';
import { ODD_PROGRAM } from './world/processes.ts';

/** Log lines of one type, for one delivery. */
export type Delivery = { readonly type: LogType; readonly lines: readonly unknown[] };

/** Shares of what a host says; the rest are differences. */
const SHARE = { status: 0.1, snapshot: 0.06, removed: 0.35 } as const;
const KEPT_ROWS = 8;
/** Rows of a hostile snapshot: large, but within what osquery may send. */
const HOSTILE_ROWS = 200;

/** The stream of one host. */
export class HostStream {
  readonly #host: LabHost;
  readonly #random: Random;
  readonly #counters = new Map<string, number>();
  /** Rows that came up and have not gone yet. */
  readonly #standing = new Map<string, Row[]>();
  #deliveries = 0;

  constructor(host: LabHost) {
    this.#host = host;
    this.#random = new Random(`${host.seed} stream`);
  }

  /** The first thing that an agent says. `now` is epoch ms. */
  greeting(now: number): Delivery {
    return this.#status(
      { severity: 0, filename: 'init.cpp', line: 402, message: `osquery initialized [version=${this.#host.osqueryVersion}]` },
      now,
    );
  }

  /** The next thing that happens on the host. */
  next(now: number): Delivery {
    this.#deliveries += 1;
    if (this.#host.isOdd && this.#deliveries === 1) return this.#oddity(now);
    if (this.#host.behaviour === 'hostile') return this.#hostile(now);
    if (this.#random.chance(SHARE.status))
      return this.#status(this.#random.weighted(AGENT_LINES.map(line => [line.weight, line] as const)) ?? AGENT_LINES[0], now);
    if (this.#random.chance(SHARE.snapshot)) return this.#snapshot(now);
    return this.#difference(now);
  }

  #line(name: string, now: number): Omit<LineOptions, 'counter'> {
    const decorations = { host_uuid: this.#host.uuid, hostname: this.#host.name };
    return { name, hostIdentifier: this.#host.uuid, now, epoch: 0, decorations };
  }

  #counter(name: string): number {
    const counter = (this.#counters.get(name) ?? 0) + 1;
    this.#counters.set(name, counter);
    return counter;
  }

  #difference(now: number): Delivery {
    const sources = SOURCES.filter(({ platforms }) => platforms.includes(this.#host.platform));
    const source = this.#random.weighted(sources.map(one => [one.weight, one] as const)) ?? sources[0];
    if (!source) return this.#snapshot(now);
    const standing = this.#standing.get(source.name) ?? [];
    this.#standing.set(source.name, standing);
    const gone = standing.length >= KEPT_ROWS || (standing.length > 0 && this.#random.chance(SHARE.removed)) ? standing.shift() : undefined;
    const added = gone ? [] : [source.row(this.#random, this.#host, Math.floor(now / 1000))];
    if (source.evented !== true) standing.push(...added);
    return this.#logged(source.name, { added, removed: gone ? [gone] : [] }, now);
  }

  #logged(name: string, change: Parameters<typeof eventLines>[1], now: number): Delivery {
    return { type: 'result', lines: eventLines({ ...this.#line(name, now), counter: this.#counter(name) }, change) };
  }

  #snapshot(now: number): Delivery {
    const { name, row } = this.#random.pick(SNAPSHOTS);
    return { type: 'result', lines: [snapshotLine(this.#line(name, now), [row(this.#random, this.#host, Math.floor(now / 1000))])] };
  }

  #status(line: Omit<AgentLine, 'weight'> | undefined, now: number): Delivery {
    const { severity = 0, filename = '', line: number = 0, message = '' } = line ?? {};
    const { uuid, osqueryVersion } = this.#host;
    const place = { severity, filename, line: number, message, version: osqueryVersion };
    return { type: 'status', lines: [{ hostIdentifier: uuid, calendarTime: asciiTime(now), unixTime: Math.floor(now / 1000), ...place }] };
  }

  #oddity(now: number): Delivery {
    const { name, path, cmdline } = ODD_PROGRAM;
    const listener = {
      address: '0.0.0.0',
      port: String(ODD_PROGRAM.listens?.[0]?.port ?? ''),
      protocol: '6',
      family: '2',
      pid: '6666',
      name,
      path,
      cmdline,
    };
    const cron = this.#logged('crontab', { added: [{ event: '', ...ODD_CRON }], removed: [] }, now);
    return { type: 'result', lines: [...cron.lines, ...this.#logged('listening_ports', { added: [listener], removed: [] }, now).lines] };
  }

  /** Escapes in every place where text can stand; now and then a line that is no line, or a very large snapshot. */
  #hostile(now: number): Delivery {
    const text = () => hostileText(this.#random);
    const line = { ...this.#line('processes', now), decorations: { hostname: text(), [text()]: text() } };
    if (this.#deliveries % 10 === 3) {
      const same = new Random(`${this.#host.seed} snapshot`);
      const rows = Array.from({ length: HOSTILE_ROWS }, (_, index) => ({
        pid: String(index),
        name: hostileText(same),
        cmdline: 'A'.repeat(900),
      }));
      return { type: 'result', lines: [snapshotLine(line, rows)] };
    }
    if (this.#deliveries % 10 === 6) return this.#status({ severity: 2, filename: text(), line: 1, message: text() }, now);
    if (this.#deliveries % 10 === 9)
      return { type: 'result', lines: [null, 17, 'text', [], { name: 5 }, { name: text(), columns: 'none', action: 'added' }] };
    const columns = { pid: '4242', name: text(), path: text(), cmdline: text(), [text()]: text() };
    return {
      type: 'result',
      lines: eventLines({ ...line, counter: this.#counter('processes') }, { added: [], removed: [] }).concat({
        ...line,
        counter: 1,
        columns,
        action: 'added',
      }),
    };
  }
}
