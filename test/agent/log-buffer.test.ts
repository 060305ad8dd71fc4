import { describe, expect, it } from 'vitest';
import type { NodeClient } from '../../src/agent/client.ts';
import { LogBuffer } from '../../src/agent/log-buffer.ts';
import { Problem } from '../../src/core/problem.ts';
import { FakeClock } from '../helpers/fake-clock.ts';

const never = new AbortController().signal;

/** A buffer before a server that takes deliveries, or refuses them while `refusing`. */
function buffer() {
  const server = { refusing: false, deliveries: [] as { type: string; lines: readonly unknown[]; at: number }[] };
  const clock = new FakeClock();
  const client = {
    log: async (type: string, lines: readonly unknown[]) => {
      server.deliveries.push({ type, lines, at: clock.now() });
      if (server.refusing) throw new Problem('unreachable', 'busy');
      return {};
    },
  } as unknown as NodeClient;
  const warnings: string[] = [];
  const log = { write: (_level: string, message: string) => void warnings.push(message) };
  return { server, clock, warnings, lines: new LogBuffer({ client, periodMs: () => 4_000, clock, log }) };
}

describe('log lines', () => {
  it('stay until the server has them, and then are told', async () => {
    const { server, lines } = buffer();
    const told: string[] = [];
    server.refusing = true;
    lines.add('result', 'a', () => told.push('a'));
    await expect(lines.flush(never)).rejects.toBeInstanceOf(Problem);
    expect([lines.waiting, told]).toEqual([1, []]);
    server.refusing = false;
    lines.add('result', 'b');
    await lines.flush(never);
    expect([lines.waiting, told]).toEqual([0, ['a']]);
    expect(server.deliveries.map(delivery => delivery.lines)).toEqual([['a'], ['a', 'b']]);
  });

  it('go 1,024 at a time, each type by itself', async () => {
    const { server, lines } = buffer();
    for (let index = 0; index < 1_500; index += 1) lines.add('result', index);
    lines.add('status', 'said');
    await lines.flush(never);
    expect(server.deliveries.map(({ type, lines: sent }) => [type, sent.length])).toEqual([
      ['result', 1_024],
      ['status', 1],
    ]);
    expect(lines.waiting).toBe(476);
  });

  it('of more than 1 MiB are dropped with a word', () => {
    const { lines, warnings } = buffer();
    lines.add('result', 'x'.repeat(1024 * 1024));
    expect([lines.waiting, warnings]).toEqual([0, ['A log line of more than 1 MiB was dropped.']]);
  });

  it('are delivered every period, and with growing pauses while the server refuses', async () => {
    const { server, clock, lines } = buffer();
    const stop = new AbortController();
    const running = lines.run(stop.signal).catch(() => undefined);
    const from = clock.now();
    server.refusing = true;
    lines.add('result', 'a');
    await clock.advance(60_000);
    expect(server.deliveries.map(({ at }) => (at - from) / 1_000)).toEqual([4, 8, 24, 60]);
    stop.abort();
    await running;
  });
});
