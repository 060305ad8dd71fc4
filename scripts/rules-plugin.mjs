// The virtual module `rollcall:rules`: every rules/*.yaml, parsed and checked at build time, so that start-up does
// neither. Shared by the bundle (rolldown) and the tests (vite).
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { parseRules } from '../src/core/rules/rule.ts';

const folder = path.join(path.dirname(path.dirname(fileURLToPath(import.meta.url))), 'rules');
const id = 'rollcall:rules';

/** The shipped rule files, sorted by name. Throws for one that is broken, with the place in it. */
export function readRules() {
  return readdirSync(folder)
    .filter(name => name.endsWith('.yaml'))
    .sort()
    .map(name => {
      const parsed = parseRules(parse(readFileSync(path.join(folder, name), 'utf8')));
      if ('fault' in parsed) throw new Error(`rules/${name}: ${parsed.fault.path.join('.')}: ${parsed.fault.reason}`);
      return { file: `rules/${name}`, entries: parsed.entries };
    });
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
