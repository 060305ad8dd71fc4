/** The composition root: the only place where adapters, connectors, lab and engine meet. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import path from 'node:path';
import shippedTemplates from 'rollcall:templates';
import { openAudit } from '../adapters/audit.ts';
import { systemClock } from '../adapters/clock.ts';
import { openSettings, type SettingsFile, type SourceSettings } from '../adapters/config-file.ts';
import { createHttp } from '../adapters/http.ts';
import { openLog } from '../adapters/log-file.ts';
import { createRedactor } from '../adapters/redact.ts';
import { secretSource } from '../adapters/secrets.ts';
import { openStore, type Store } from '../adapters/sqlite-store.ts';
import type { ConnectorDeps } from '../connectors/module.ts';
import type { AuditLog, Clock, Connector, Log } from '../core/ports.ts';
import { Problem, toProblem } from '../core/problem.ts';
import { parseTemplate, type Template } from '../core/template.ts';
import { createEngine } from '../engine/engine.ts';
import type { Opened, OpenRequest } from './context.ts';
import { type OpenLab, openLab } from './lab.ts';
import { brokenRules, loadRules } from './rule-set.ts';
import { readOwnSettings } from './source-settings.ts';

/** What the console needs beyond what commands do. */
export type Rollcall = Opened & {
  readonly store: Store;
  readonly log: Log;
  readonly settings: SettingsFile;
  /** Makes the connector of a source; touches no network. */
  connect(source: SourceSettings): Connector;
};

let parsed: readonly Template[] | undefined;

/** The shipped templates, by name. */
export function templates(): readonly Template[] {
  parsed ??= shippedTemplates.map(parseTemplate);
  return parsed;
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

/** Makes the connector of a source; touches no network. `settingsPath` is for messages. Throws a 'usage' Problem. */
function createConnector(source: SourceSettings, settingsPath: string, dataDir: string, clock: Clock, base: Base): Connector {
  const { store, log, redactor } = base;
  const { module, settings } = readOwnSettings(source, settingsPath);
  const { name: id, caFile, insecure } = source;
  const deps: ConnectorDeps = {
    id,
    http: ({ baseUrl }) => createHttp({ baseUrl, insecure, ...(caFile === undefined ? {} : { ca: readCa(caFile) }) }),
    clock,
    log,
    store,
    secret: secretSource(source.secret, { source: id, env: process.env, learn: secret => redactor.learn(secret) }),
    insecure,
    dataDir,
  };
  return module.create(settings, deps);
}

function configured(file: SettingsFile, wanted: readonly string[] | 'none'): readonly SourceSettings[] {
  if (wanted === 'none') return [];
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
  const base = openBase(dataDir, clock);
  const { store, log, audit } = base;
  let lab: OpenLab | undefined;
  try {
    lab = simulated === undefined ? undefined : await openLab({ count: simulated, dataDir, store, clock, log });
    const connect = (source: SourceSettings) => createConnector(source, settings.path, dataDir, clock, base);
    const connectors = lab ? [lab.connector] : chosen.map(connect);
    const { rules, broken } = loadRules(configDir);
    for (const file of broken) {
      log.write('warn', 'rule file is broken', file);
      observer.notice({ level: 'warn', text: brokenRules(file) });
    }
    const engine = createEngine({ processes, connectors, templates: templates(), store, observer, audit, clock, log, newRunId, rules });
    engine.listen();
    lab?.run();
    const shutDown = async (keepOpen: boolean) => {
      await engine.stop(keepOpen);
      await lab?.close();
      await Promise.all(engine.connectors.map(connector => connector.close?.()));
      store.close();
    };
    let closing: Promise<void> | undefined;
    return {
      engine,
      store,
      log,
      settings,
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
