/** Reading the project's own source: files, their syntax trees, and what they import. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseSync, Visitor, type VisitorObject } from 'rolldown/utils';
import { root } from '../helpers/paths.ts';

/** `path` is relative to the project's root, with forward slashes. */
export type SourceFile = { readonly path: string; readonly text: string };

/** What is wrong, and where: `src/core/x.ts:12: says why`. */
export type Violation = string;

export type Rule = (file: SourceFile) => Violation[];

/** `typeOnly`: erased before the program runs (`import type`, `export type`, `import('x').T`). */
export type Import = { readonly specifier: string; readonly names: readonly string[]; readonly typeOnly: boolean; readonly offset: number };

/** Stands for the specifier of an import whose target is only known when it runs. */
export const COMPUTED = '(computed)';

const SKIPPED = new Set(['.git', 'node_modules', 'dist', 'coverage', '.vitest']);

/** Paths of the files below a folder of the project, without what git ignores. */
export function listFiles(folder = ''): string[] {
  return readdirSync(path.join(root, folder), { withFileTypes: true })
    .filter(entry => !SKIPPED.has(entry.name) && !entry.name.endsWith('.log'))
    .flatMap(entry => {
      const file = path.posix.join(folder, entry.name);
      return entry.isDirectory() ? listFiles(file) : entry.isFile() ? [file] : [];
    })
    .sort();
}

export function readSource(file: string): SourceFile {
  return { path: file, text: readFileSync(path.join(root, file), 'utf8') };
}

export function at(file: SourceFile, offset: number, message: string): Violation {
  return `${file.path}:${file.text.slice(0, offset).split('\n').length}: ${message}`;
}

const parsed = new WeakMap<SourceFile, ReturnType<typeof parseSync>>();

function parse(file: SourceFile): ReturnType<typeof parseSync> {
  const known = parsed.get(file) ?? parseSync(file.path, file.text);
  parsed.set(file, known);
  if (known.errors.length > 0) throw new Error(`${file.path} does not parse: ${known.errors[0]?.message}`);
  return known;
}

export function visit(file: SourceFile, visitor: VisitorObject): void {
  new Visitor(visitor).visit(parse(file).program);
}

export function commentsOf(file: SourceFile): ReadonlyArray<{ readonly value: string; readonly start: number }> {
  return parse(file).comments;
}

/** Everything that a module takes from another: imports, re-exports, dynamic imports and type queries. */
export function importsOf(file: SourceFile): Import[] {
  const found: Import[] = [];
  const add = (source: { readonly value: string; readonly start: number }, typeOnly: boolean, names: readonly string[] = []) =>
    found.push({ specifier: source.value, names, typeOnly, offset: source.start });
  visit(file, {
    ImportDeclaration: node => {
      const names = node.specifiers.map(entry => {
        if (entry.type !== 'ImportSpecifier') return '*';
        return entry.imported.type === 'Identifier' ? entry.imported.name : String(entry.imported.value);
      });
      add(node.source, node.importKind === 'type', names);
    },
    ExportAllDeclaration: node => add(node.source, node.exportKind === 'type'),
    ExportNamedDeclaration: node => {
      if (node.source) add(node.source, node.exportKind === 'type');
    },
    ImportExpression: node => {
      const { source } = node;
      const literal = source.type === 'Literal' && typeof source.value === 'string' ? source.value : undefined;
      add({ value: literal ?? COMPUTED, start: source.start }, false);
    },
    TSImportType: node => add(node.source, true),
  });
  return found;
}
