/** Runs, hosts and templates as scripts get them: the documented AiSOC shape and keys of our own (interface.md). */
import type { ConnectorKind, Host, HostStatus, Row } from './model.ts';
import { bucketOf, type Run, type Target } from './run.ts';
import type { ParamSpec, ParamValue, Template } from './template.ts';
import { isoUtc } from './time.ts';

export type RunSummary = {
  id: string;
  source: string;
  template: string;
  digest: string;
  sql: string;
  params: Readonly<Record<string, ParamValue>>;
  started_at: string;
  /** null while the run is open. */
  ended_at: string | null;
  targeted: number;
  answered: number;
  failed: number;
  timed_out: number;
  /** null when no server took the query; several sources: joined by a comma, in the order of `source`. */
  remote_id: string | null;
};

export type RunJson = {
  results: Record<string, readonly Row[]>;
  partial: boolean;
  timed_out_hosts: string[];
  errors: Record<string, string>;
  offline_hosts: string[];
  /** Of the `timed_out_hosts` those whose wave never came; absent when everybody was asked. */
  not_asked_hosts?: string[];
  run: RunSummary;
};

/** The `run` object. In an open run whoever has not answered yet counts as timed out, so the numbers always add up. */
export function runSummary(run: Run): RunSummary {
  const { record, tally } = run;
  const remoteIds = record.sources.map(source => run.remoteIds.get(source)).filter(id => id !== undefined);
  return {
    id: record.id,
    source: record.sources.join(','),
    template: record.template,
    digest: record.digest,
    sql: record.sql,
    params: record.params,
    started_at: isoUtc(record.startedAt),
    ended_at: run.endedAt === null ? null : isoUtc(run.endedAt),
    targeted: tally.targeted,
    answered: tally.answered,
    failed: tally.failed,
    timed_out: tally.timedOut + tally.waiting,
    remote_id: remoteIds.length > 0 ? remoteIds.join(',') : null,
  };
}

const wasNotAsked = ({ state }: Target): boolean => state === 'not_asked' || state === 'queued';

const failure = (target: Target): string => target.reason || 'the query failed on this host, without a message';

type Outcome = 'answered' | 'failed' | 'silent';

function outcomeOf(target: Target): Outcome {
  const bucket = bucketOf(target.state);
  return bucket === 'answered' || bucket === 'failed' ? bucket : 'silent';
}

/** The whole answer of `query`: every target in exactly one of `results`, `errors` and `timed_out_hosts`. */
export function runToJson(run: Run): RunJson {
  const having = (outcome: Outcome) => run.targets.filter(target => outcomeOf(target) === outcome);
  const silent = having('silent');
  const unasked = silent.filter(wasNotAsked).map(target => target.key);
  return {
    // fromEntries defines its keys: a host called `__proto__` is a host like any other.
    results: Object.fromEntries(having('answered').map(target => [target.key, target.rows])),
    partial: silent.length > 0,
    timed_out_hosts: silent.map(target => target.key),
    errors: Object.fromEntries(having('failed').map(target => [target.key, failure(target)])),
    offline_hosts: silent.filter(target => target.state === 'offline').map(target => target.key),
    ...(unasked.length > 0 ? { not_asked_hosts: unasked } : {}),
    run: runSummary(run),
  };
}

export type HostLine = {
  host: string;
  host_id: string;
  state: 'rows' | 'no_rows' | 'error' | 'timed_out' | 'offline';
  rows: readonly Row[];
  error: string | null;
  after_ms: number | null;
};

/** One host's line of `jsonl`. */
export function hostLine(target: Target): HostLine {
  const { key, host, state, rows, afterMs } = target;
  const outcome = outcomeOf(target);
  const silent = state === 'offline' ? 'offline' : 'timed_out';
  return {
    host: key,
    host_id: host.id,
    state: outcome === 'answered' ? (rows.length > 0 ? 'rows' : 'no_rows') : outcome === 'failed' ? 'error' : silent,
    rows,
    error: outcome === 'failed' ? failure(target) : null,
    after_ms: afterMs,
  };
}

/** The last line of `jsonl`: the answer of `query` without its rows. */
export function summaryLine(run: Run): { summary: Omit<RunJson, 'results'> } {
  const { results: _, ...summary } = runToJson(run);
  return { summary };
}

/** 0 every target answered (with rows, none, or an error), 3 some did not, 4 none did. */
export function exitCodeOf(run: Run): 0 | 3 | 4 {
  const { targeted, answered, failed } = run.tally;
  if (answered + failed === 0) return 4;
  return answered + failed < targeted ? 3 : 0;
}

export type HostJson = {
  id: string;
  hostname: string;
  display_name: string;
  uuid: string;
  platform: string;
  os_version: string;
  osquery_version: string;
  status: HostStatus;
  last_seen: string | null;
  ip: string;
  labels: readonly string[];
  source: string;
  kind: ConnectorKind;
};

/** The keys of a host's JSON, in the order of the CSV's columns. */
export const HOST_COLUMNS = [
  'id',
  'hostname',
  'display_name',
  'uuid',
  'platform',
  'os_version',
  'osquery_version',
  'status',
  'last_seen',
  'ip',
  'labels',
  'source',
  'kind',
] as const satisfies readonly (keyof HostJson)[];

export const hostToJson = (host: Host): HostJson => ({
  id: host.id,
  hostname: host.hostname,
  display_name: host.displayName,
  uuid: host.uuid,
  platform: host.platform,
  os_version: host.osVersion,
  osquery_version: host.osqueryVersion,
  status: host.status,
  last_seen: host.lastSeen === null ? null : isoUtc(host.lastSeen),
  ip: host.ip,
  labels: host.labels,
  source: host.source,
  kind: host.kind,
});

export type ParamJson = {
  name: string;
  type: ParamSpec['type'];
  required: boolean;
  default: ParamValue | null;
  title: string;
  min?: number;
  max?: number;
  values?: readonly string[];
  max_length?: number;
};

function paramToJson(spec: ParamSpec): ParamJson {
  const { name, type, title } = spec;
  const common = { name, type, required: spec.default === undefined, default: spec.default ?? null, title };
  if (spec.type === 'int') return { ...common, min: spec.min, max: spec.max };
  if (spec.type === 'enum') return { ...common, values: spec.values };
  if (spec.type === 'text') return { ...common, max_length: spec.maxLength };
  return common;
}

/** One entry of `templates`. */
export const templateToJson = (template: Template) => ({
  name: template.name,
  title: template.title,
  why: template.why,
  platforms: template.platforms,
  params: template.params.map(paramToJson),
  sql: template.sql,
  digest: template.digest,
  attack: template.attack,
  cost: template.cost,
  stack: template.stack,
  volatile: template.volatile,
  key: template.key,
  secrets: template.secrets,
  /** null for a template that reads no event table. */
  events: template.events ?? null,
});
