/** The composition root: the only place where adapters, connectors, lab and engine meet. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import path from 'node:path';
import shippedTemplates from 'rollcall:templates';
import { recordApproval } from '../adapters/approvals.ts';
import { openAudit } from '../adapters/audit.ts';
import { systemClock } from '../adapters/clock.ts';
import { openSettings, type SettingsFile, type SourceSettings } from '../adapters/config-file.ts';
import type { Directories } from '../adapters/directories.ts';
import { createHttp } from '../adapters/http.ts';
import { openLog } from '../adapters/log-file.ts';
import { createRedactor } from '../adapters/redact.ts';
import { secretSource } from '../adapters/secrets.ts';
import { openStore, type Store } from '../adapters/sqlite-store.ts';
import type { ConnectorDeps } from '../connectors/module.ts';
import type { Allowlist, Approval } from '../core/allowlist.ts';
import type { AuditLog, Clock, Connector, Log, SecretSource } from '../core/ports.ts';
import { Problem, toProblem } from '../core/problem.ts';
import type { Rule } from '../core/rules/rule.ts';
import { parseTemplate, type Template } from '../core/template.ts';
import { isoUtc } from '../core/time.ts';
import { createEngine } from '../engine/engine.ts';
import { loadAllowlist } from './allowlist.ts';
import type { Opened, OpenRequest, WantedSources } from './context.ts';
import { startForwarding } from './forwarding.ts';
import { type OpenLab, openLab } from './lab.ts';
import { startRetention } from './retention.ts';
import { brokenRules, loadRules } from './rule-set.ts';
import { readOwnSettings } from './source-settings.ts';

/** What the console needs beyond what commands do. */
export type Rollcall = Opened & {
  readonly store: Store;
  readonly log: Log;
  readonly settings: SettingsFile;
  /** Those in force. */
  readonly rules: readonly Rule[];
  /** Makes the connector of a source; touches no network. */
  connect(source: SourceSettings): Connector;
};

let shipped: readonly Template[] | undefined;

/** What may be asked, by the templates that are shipped, those of the site, and the policy of this machine. */
export function allowlist(configDir: string): Promise<Allowlist> {
  shipped ??= shippedTemplates.map(parseTemplate);
  return loadAllowlist(configDir, shipped);
}

/** Audited first: what cannot be audited is not approved. */
export function approveTemplate({ configDir, dataDir }: Directories, { name, digest }: Pick<Template, 'name' | 'digest'>): Approval {
  const [clock, by] = [systemClock, userName()];
  openAudit(path.join(dataDir, 'audit.jsonl'), clock, createRedactor(), { user: by, pid: process.pid }).write('approve template', {
    template: name,
    digest,
  });
  const approval = { digest, by, at: isoUtc(clock.now()) };
  recordApproval(configDir, name, approval);
  return approval;
}

/** What every command with a data directory shares. */
type Base = { readonly store: Store; readonly log: Log; readonly audit: AuditLog; readonly redactor: ReturnType<typeof createRedactor> };

function openBase(dataDir: string, clock: Clock): Base {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  } catch (thrown) {
    const words = thrown instanceof Error ? thrown.message : String(thrown);
    throw new Problem('storage', `The data directory ${dataDir} cannot be made (${words}). Choose another with --data-dir.`, {
      cause: thrown,
    });
  }
  const redactor = createRedactor();
  const who = { user: userName(), pid: process.pid };
  return {
    store: openStore(path.join(dataDir, 'rollcall.db')),
    log: openLog(path.join(dataDir, 'rollcall.log'), clock, redactor),
    audit: openAudit(path.join(dataDir, 'audit.jsonl'), clock, redactor, who),
    redactor,
  };
}

/** The login name; in a container the user may have none. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}

function readCa(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (thrown) {
    const words = thrown instanceof Error ? thrown.message : String(thrown);
    throw new Problem('usage', `The CA file ${file} cannot be read (${words}). Give the path of a PEM file with --ca-file.`, {
      cause: thrown,
    });
  }
}

/** A secret that is at hand already. */
function knownSecret(secret: string, { redactor }: Base): SecretSource {
  redactor.learn(secret);
  return { read: async () => secret };
}

/**
 * Makes the connector of a source; touches no network. `settingsPath` is for messages; `known` is its secret, where it is not
 * to be looked up. Throws a 'usage' Problem.
 */
function createConnector(
  source: SourceSettings,
  settingsPath: string,
  dataDir: string,
  clock: Clock,
  base: Base,
  known?: string,
): Connector {
  const { store, log, audit, redactor } = base;
  const { module, settings } = readOwnSettings(source, settingsPath);
  const { name: id, caFile, insecure } = source;
  const deps: ConnectorDeps = {
    id,
    http: ({ baseUrl }) => createHttp({ baseUrl, insecure, ...(caFile === undefined ? {} : { ca: readCa(caFile) }) }),
    clock,
    log,
    audit,
    store,
    secret:
      known === undefined
        ? secretSource(source.secret, { source: id, env: process.env, learn: secret => redactor.learn(secret) })
        : knownSecret(known, base),
    insecure,
    dataDir,
  };
  return module.create(settings, deps);
}

function configured(file: SettingsFile, wanted: WantedSources): readonly SourceSettings[] {
  if (wanted === 'none') return [];
  if ('source' in wanted) return [wanted.source];
  const all = file.sources();
  const unknown = wanted.filter(name => !all.some(source => source.name === name));
  if (unknown.length > 0) {
    const known = all.map(({ name }) => name).join(', ') || 'none yet';
    throw new Problem(
      'usage',
      `There is no source called ${unknown.join(', ')}. Configured: ${known}. Add one with \`rollcall source add\`.`,
    );
  }
  return wanted.length === 0 ? all : all.filter(({ name }) => wanted.includes(name));
}

/** Opens the store and the sources; sends nothing yet. Throws `Problem`. */
export async function openRollcall(request: OpenRequest): Promise<Rollcall> {
  const { configDir, dataDir, lab: simulated, sources = [], observer } = request;
  const clock = systemClock;
  const settings = openSettings(configDir);
  const chosen = simulated === undefined ? configured(settings, sources) : [];
  const targets = simulated === undefined && sources !== 'none' ? settings.forward() : [];
  const retention = sources === 'none' ? undefined : settings.retention();
  const base = openBase(dataDir, clock);
  const { store, log, audit } = base;
  let lab: OpenLab | undefined;
  try {
    lab = simulated === undefined ? undefined : await openLab({ count: simulated, dataDir, store, clock, log });
    const connect = (source: SourceSettings) => createConnector(source, settings.path, dataDir, clock, base);
    const known = typeof sources === 'object' && 'secret' in sources ? sources.secret : undefined;
    const connectors = lab ? [lab.connector] : chosen.map(source => createConnector(source, settings.path, dataDir, clock, base, known));
    const { rules, broken } = loadRules(configDir);
    // Where no source is open, nothing is judged.
    for (const file of sources === 'none' ? [] : broken) {
      log.write('warn', 'rule file is broken', file);
      observer.notice({ level: 'warn', text: brokenRules(file) });
    }
    const { templates, refused, policy } = await allowlist(configDir);
    const engine = createEngine({ processes, connectors, templates, refused, policy, store, observer, audit, clock, log, newRunId, rules });
    const forwarding = startForwarding(targets, {
      store,
      clock,
      failed({ message, kind, detail }) {
        log.write('warn', message, { kind, detail });
        observer.notice({ level: 'warn', text: message });
      },
    });
    engine.listen();
    lab?.run();
    const closed = new AbortController();
    const shutDown = async (keepOpen: boolean) => {
      closed.abort();
      await engine.stop(keepOpen);
      await forwarding.stop();
      await lab?.close();
      await Promise.all(engine.connectors.map(connector => connector.close?.()));
      store.close();
    };
    let closing: Promise<void> | undefined;
    return {
      engine,
      store,
      audit,
      log,
      settings,
      rules: rules.rules,
      who: userName(),
      retain() {
        if (retention) startRetention(retention, { store, clock, log, observer, signal: closed.signal });
      },
      connect,
      ready: async () => lab?.ready,
      close(keepOpen = false) {
        closing ??= shutDown(keepOpen);
        return closing;
      },
    };
  } catch (thrown) {
    await lab?.close();
    store.close();
    throw toProblem(thrown);
  }
}

const processes = {
  pid: process.pid,
  isAlive(pid: number): boolean {
    try {
      process.kill(pid, 0);
      return true;
    } catch (thrown) {
      // It lives, but belongs to somebody else.
      return thrown instanceof Error && 'code' in thrown && thrown.code === 'EPERM';
    }
  },
};

/** Short, unique, and in the order of time. */
function newRunId(): string {
  const time = new Date().toISOString().replace(/[-:]/g, '').slice(0, 15).toLowerCase();
  return `${time}-${randomBytes(3).toString('hex')}`;
}
