/** What the nodes and the endpoint showed under load, as figures. */
import type { ClientReport } from './direct-client.ts';
import { type Figure, median, percentile } from './report.ts';

export const ROWS_PER_SECOND = 20_000;

export type Live = { readonly seconds: number; readonly answers: number; readonly hosts: number };

/** What one phase showed. `cpuSeconds` of the report is the nodes', `served` the endpoint's; `replies` what the clock node saw. */
export type Measured = ClientReport & { readonly served: number; readonly live: Live; readonly replies: readonly number[] };

export type All = {
  readonly enrolled: Measured;
  readonly asking: Measured;
  readonly logging: Measured;
  readonly both: Measured;
  readonly lost: number;
  /** Seconds of CPU for one. */
  readonly bare: { readonly request: number; readonly row: number };
  readonly mb: number;
};

const REPLY = { text: '<= 1 s', limit: 1_000 };
const LIVE = { text: '<= 11 s', limit: 11_000 };
const RATE = { text: `>= 95 % of the ${ROWS_PER_SECOND} sent`, limit: ROWS_PER_SECOND * 0.95, atLeast: true };

const figure = (name: string, unit: Figure['unit'], value: number, more: Partial<Figure> = {}): Figure => ({
  name,
  unit,
  value,
  budgets: [],
  others: {},
  ...more,
});

function phaseFigures(name: string, measured: Measured): Figure[] {
  const { asked, logged, late, rows, seconds, putOff, failed, live, served, replies } = measured;
  const cores = (used: number) => (used / seconds).toFixed(2);
  const note = `${cores(served)} cores, the nodes ${cores(measured.cpuSeconds)}`;
  const behind = `nodes were ${Math.round(percentile(late, 0.99))} ms late (p99)`;
  return [
    figure(`${name}: reply, p50`, 'ms', median(replies), { note }),
    figure(`${name}: reply, p99`, 'ms', percentile(replies, 0.99), { budgets: [REPLY] }),
    ...(asked.length > 0
      ? [
          figure(`${name}: live query, last answer`, 'ms', live.seconds * 1_000, {
            budgets: [LIVE],
            note: `${live.answers} of ${live.hosts} answered; ${Math.round(asked.length / seconds)} requests/s, ${failed} broke; ${behind}`,
          }),
        ]
      : []),
    ...(logged.length > 0
      ? [
          figure(`${name}: rows`, 'events/s', rows / seconds, { budgets: [RATE], note: `${putOff} deliveries sent again` }),
          figure(`${name}: reply to a log, p50`, 'ms', median(logged)),
        ]
      : []),
  ];
}

export function figures(nodes: number, { enrolled, asking, logging, both, lost, bare, mb }: All): Figure[] {
  const request = asking.served / asking.asked.length;
  const row = logging.served / logging.rows;
  return [
    figure('enrolling, a node', 'ms', (enrolled.seconds * 1_000) / nodes, { note: `${nodes} nodes` }),
    ...phaseFigures('asking', asking),
    ...phaseFigures('logging', logging),
    ...phaseFigures('both', both),
    figure('CPU for a request', 'µs', request * 1e6, {
      others: { 'a bare HTTPS server': bare.request * 1e6 },
      note: `one core: ${Math.round(1 / request)}/s`,
    }),
    figure('CPU for a row', 'µs', row * 1e6, {
      others: { 'parsed and inserted': bare.row * 1e6 },
      note: `one core: ${Math.round(1 / row)}/s`,
    }),
    figure('rows lost', 'events', lost, { budgets: [{ text: '0', limit: 0 }] }),
    figure('memory', 'MB', mb),
  ];
}
