/** Templates of this site: `<config-dir>/templates/<name>/`, each a folder like the shipped ones. `sample.json` may be left out. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import type { SiteTemplate } from '../core/allowlist.ts';
import { clean } from '../core/sanitize.ts';
import { siteTemplateFault } from '../core/site-template.ts';
import { parseTemplate, type Template } from '../core/template.ts';
import { openPreparer, type Preparer } from './sqlite-prepare.ts';

const MAX_BYTES = 2 ** 18;
const NAME = /^[a-z][a-z0-9_]{0,63}$/;

const isMissing = (thrown: unknown): boolean => thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT';

function readText(file: string): string {
  if (statSync(file).size > MAX_BYTES) throw new Error(`it is larger than ${MAX_BYTES / 1024} KiB`);
  return readFileSync(file, 'utf8');
}

function readSample(file: string): unknown {
  try {
    return JSON.parse(readText(file));
  } catch (thrown) {
    if (isMissing(thrown)) return [];
    throw thrown;
  }
}

/** What is wrong with a file of the folder, in one line. */
function wordsOf(thrown: unknown): string {
  if (thrown instanceof z.ZodError) {
    const [issue] = thrown.issues;
    return `template.yaml: ${issue?.path.map(String).join('.') || 'it'}: ${issue?.message}`;
  }
  return thrown instanceof Error ? thrown.message : String(thrown);
}

function readFolder(folder: string, name: string): Template | { readonly broken: string } {
  let at = 'template.yaml';
  try {
    if (!NAME.test(name)) return { broken: 'its name must be small letters, digits and _, a letter first' };
    const meta: unknown = parse(readText(path.join(folder, at)), { maxAliasCount: 100, prettyErrors: false });
    at = 'query.sql';
    const sql = readText(path.join(folder, at));
    at = 'sample.json';
    const sample = readSample(path.join(folder, at));
    return parseTemplate({ name, meta, sql, sample });
  } catch (thrown) {
    const words = wordsOf(thrown);
    return { broken: clean(thrown instanceof z.ZodError ? words : `${at}: ${words}`, 300) };
  }
}

function readOne(folder: string, name: string, preparer: Preparer): SiteTemplate {
  const template = readFolder(folder, name);
  if ('broken' in template) return { name: clean(name, 80), template: undefined, broken: template.broken };
  const broken = siteTemplateFault(template) ?? preparer.fault(template);
  return { name, template, ...(broken === undefined ? {} : { broken }) };
}

function foldersOf(directory: string): string[] {
  try {
    const entries = readdirSync(directory, { withFileTypes: true });
    return entries
      .filter(entry => !entry.name.startsWith('.') && (entry.isDirectory() || entry.isSymbolicLink()))
      .map(({ name }) => name)
      .sort();
  } catch (thrown) {
    if (isMissing(thrown)) return [];
    throw thrown;
  }
}

/** Reads and checks all templates of the site; none when there is no such directory. What is off with one is told in `broken`. */
export async function readSiteTemplates(configDir: string): Promise<readonly SiteTemplate[]> {
  const directory = path.join(configDir, 'templates');
  const names = foldersOf(directory);
  if (names.length === 0) return [];
  const preparer = await openPreparer();
  try {
    return names.map(name => readOne(path.join(directory, name), name, preparer));
  } finally {
    preparer.close();
  }
}
