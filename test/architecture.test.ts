/** The house rules (DESIGN.md 3): who may import whom, and what may be said where. Each rule is first shown to be able to fail. */
import { describe, expect, it } from 'vitest';
import {
  filesAreShort,
  nothingLeftToDo,
  oneRouter,
  processAtTheEdge,
  sqlInItsPlace,
  timeIsHandedIn,
  typesAreKept,
} from './architecture/code-rules.ts';
import { importRule } from './architecture/imports.ts';
import { listFiles, type Rule, readSource } from './architecture/source.ts';
import { noMachinePath, noRegistry } from './architecture/text-rules.ts';

const files = listFiles();
const program = files.filter(file => /^(src|screens)\/.*\.tsx?$/.test(file));
const typescript = files.filter(file => /\.tsx?$/.test(file) && !file.endsWith('.d.ts'));
const scripts = files.filter(file => /^scripts\/.*\.mjs$/.test(file));
const text = files.filter(file => /(^|\/)(bin\/\w+|\.ci\/run|\.npmrc|\.gitignore)$|\.(tsx?|m[jt]s|json|md|ya?ml|sql|sh|txt)$/.test(file));

/** `breaks` and `keeps`: `[path, text]` of a file that must, and one that must not, be found. */
type Case = {
  readonly rule: Rule;
  readonly says: string;
  readonly files: readonly string[];
  readonly breaks: ReadonlyArray<readonly [path: string, text: string]>;
  readonly keeps: ReadonlyArray<readonly [path: string, text: string]>;
};

const cases: readonly Case[] = [
  {
    rule: importRule,
    says: 'modules import only what their part of the program may know',
    files: program,
    breaks: [
      ['src/core/x.ts', "import type { Engine } from '../engine/api.ts';"],
      ['src/core/x.ts', "import { readFileSync } from 'node:fs';"],
      ['src/core/x.ts', "import { connect, isIP } from 'node:net';"],
      ['src/core/x.ts', "import * as net from 'node:net';"],
      ['src/core/x.ts', "import { Agent } from 'undici';"],
      ['src/engine/x.ts', "export * from '../state/index.ts';"],
      ['src/engine/x.ts', "const fleet = await import('../connectors/fleet/index.ts');"],
      ['src/engine/x.ts', "const module = await import('../connectors/' + name);"],
      ['src/engine/x.ts', "import { Text } from 'ink';"],
      ['src/state/x.ts', "type E = import('../engine/api.ts').Engine;"],
      ['src/connectors/fleet/x.ts', "import { normalise } from '../osctrl/normalise.ts';"],
      ['src/connectors/retry.ts', "import { api } from './fleet/api.ts';"],
      ['src/agent/x.ts', "import { lab } from '../lab/lab.ts';"],
      ['src/lab/x.ts', "import { serve } from '../connectors/direct/server.ts';"],
      ['src/ui/x.tsx', "import { createEngine } from '../engine/engine.ts';"],
      ['src/ui/x.tsx', "import { type Engine } from '../engine/api.ts';"],
      ['src/ui/x.tsx', "import { wire } from '../cli/wire.ts';"],
      ['src/ui/x.tsx', "import { http } from '../adapters/http.ts';"],
      ['src/ui/x.tsx', "import { readFileSync } from 'node:fs';"],
      ['screens/feed/index.tsx', "import { select } from '../hosts/select.ts';"],
      ['screens/feed/index.tsx', "import { screens } from '../index.tsx';"],
      ['src/cli/x.ts', "import { startRollcall } from '../../test/helpers/pty.ts';"],
      ['src/elsewhere/x.ts', 'export const x = 1;'],
    ],
    keeps: [
      ['src/core/x.ts', "import { createHash } from 'node:crypto';\nimport { z } from 'zod';\nexport { y } from './y.ts';"],
      ['screens/pivot/x.ts', "import { isIP } from 'node:net';"],
      ['src/connectors/index.ts', "import { fleet } from './fleet/index.ts';"],
      [
        'src/connectors/fleet/api.ts',
        "import { retry } from '../retry.ts';\nimport { clean } from '../../core/sanitize.ts';\nimport './shapes.ts';",
      ],
      ['src/lab/x.ts', "import { client } from '../agent/client.ts';"],
      ['src/ui/x.tsx', "import type { Engine } from '../engine/api.ts';\nimport { Text } from 'ink';"],
      ['screens/index.tsx', "import { feed } from './feed/index.tsx';"],
      ['screens/feed/index.tsx', "import { Row } from './row.tsx';\nimport { useStore } from '../../src/ui/use-store.ts';"],
      ['src/cli/wire.ts', "import { screens } from '../../screens/index.tsx';\nimport { Agent } from 'undici';"],
    ],
  },
  {
    rule: oneRouter,
    says: 'only the key router listens to keys',
    files: program,
    breaks: [
      ['screens/feed/index.tsx', "import { useInput } from 'ink';"],
      ['src/ui/Shell.tsx', "import * as ink from 'ink';\nink.useInput(() => undefined);"],
    ],
    keeps: [
      ['src/ui/keys/router.tsx', "import { useInput } from 'ink';\nuseInput(() => undefined);"],
      ['src/ui/TextField.tsx', "import TextInput from 'ink-text-input';"],
    ],
  },
  {
    rule: sqlInItsPlace,
    says: 'SQL text stands only where SQL is made, stored or answered',
    files: program,
    breaks: [
      ['src/engine/x.ts', "const sql = 'SELECT pid FROM processes';"],
      ['screens/launch/x.ts', ['const sql = `\n  SELECT $', '{columns} FROM t`;'].join('')],
      ['src/cli/x.ts', "const sql = 'select * from users where uid = 0';"],
      ['src/adapters/x.ts', "db.exec('PRAGMA user_version = 2');"],
      ['src/adapters/x.ts', "db.exec('CREATE TABLE t (a)');"],
      ['src/state/x.ts', "const sql = 'WITH a AS (SELECT 1) SELECT * FROM a';"],
      ['src/state/x.ts', "const sql = 'UPDATE runs SET phase = 1';"],
      ['src/state/x.ts', "const sql = 'INSERT OR IGNORE INTO t VALUES (1)';"],
      ['src/state/x.ts', "const sql = 'DELETE FROM runs';"],
    ],
    keeps: [
      ['src/adapters/sqlite-store.ts', "db.exec('CREATE TABLE t (a)');"],
      ['src/agent/sql.ts', "const sql = 'SELECT * FROM t';"],
      ['screens/hosts/x.ts', "const title = 'Select hosts from the list';\nconst keyword = 'SELECT';\nconst more = 'Update the list';"],
    ],
  },
  {
    rule: processAtTheEdge,
    says: 'only the edge prints, exits and reads the environment',
    files: program,
    breaks: [
      ['src/engine/x.ts', "console.error('x');"],
      ['src/ui/x.tsx', 'process.exit(1);'],
      ['src/connectors/fleet/x.ts', "const home = process.env['HOME'];"],
      ['src/agent/x.ts', "import { env } from 'node:process';"],
      ['src/agent/x.ts', 'const { env } = process;'],
    ],
    keeps: [
      ['src/main.tsx', 'process.exit(1);'],
      ['src/cli/x.ts', 'console.log(process.env.HOME);'],
      ['src/adapters/x.ts', 'const { env } = process;'],
      ['src/agent/x.ts', 'const { pid } = process;'],
    ],
  },
  {
    rule: timeIsHandedIn,
    says: 'core, engine and state have no clock of their own',
    files: program,
    breaks: [
      ['src/core/x.ts', 'const now = Date.now();'],
      ['src/core/x.ts', 'const now = new Date();'],
      ['src/engine/x.ts', 'setTimeout(() => undefined, 1);'],
      ['src/engine/x.ts', "import { setTimeout } from 'node:timers/promises';"],
      ['src/engine/x.ts', 'const signal = AbortSignal.timeout(5);'],
      ['src/state/x.ts', 'globalThis.setInterval(() => undefined, 1);'],
      ['src/state/x.ts', 'const t = performance.now();'],
    ],
    keeps: [
      ['src/core/x.ts', 'export const iso = (at: number) => new Date(at).toISOString();'],
      ['src/engine/x.ts', 'const now = clock.now();'],
      ['src/adapters/clock.ts', 'const now = Date.now();'],
    ],
  },
  {
    rule: typesAreKept,
    says: 'the type checker is neither told `any` nor told to look away',
    files: typescript,
    breaks: [
      ['src/core/x.ts', 'export const x = (y: any) => y;'],
      ['test/x.test.ts', 'const x = JSON.parse("1") as any;'],
      ['src/core/x.ts', '// @ts-ignore\nexport const x = 1;'],
    ],
    keeps: [['src/core/x.ts', '// any\nexport const any = (y: unknown) => y;']],
  },
  {
    rule: nothingLeftToDo,
    says: 'no comment says that something is left to do',
    files: [...typescript, ...scripts],
    breaks: [['src/core/x.ts', '// TODO: later\nexport const x = 1;']],
    keeps: [['src/core/x.ts', "export const x = 'TODO';"]],
  },
  {
    rule: filesAreShort,
    says: 'files are short',
    files: [...typescript, ...scripts],
    breaks: [['src/core/x.ts', '\n'.repeat(401)]],
    keeps: [['src/core/x.ts', '\n'.repeat(400)]],
  },
  {
    rule: noRegistry,
    says: 'no file says where packages come from',
    files: text,
    breaks: [
      ['README.md', `npm config set registry https://${['registry', 'npmjs', 'org'].join('.')}/`],
      ['package-lock.json', `{ ${['"resolved":', '"https://example.com/a.tgz"'].join(' ')} }`],
    ],
    keeps: [['package-lock.json', '{ "integrity": "sha512-x" }']],
  },
  {
    rule: noMachinePath,
    says: 'no file holds a path of the machine that it was written on',
    files: text,
    breaks: [
      ['README.md', `cd ${['', 'work', 'x'].join('/')}`],
      ['test/x.test.ts', `import '${['', 'work', 'x.ts'].join('/')}';`],
      ['bin/rollcall', `node=${['', 'root', 'bin', 'node'].join('/')}`],
      ['README.md', `ls ${['', 'home', 'mia', 'x'].join('/')}`],
    ],
    keeps: [
      ['templates/x/sample.json', `[{"path": "${['', 'root', '.bashrc'].join('/')}"}]`],
      ['README.md', 'see docs/work/x and ~/work/'],
    ],
  },
];

describe.each(cases)('$says', ({ rule, files: checked, breaks, keeps }) => {
  it.each(breaks)('finds the fault in sample %#, %s', (path, sample) => {
    expect(rule({ path, text: sample })).not.toEqual([]);
  });

  it.each(keeps)('leaves sample %#, %s, alone', (path, sample) => {
    expect(rule({ path, text: sample })).toEqual([]);
  });

  it('holds in the project', () => {
    expect(checked.length).toBeGreaterThan(0);
    expect(checked.flatMap(file => rule(readSource(file)))).toEqual([]);
  });
});

describe('a template is a folder of data', () => {
  const names = new Set(files.filter(file => file.startsWith('templates/')).map(file => file.split('/')[1]));

  it.each([...names])('%s holds template.yaml, query.sql and sample.json, and nothing else', name => {
    const held = files.filter(file => file.startsWith(`templates/${name}/`)).map(file => file.slice(`templates/${name}/`.length));
    expect(held).toEqual(['query.sql', 'sample.json', 'template.yaml']);
  });

  it('there are templates', () => {
    expect(names.size).toBeGreaterThanOrEqual(6);
  });
});
