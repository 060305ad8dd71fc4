/** How long the searches take that a key starts: pure functions over much, nothing else running. */

import { createFeedScreen } from '../screens/feed/state.ts';
import { searchHosts } from '../screens/hosts/select.ts';
import { judge } from '../src/core/judge.ts';
import type { FeedEvent, Host } from '../src/core/model.ts';
import { createState } from '../src/state/index.ts';
import { immediately } from '../src/state/store.ts';
import { aHost, aRawEvent } from '../test/helpers/model.ts';
import { type Figure, percentile } from './report.ts';

const EVENTS = 100_000;
const HOSTS = 100_000;
const ROUNDS = 5;
const START = Date.UTC(2026, 0, 1);

function event(index: number): FeedEvent {
  const hostname = `web-${String(index % 5000).padStart(4, '0')}`;
  const port = String(1024 + (index % 60_000));
  const raw = aRawEvent({
    dedupeKey: `k${index}`,
    time: START + index,
    title: `listening_ports added: 0.0.0.0:${port} nginx`,
    hostname,
    hostId: hostname,
    tables: [index % 97 === 0 ? 'crontab' : 'listening_ports'],
    row: { address: '0.0.0.0', port, protocol: '6', pid: String(index % 30_000), name: 'nginx', path: '/usr/sbin/nginx' },
  });
  return judge(raw, START + index);
}

function host(index: number): Host {
  const hostname = `${['web', 'db', 'build', 'lab'][index % 4]}-${String(index).padStart(6, '0')}.example`;
  const ip = `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`;
  return aHost(hostname, { ip, status: index % 9 === 0 ? 'offline' : 'online' });
}

function timed(work: () => unknown): number {
  const startedAt = performance.now();
  work();
  return performance.now() - startedAt;
}

/** The slowest of the expressions, each the median of some rounds after one to warm up. */
function slowest(works: ReadonlyMap<string, () => unknown>): { readonly ms: number; readonly name: string } {
  const times = [...works].map(([name, work]) => {
    work();
    return {
      name,
      ms: percentile(
        Array.from({ length: ROUNDS }, () => timed(work)),
        0.5,
      ),
    };
  });
  return times.reduce((worst, time) => (time.ms > worst.ms ? time : worst));
}

/** As the feed does it: the filter is taken, and the rows are there to be drawn. */
function filterFigure(): Figure {
  const state = createState(immediately, Date.now, EVENTS);
  state.feed.add(Array.from({ length: EVENTS }, (_, index) => ({ seq: index + 1, event: event(index) })));
  const screen = createFeedScreen(state, { history: () => undefined, triage: () => undefined, now: Date.now });
  const expressions = ['59999', 'nginx', 'no-such-word', 'sev>=high host:web-00*', '-nginx table:listening_ports'];
  const apply = (expression: string) => {
    screen.look('');
    screen.look(expression);
    return screen.rows().size;
  };
  const { ms, name } = slowest(new Map(expressions.map(expression => [expression, () => apply(expression)])));
  const note = `slowest of ${expressions.length} expressions: ${name}`;
  return { name: 'filter 100,000 events', unit: 'ms', value: ms, budgets: [{ text: '<= 50 ms', limit: 50 }], others: {}, note };
}

function pickerFigures(): Figure[] {
  const hosts = Array.from({ length: HOSTS }, (_, index) => host(index));
  const first = timed(() => searchHosts(hosts, 'w'));
  const typed = 'web-0123';
  const keys = Array.from(typed, (_, index) => typed.slice(0, index + 1));
  const { ms, name } = slowest(new Map(keys.map(text => [text, () => searchHosts(hosts, text)])));
  return [
    {
      name: 'host picker, 100,000 hosts, a key',
      unit: 'ms',
      value: ms,
      budgets: [{ text: '<= 30 ms', limit: 30 }],
      others: {},
      note: `slowest of ${keys.length} keys: '${name}'`,
    },
    {
      name: 'host picker, 100,000 hosts, the first key',
      unit: 'ms',
      value: first,
      budgets: [],
      others: {},
      note: 'names are prepared once a listing',
    },
  ];
}

export const pureFigures = (): Figure[] => [filterFigure(), ...pickerFigures()];
