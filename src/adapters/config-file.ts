/**
 * The settings file, `config.json` in the config directory: the sources, and where their secrets are, never the secrets.
 * A file that cannot be understood is told of by field and left as it is.
 */
import { chmodSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { z } from 'zod';
import { Problem } from '../core/problem.ts';
import { clean } from '../core/sanitize.ts';
import type { ForwardTarget } from './forward.ts';
import type { SecretPlace } from './secrets.ts';
import {
  type AlarmSettings,
  type Retention,
  retentionOf,
  type SecretsPlace,
  type Shape,
  settingsShape,
  type sourceEntry,
} from './settings-shape.ts';

export type { Retention, SecretsPlace };

const SOURCE_NAME = /^[A-Za-z][A-Za-z0-9._-]{0,63}$/;

export type SourceSettings = {
  readonly name: string;
  readonly kind: z.infer<typeof sourceEntry>['kind'];
  readonly secret: SecretPlace | undefined;
  readonly caFile: string | undefined;
  readonly insecure: boolean;
  /** The connector's own settings, snake_case, as written; not yet checked. */
  readonly own: Readonly<Record<string, unknown>>;
};

export interface SettingsFile {
  readonly path: string;
  /** The sources in the order of the file; none when there is no file. Throws a 'usage' Problem that names file and field. */
  sources(): readonly SourceSettings[];
  /** Where events are forwarded to. Throws as `sources` does. */
  forward(): readonly ForwardTarget[];
  /** Throws as `sources` does. */
  secrets(): SecretsPlace | undefined;
  /** Throws as `sources` does. */
  alarm(): AlarmSettings;
  setAlarm(alarm: AlarmSettings): Promise<void>;
  /** What may be taken away by itself; nothing when undefined. Throws as `sources` does. */
  retention(): Retention | undefined;
  /** Throws a 'usage' Problem when the name is taken or is none. */
  add(source: SourceSettings): Promise<void>;
  /** Throws a 'usage' Problem when there is no such source. */
  remove(name: string): Promise<void>;
}

/** A 'usage' Problem for a field of the settings file. */
export function settingsProblem(file: string, field: readonly PropertyKey[], what: string): Problem {
  const where = field.length > 0 ? ` at ${field.map(part => clean(String(part), 80)).join('.')}` : '';
  return new Problem('usage', `The settings file ${file} is off${where}: ${clean(what, 300)}. Mend it by hand; it was left as it is.`);
}

/** The first issue of a failed check, as a Problem. `prefix`: where in the file the checked value stands. */
export function settingsIssue(file: string, error: z.ZodError, prefix: readonly PropertyKey[] = []): Problem {
  const issue = error.issues[0];
  return settingsProblem(file, [...prefix, ...(issue?.path ?? [])], issue?.message ?? 'it is not understood');
}

function fromEntry(name: string, { kind, secret, ca_file, insecure, ...own }: z.infer<typeof sourceEntry>): SourceSettings {
  return { name, kind, secret, caFile: ca_file, insecure: insecure ?? false, own };
}

function toEntry({ kind, secret, caFile, insecure, own }: SourceSettings): z.infer<typeof sourceEntry> {
  return { kind, ...own, ...(secret && { secret }), ...(caFile && { ca_file: caFile }), ...(insecure && { insecure }) };
}

/** Also those that a schema would pass over in silence, such as `__proto__`. */
function namesIn(value: unknown): string[] {
  const sources = typeof value === 'object' && value !== null && 'sources' in value ? value.sources : undefined;
  return typeof sources === 'object' && sources !== null ? Object.keys(sources) : [];
}

function parse(file: string, text: string): Shape {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw settingsProblem(file, [], `it is no JSON (${error instanceof Error ? error.message : String(error)})`);
  }
  const misnamed = namesIn(value).find(name => !SOURCE_NAME.test(name));
  if (misnamed !== undefined) throw settingsProblem(file, ['sources', misnamed], 'this is no name for a source');
  const parsed = settingsShape.safeParse(value);
  if (!parsed.success) throw settingsIssue(file, parsed.error);
  return parsed.data;
}

function fileProblem(file: string, error: unknown): unknown {
  if (error instanceof Problem || !(error instanceof Error) || !('code' in error)) return error;
  return new Problem(
    'usage',
    `The settings file ${file} cannot be used (${error.message}). Mend its rights, or choose another directory with --config-dir.`,
    {
      cause: error,
    },
  );
}

const SIGNALS = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGUSR2'] as const;

/**
 * conf writes the file in one move. It is loaded by the first that writes, and its listeners for signals are taken off
 * again: on an interrupt they would signal this process once more, in the middle of its own good end.
 */
async function loadConf() {
  const before = new Map(SIGNALS.map(signal => [signal, process.listeners(signal)]));
  const { default: Conf } = await import('conf');
  for (const [signal, known] of before) {
    for (const listener of process.listeners(signal)) if (!known.includes(listener)) process.removeListener(signal, listener);
  }
  return Conf;
}

/** Opens the settings in `dir`, which is made (0700) with the first source that is added. The file is 0600. */
export function openSettings(dir: string): SettingsFile {
  const file = path.join(dir, 'config.json');
  const readAll = (): Shape => {
    try {
      return parse(file, readFileSync(file, 'utf8'));
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { sources: {} };
      throw fileProblem(file, error);
    }
  };
  const read = () => readAll().sources;
  const write = async (change: Partial<Shape>) => {
    const Conf = await loadConf();
    try {
      mkdirSync(dir, { recursive: true, mode: 0o700 });
      if (statSync(file, { throwIfNoEntry: false })) chmodSync(file, 0o600);
      const conf = new Conf<Shape>({
        cwd: dir,
        configName: 'config',
        projectName: 'rollcall',
        accessPropertiesByDotNotation: false,
        clearInvalidConfig: false,
        configFileMode: 0o600,
        deserialize: text => parse(file, text),
        serialize: value => `${JSON.stringify(value, null, 2)}\n`,
      });
      conf.set(change);
    } catch (error) {
      throw fileProblem(file, error);
    }
  };

  return {
    path: file,
    forward: () => readAll().forward ?? [],
    sources: () => Object.entries(read()).map(([name, entry]) => fromEntry(name, entry)),
    secrets: () => readAll().secrets,
    alarm: () => readAll().alarm ?? { bell: false, title: false },
    setAlarm: settings => write({ alarm: settings }),
    retention: () => retentionOf(readAll()),
    async add(source) {
      const known = read();
      if (!SOURCE_NAME.test(source.name)) {
        const name = clean(source.name, 80);
        throw new Problem('usage', `'${name}' is no name for a source. Take letters, digits, '.', '_' and '-', a letter first.`);
      }
      if (Object.hasOwn(known, source.name)) {
        throw new Problem('usage', `There is a source '${source.name}' already. Remove it first, or take another name.`);
      }
      await write({ sources: { ...known, [source.name]: toEntry(source) } });
    },
    async remove(name) {
      const { [name]: removed, ...kept } = read();
      if (!removed)
        throw new Problem('usage', `There is no source '${clean(name, 80)}'. Known: ${Object.keys(kept).join(', ') || 'none'}.`);
      await write({ sources: kept });
    },
  };
}
