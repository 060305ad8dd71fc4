/** Who may import whom. */
import path from 'node:path';
import { at, COMPUTED, type Import, importsOf, type Rule, type SourceFile } from './source.ts';

const EVERYTHING = ['src', 'screens', 'package.json'];
const PURE_BUILTINS = ['node:buffer', 'node:crypto', 'node:path', 'node:url', 'node:util'];
/** The functions of an impure built-in that touch nothing. */
const PURE_NAMES: Readonly<Record<string, readonly string[]>> = { 'node:net': ['BlockList', 'isIP', 'isIPv4', 'isIPv6'] };
const UI_PACKAGES = ['react', 'ink', 'ink-text-input', 'ink-table'];
const UI = { packages: [...UI_PACKAGES, 'fuzzysort', 'string-width', 'zod'], builtins: [...PURE_BUILTINS, 'node:events', 'node:stream'] };

/**
 * One part of the program. `folders` are paths whose modules it may import, `types` those of which it may import types
 * only. Without `packages` and `builtins` it may use any that are not for screens.
 */
type Layer = {
  readonly name: string;
  readonly path: RegExp;
  readonly folders: readonly string[];
  readonly types?: readonly string[];
  readonly packages?: readonly string[];
  readonly builtins?: readonly string[];
};

/** The first layer whose path matches is the file's. `$1` in a folder is what the path's first group matched. */
const LAYERS: readonly Layer[] = [
  { name: 'core', path: /^src\/core\//, folders: ['src/core'], packages: ['leven', 'zod'], builtins: PURE_BUILTINS },
  { name: 'the list of connectors', path: /^src\/connectors\/index\.ts$/, folders: ['src/connectors', 'src/core'] },
  { name: 'what connectors share', path: /^src\/connectors\/[^/]+$/, folders: ['src/core', 'src/connectors/*'] },
  { name: 'a connector', path: /^src\/connectors\/([^/]+)\//, folders: ['src/core', 'src/connectors/*', 'src/connectors/$1'] },
  { name: 'adapters', path: /^src\/adapters\//, folders: ['src/core', 'src/adapters'] },
  { name: 'the engine', path: /^src\/engine\//, folders: ['src/core', 'src/engine'] },
  { name: 'state', path: /^src\/state\//, folders: ['src/core', 'src/state'] },
  { name: 'the agent', path: /^src\/agent\//, folders: ['src/core', 'src/agent'] },
  { name: 'the lab', path: /^src\/lab\//, folders: ['src/core', 'src/agent', 'src/lab'] },
  { name: 'ui', path: /^src\/ui\//, folders: ['src/core', 'src/state', 'src/ui'], types: ['src/engine'], ...UI },
  {
    name: 'the list of screens',
    path: /^screens\/[^/]+$/,
    folders: ['src/core', 'src/state', 'src/ui', 'screens'],
    types: ['src/engine'],
    ...UI,
  },
  {
    name: 'a screen',
    path: /^screens\/([^/]+)\//,
    folders: ['src/core', 'src/state', 'src/ui', 'screens/$1'],
    types: ['src/engine'],
    ...UI,
  },
  { name: 'cli', path: /^src\/cli\//, folders: EVERYTHING, packages: ['*'] },
  { name: 'main', path: /^src\/[^/]+$/, folders: EVERYTHING, packages: ['*'] },
];

/** `folder/*` stands for the files directly in the folder. */
function inside(target: string, folder: string): boolean {
  if (folder.endsWith('/*')) return path.posix.dirname(target) === folder.slice(0, -2);
  return target === folder || target.startsWith(`${folder}/`);
}

function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function isPure({ specifier, names }: Import): boolean {
  const pure = PURE_NAMES[specifier];
  return pure !== undefined && names.length > 0 && names.every(name => pure.includes(name));
}

function allowsPackage(layer: Layer, used: Import): boolean {
  const { specifier } = used;
  if (specifier === COMPUTED) return layer.folders === EVERYTHING;
  const name = packageName(specifier);
  if (name.startsWith('node:')) return layer.builtins === undefined || layer.builtins.includes(specifier) || isPure(used);
  return layer.packages ? layer.packages.includes('*') || layer.packages.includes(name) : !UI_PACKAGES.includes(name);
}

function allowsFile(layer: Layer, target: string, typeOnly: boolean, group: string): boolean {
  const within = (folders: readonly string[]) => folders.some(folder => inside(target, folder.replace('$1', group)));
  return within(layer.folders) || (typeOnly && within(layer.types ?? []));
}

/** Imports that DESIGN.md, section 3, does not allow. A file of no known part may import nothing of the project. */
export const importRule: Rule = (file: SourceFile) => {
  const layer = LAYERS.find(candidate => candidate.path.test(file.path));
  if (!layer) return [`${file.path}: belongs to no part of the program: place it, or add its part to the import rules`];
  const group = layer.path.exec(file.path)?.[1] ?? '';
  return importsOf(file).flatMap(used => {
    const relative = used.specifier.startsWith('.');
    const target = path.posix.join(path.posix.dirname(file.path), used.specifier);
    const allowed = relative ? allowsFile(layer, target, used.typeOnly, group) : allowsPackage(layer, used);
    const what = `${used.typeOnly ? 'types of ' : ''}${relative ? target : used.specifier}`;
    return allowed ? [] : [at(file, used.offset, `${layer.name} may not import ${what}`)];
  });
};
