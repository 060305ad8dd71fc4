/**
 * The settings file, `config.json` in the config directory: the sources, and where their secrets are, never the secrets.
 * A file that cannot be understood is told of by field and left as it is.
 */
import { chmodSync, mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import Conf from 'conf';
import { z } from 'zod';
import { Problem } from '../core/problem.ts';
import { clean } from '../core/sanitize.ts';
import type { SecretPlace } from './secrets.ts';

const SOURCE_NAME = /^[A-Za-z][A-Za-z0-9._-]{0,63}$/;

const secretPlace = z.union(
  [z.strictObject({ env: z.string().min(1) }), z.strictObject({ file: z.string().min(1) }), z.strictObject({ command: z.string().min(1) })],
  { error: 'must be one of {"env": NAME}, {"file": PATH}, {"command": COMMAND}' },
);

/** What every source has. All other keys are the connector's own, checked by its `settings` schema. */
const sourceEntry = z.looseObject({
  kind: z.enum(['osctrl', 'fleetdm', 'direct']),
  secret: secretPlace.optional(),
  ca_file: z.string().min(1).optional(),
  insecure: z.boolean().optional(),
});

const settingsShape = z.strictObject({
  sources: z.record(z.string().regex(SOURCE_NAME, 'is no name for a source'), sourceEntry).default({}),
});

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
  /** Throws a 'usage' Problem when the name is taken or is none. */
  add(source: SourceSettings): void;
  /** Throws a 'usage' Problem when there is no such source. */
  remove(name: string): void;
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

type Shape = z.infer<typeof settingsShape>;

function fromEntry(name: string, { kind, secret, ca_file, insecure, ...own }: z.infer<typeof sourceEntry>): SourceSettings {
  return { name, kind, secret, caFile: ca_file, insecure: insecure ?? false, own };
}

function toEntry({ kind, secret, caFile, insecure, own }: SourceSettings): z.infer<typeof sourceEntry> {
  return { kind, ...own, ...(secret && { secret }), ...(caFile && { ca_file: caFile }), ...(insecure && { insecure }) };
}

function parse(file: string, text: string): Shape {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw settingsProblem(file, [], `it is no JSON (${error instanceof Error ? error.message : String(error)})`);
  }
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

/** Opens the settings in `dir`, which is made (0700) with the first source that is added. The file is 0600. */
export function openSettings(dir: string): SettingsFile {
  const file = path.join(dir, 'config.json');
  const guarded = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw fileProblem(file, error);
    }
  };
  const open = () =>
    new Conf<Shape>({
      cwd: dir,
      configName: 'config',
      projectName: 'rollcall',
      accessPropertiesByDotNotation: false,
      clearInvalidConfig: false,
      configFileMode: 0o600,
      deserialize: text => parse(file, text),
      serialize: value => `${JSON.stringify(value, null, 2)}\n`,
    });
  const read = (): Shape['sources'] => guarded(() => open().get('sources', {}));
  const write = (sources: Shape['sources']) =>
    guarded(() => {
      mkdirSync(dir, { recursive: true, mode: 0o700 });
      if (statSync(file, { throwIfNoEntry: false })) chmodSync(file, 0o600);
      open().set('sources', sources);
    });

  return {
    path: file,
    sources: () => Object.entries(read()).map(([name, entry]) => fromEntry(name, entry)),
    add(source) {
      const known = read();
      if (!SOURCE_NAME.test(source.name)) {
        throw new Problem(
          'usage',
          `'${clean(source.name, 80)}' is no name for a source. Take letters, digits, '.', '_' and '-', a letter first.`,
        );
      }
      if (Object.hasOwn(known, source.name)) {
        throw new Problem('usage', `There is a source '${source.name}' already. Remove it first, or take another name.`);
      }
      write({ ...known, [source.name]: toEntry(source) });
    },
    remove(name) {
      const { [name]: removed, ...kept } = read();
      if (!removed)
        throw new Problem('usage', `There is no source '${clean(name, 80)}'. Known: ${Object.keys(kept).join(', ') || 'none'}.`);
      write(kept);
    },
  };
}
