/** Judges sources, side by side, and the direct endpoints of this data directory. Pure. */
import { type Check, checksOf } from './doctor.ts';
import type { SourceReport } from './ports.ts';
import type { Problem } from './problem.ts';
import { isoUtc, shortAge } from './time.ts';

/** What a TLS server showed; its certificate is looked at even where it is not trusted. */
export type TlsFacts = {
  readonly protocol: string;
  readonly subject: string;
  readonly issuer: string;
  /** Epoch ms; null where it could not be read. */
  readonly validTo: number | null;
};

export type SourceFacts = {
  readonly name: string;
  readonly kind: string;
  /** Base URL, or where it listens. */
  readonly address: string;
  /** Where the secret is, in words; empty where there is none. */
  readonly secret: string;
  readonly insecure: boolean;
  /** Of its own CA file only, where one is set. */
  readonly caFile: string | undefined;
  readonly report: SourceReport | Problem;
  /** How long (ms) that took. */
  readonly tookMs: number;
  readonly tls: TlsFacts | undefined;
};

const DAY_MS = 86_400_000;
/** A certificate that ends within this time needs somebody's attention, ms. */
const SOON_MS = 21 * DAY_MS;

type Writer = ReturnType<typeof checksOf>;

function tlsChecks(check: Writer, { address, insecure, caFile, tls, kind }: SourceFacts, now: number): readonly Check[] {
  if (kind === 'direct') return [];
  if (address.startsWith('http:')) {
    return [
      insecure ? check.warn('TLS', 'none: everything travels in the clear', 'use https://') : check.ok('TLS', 'none, to this machine'),
    ];
  }
  const trust = insecure
    ? check.warn('TLS', 'not verified: whoever is in between can read and change everything', 'add the source again with --ca-file')
    : check.ok('TLS', `trusts ${caFile === undefined ? 'the CAs of this system' : `only the CAs in ${caFile}`}`);
  if (!tls) return [trust];
  const { protocol, subject, issuer, validTo } = tls;
  const until = validTo === null ? '' : `, until ${isoUtc(validTo).slice(0, 10)}`;
  const text = `${protocol}, ${subject} by ${issuer}${until}`;
  if (validTo === null || validTo - now > SOON_MS) return [trust, check.ok('certificate', text)];
  const when = validTo <= now ? 'it has expired' : `${shortAge(validTo - now)} left`;
  return [trust, check.warn('certificate', `${text}: ${when}`, 'have it renewed on the server')];
}

function reportChecks(check: Writer, { report, address, tookMs }: SourceFacts): readonly Check[] {
  if (report instanceof Error) return [check.bad('reached', report.message, report.kind)];
  const { version, account, can, cannot, remarks } = report;
  return [
    check.ok('reached', `${address}, ${version}, in ${Math.round(tookMs)} ms`),
    check.ok('account', account || '-'),
    check.ok('may', can.join(', ') || 'nothing'),
    ...(cannot.length > 0 ? [check.warn('may not', cannot.join(', '), 'ask whoever gave the account for more, if it is needed')] : []),
    ...remarks.map(remark => check.warn('remark', remark)),
  ];
}

/** All about one source. `now`: epoch ms. */
export function sourceChecks(facts: SourceFacts, now: number): readonly Check[] {
  const { name, kind, secret } = facts;
  const check = checksOf(`source ${name} (${kind})`);
  return [...reportChecks(check, facts), ...(secret === '' ? [] : [check.ok('secret', secret)]), ...tlsChecks(check, facts, now)];
}

/** Who holds a direct endpoint of this data directory. */
export type EndpointFacts = {
  readonly source: string;
  readonly held: boolean;
  /** Of the process that holds it, where the system tells. */
  readonly pid: number | undefined;
  readonly socket: string;
  /** Somebody answers at the socket. */
  readonly answers: boolean;
};

export function endpointCheck({ source, held, pid, socket, answers }: EndpointFacts): Check {
  const check = checksOf(`direct endpoint ${source}`);
  const who = pid === undefined ? 'another process' : `process ${pid}`;
  if (!held) return check.ok('holder', 'nobody: the next rollcall that needs it takes the port');
  if (answers) return check.ok('holder', `${who}; other commands work through ${socket}`);
  return check.bad(
    'holder',
    `${who} holds it, but nobody answers at ${socket}`,
    'unreachable',
    'look at that process, and end it if it hangs',
  );
}
