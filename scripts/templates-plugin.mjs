// The virtual module `rollcall:templates`: every templates/<id>/ folder, read and parsed at build time,
// so that start-up parses no YAML. Shared by the bundle (rolldown) and the tests (vite).
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

const folder = path.join(path.dirname(path.dirname(fileURLToPath(import.meta.url))), 'templates');
const id = 'rollcall:templates';

/** @returns {{name: string, meta: unknown, sql: string, sample: unknown}[]} the shipped templates as written, sorted by name */
export function readTemplates() {
  return readdirSync(folder, { withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .map(entry => entry.name)
    .sort()
    .map(name => {
      const read = file => readFileSync(path.join(folder, name, file), 'utf8');
      return { name, meta: parse(read('template.yaml')), sql: read('query.sql'), sample: JSON.parse(read('sample.json')) };
    });
}

export function templatesPlugin() {
  return {
    name: 'rollcall-templates',
    resolveId(source) {
      return source === id ? `\0${id}` : null;
    },
    load(source) {
      return source === `\0${id}` ? `export default ${JSON.stringify(readTemplates())};` : null;
    },
  };
}
