// The virtual module `rollcall:rules`: every rules/*.yaml, parsed at build time, so that start-up parses no YAML.
// Shared by the bundle (rolldown) and the tests (vite).
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

const folder = path.join(path.dirname(path.dirname(fileURLToPath(import.meta.url))), 'rules');
const id = 'rollcall:rules';

/** @returns {{file: string, content: unknown}[]} the shipped rule files as written, sorted by name */
export function readRules() {
  return readdirSync(folder)
    .filter(name => name.endsWith('.yaml'))
    .sort()
    .map(name => ({ file: name, content: parse(readFileSync(path.join(folder, name), 'utf8')) }));
}

export function rulesPlugin() {
  return {
    name: 'rollcall-rules',
    resolveId(source) {
      return source === id ? `\0${id}` : null;
    },
    load(source) {
      return source === `\0${id}` ? `export default ${JSON.stringify(readRules())};` : null;
    },
  };
}
