/** Rule files of this site, read from `<config-dir>/rules/*.yaml`. A broken one is told of with its line; the others go on. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { type Document, isNode, LineCounter, parseDocument } from 'yaml';
import { parseRules, type RuleEntry, type RuleFault } from '../core/rules/rule.ts';
import { clean } from '../core/sanitize.ts';

/** `line` counts from 1. */
export type BrokenRules = { readonly file: string; readonly line: number; readonly reason: string };
export type RuleFile = { readonly file: string; readonly entries: readonly RuleEntry[] };

const MAX_BYTES = 2 ** 20;

/** The line of the deepest part of the path that stands in the document. */
function lineOf(document: Document, lines: LineCounter, path: RuleFault['path']): number {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const node: unknown = document.getIn(path.slice(0, depth), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}

function where(path: RuleFault['path']): string {
  const keys = path.slice(1).join('.');
  return keys === '' ? '' : `${keys}: `;
}

const broken = (file: string, line: number, reason: string): BrokenRules => ({ file, line, reason: clean(reason, 300) });

/** Reads one file. Never throws: what cannot be read or understood comes back as broken. */
export function readRuleFile(file: string): RuleFile | BrokenRules {
  try {
    if (statSync(file).size > MAX_BYTES) return broken(file, 1, `it is larger than ${MAX_BYTES / 1024} KiB`);
    const lines = new LineCounter();
    const document = parseDocument(readFileSync(file, 'utf8'), { lineCounter: lines, prettyErrors: false });
    const [error] = document.errors;
    if (error) return broken(file, lines.linePos(error.pos[0]).line, error.message);
    const parsed = parseRules(document.toJS({ maxAliasCount: 100 }));
    if ('entries' in parsed) return { file, entries: parsed.entries };
    const { path: at, reason } = parsed.fault;
    return broken(file, lineOf(document, lines, at), `${where(at)}${reason}`);
  } catch (thrown) {
    return broken(file, 1, thrown instanceof Error ? thrown.message : String(thrown));
  }
}

/** All rule files of the directory, by name; none when there is no such directory. */
export function readSiteRules(configDir: string): { readonly files: readonly RuleFile[]; readonly broken: readonly BrokenRules[] } {
  const folder = path.join(configDir, 'rules');
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return { files: [], broken: [] };
    return { files: [], broken: [broken(folder, 1, thrown instanceof Error ? thrown.message : String(thrown))] };
  }
  const read = names
    .filter(name => /\.ya?ml$/.test(name))
    .sort()
    .map(name => readRuleFile(path.join(folder, name)));
  return {
    files: read.filter(result => 'entries' in result),
    broken: read.filter(result => 'reason' in result),
  };
}

/** `rules/x.yaml:12: reason`, for messages. */
export const brokenLine = ({ file, line, reason }: BrokenRules): string => `${file}:${line}: ${reason}`;
