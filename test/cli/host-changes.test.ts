/** `rollcall hosts HOST`, and what changed on one. */
import { describe, expect, it } from 'vitest';
import type { RawEvent } from '../../src/core/model.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { aHost, aRawEvent } from '../helpers/model.ts';
import { FakeSource, workplace } from './harness.ts';

const clock = new FakeClock();
const HOUR = 3_600_000;

const happened = (key: string, over: Partial<RawEvent> = {}): RawEvent =>
  aRawEvent({ dedupeKey: key, source: 'prod', connector: 'osctrl', time: clock.now() - HOUR, ...over });

async function place() {
  const source = new FakeSource('prod', [aHost('web-1'), aHost('web-2')]);
  source.events = [
    happened('a'),
    happened('b', { row: { port: '22' } }),
    happened('c', { row: { port: '22' }, action: 'removed' }),
    happened('d', { tables: ['crontab'], row: { command: 'id' } }),
    happened('e', { hostId: 'web-2', hostname: 'web-2' }),
    happened('f', { time: clock.now() - 48 * HOUR }),
  ];
  const work = workplace([source]);
  await work.run(['feed', '--since', '7d'], { clock });
  return (...argv: string[]) => work.run(['hosts', ...argv], { clock });
}

describe('hosts HOST --changes', () => {
  it('counts what was added and removed on it, by table', async () => {
    const hosts = await place();
    const { code, json } = await hosts('web-1', '--changes');
    expect([code, json()]).toEqual([
      0,
      [
        { table: 'crontab', added: 1, removed: 0, snapshot: 0, other: 0, newest: '2026-11-21T02:00:00.000Z', worst_severity: 'high' },
        {
          table: 'listening_ports',
          added: 2,
          removed: 1,
          snapshot: 0,
          other: 0,
          newest: '2026-11-21T02:00:00.000Z',
          worst_severity: 'medium',
        },
      ],
    ]);
    const table = await hosts('WEB-1', '--changes', '--since', '7d', '--format', 'table');
    expect(table.stdout).toMatch(/listening_ports +3 +1 +0 +0 +1h ago +medium/);
    expect((await hosts('web-2', '--changes', '--since', '5m')).json()).toEqual([]);
  });

  it.each([
    [['--changes'], 'Changes of which host?'],
    [['web-1', '--since', '7d'], '--since goes with --changes'],
    [['web-1', '--changes', '--since', 'yesterday'], '--since takes a span'],
    [['web-9', '--changes'], "No host is called 'web-9'."],
    [['web-*', '--changes'], 'Changes of one host at a time: 2 fit the name.'],
  ])('%o is wrong usage', async (argv, message) => {
    const { code, stderr } = await (await place())(...argv);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });

  it('without --changes lists the hosts that are meant', async () => {
    const hosts = await place();
    expect((await hosts('web-2')).json()).toMatchObject([{ hostname: 'web-2' }]);
    expect((await hosts('web-*')).json()).toHaveLength(2);
  });
});
