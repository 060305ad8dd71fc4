/** The way in: `bin/rollcall`, and the scripts behind `npm start` and `npm test`, in a checkout made for the test. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, realpathSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryDirectory } from './helpers/directories.ts';
import { root } from './helpers/paths.ts';

const node = process.execPath;
const bundled = `node-${process.platform}-${process.arch}`;

let checkout: string;
const children: ChildProcess[] = [];

function write(file: string, text: string): void {
  mkdirSync(path.dirname(path.join(checkout, file)), { recursive: true });
  writeFileSync(path.join(checkout, file), text);
}

function copy(file: string): void {
  cpSync(path.join(root, file), path.join(checkout, file), { recursive: true });
}

/** A stand-in for the pinned Node: an executable at the place where the package has it. */
function installNode(modules = path.join(checkout, 'node_modules')): void {
  mkdirSync(path.join(modules, bundled, 'bin'), { recursive: true });
  symlinkSync(node, path.join(modules, bundled, 'bin/node'));
}

/** Says how it was started, or ends as its first argument tells. */
const PROGRAM = `
const [how, code] = process.argv.slice(2);
if (how === 'exit') process.exit(Number(code));
if (how === 'wait') setInterval(() => {}, 1000);
console.log(JSON.stringify({ args: process.argv.slice(2), pid: process.pid, ppid: process.ppid, cwd: process.cwd() }));
`;

type Start = { readonly args: string[]; readonly pid: number; readonly ppid: number; readonly cwd: string };

function rollcall(args: readonly string[], { file = path.join(checkout, 'bin/rollcall'), cwd = '/', env = process.env } = {}) {
  const { pid, status, stdout, stderr } = spawnSync(file, args, { cwd, env, encoding: 'utf8' });
  return { pid, status, stdout, stderr, start: stdout.startsWith('{') ? (JSON.parse(stdout) as Start) : undefined };
}

beforeEach(() => {
  checkout = path.join(realpathSync(temporaryDirectory()), 'a checkout');
  copy('bin');
  copy('scripts');
  write('dist/main.js', PROGRAM);
});

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

describe('bin/rollcall', () => {
  beforeEach(() => installNode());

  it('runs from any directory, and stays in it', () => {
    const elsewhere = realpathSync(temporaryDirectory());
    expect(rollcall([], { cwd: elsewhere }).start?.cwd).toBe(elsewhere);
    expect(rollcall([], { cwd: path.join(checkout, 'bin'), file: './rollcall' }).status).toBe(0);
  });

  it('runs through links, relative and absolute ones, one after the other', () => {
    const elsewhere = temporaryDirectory();
    symlinkSync(path.join(checkout, 'bin/rollcall'), path.join(elsewhere, 'absolute'));
    symlinkSync('absolute', path.join(elsewhere, 'relative'));
    expect(rollcall(['x'], { file: path.join(elsewhere, 'relative') }).start?.args).toEqual(['x']);
    expect(rollcall(['x'], { file: './relative', cwd: elsewhere }).start?.args).toEqual(['x']);
  });

  it('is found on PATH like any command', () => {
    const env = { PATH: `${path.join(checkout, 'bin')}:/usr/bin:/bin` };
    expect(spawnSync('rollcall', ['x'], { env, encoding: 'utf8' }).stdout).toContain('"args":["x"]');
  });

  it('runs where it is installed as a package, with Node beside it', () => {
    const modules = path.join(temporaryDirectory(), 'node_modules');
    for (const part of ['bin', 'dist']) cpSync(path.join(checkout, part), path.join(modules, 'rollcall', part), { recursive: true });
    installNode(modules);
    mkdirSync(path.join(modules, '.bin'));
    symlinkSync('../rollcall/bin/rollcall', path.join(modules, '.bin/rollcall'));
    expect(rollcall(['x'], { file: path.join(modules, '.bin/rollcall') }).start?.args).toEqual(['x']);
  });

  it('becomes the pinned Node: no second process stands between the caller and rollcall', () => {
    const { pid, start } = rollcall([]);
    expect(start?.pid).toBe(pid);
    expect(start?.ppid).toBe(process.pid);
  });

  it('hands arguments over as they are', () => {
    const args = ['a b', "it's", '"', '$HOME', '*', '', '--', '-n'];
    expect(rollcall(args).start?.args).toEqual(args);
  });

  it.each([0, 3, 130])('ends with the exit code of rollcall: %i', code => {
    expect(rollcall(['exit', String(code)]).status).toBe(code);
  });
});

describe('without a bundled Node', () => {
  it('bin/rollcall says what to do when there is no Node at all', () => {
    const tools = temporaryDirectory();
    symlinkSync(spawnSync('sh', ['-c', 'command -v uname'], { encoding: 'utf8' }).stdout.trim(), path.join(tools, 'uname'));
    const { status, stderr } = rollcall([], { env: { PATH: tools } });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^rollcall: no Node found\. Install Node 20 or newer, then run npm install in .*a checkout\.\n$/);
  });

  it('bin/rollcall runs on the Node of the machine when that is new enough', () => {
    const env = { PATH: `${path.dirname(node)}:/usr/bin:/bin` };
    const { start, status } = rollcall(['a b'], { env });
    expect(start?.args).toEqual(['a b']);
    expect(status).toBe(0);
    expect(rollcall(['exit', '5'], { env }).status).toBe(5);
  });
});

describe('scripts/node24.mjs', () => {
  const launcher = () => path.join(checkout, 'scripts/node24.mjs');
  const program = () => path.join(checkout, 'dist/main.js');

  beforeEach(() => installNode());

  it('passes arguments on and ends with the exit code of the program', () => {
    const { stdout } = spawnSync(node, [launcher(), program(), 'a b'], { encoding: 'utf8' });
    expect(JSON.parse(stdout)).toMatchObject({ args: ['a b'] });
    expect(spawnSync(node, [launcher(), program(), 'exit', '4']).status).toBe(4);
  });

  it.each(['SIGTERM', 'SIGHUP'] as const)('hands %s on, and ends by it when the program does', async signal => {
    const child = spawn(node, [launcher(), program(), 'wait'], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    await new Promise(resolve => child.stdout.once('data', resolve));
    const ended = new Promise(resolve => child.once('exit', (code, by) => resolve({ code, by })));
    child.kill(signal);
    expect(await ended).toEqual({ code: null, by: signal });
  });
});

describe('scripts/setup.mjs', () => {
  const setup = (...flags: string[]) =>
    spawnSync(node, [path.join(checkout, 'scripts/setup.mjs'), ...flags], { encoding: 'utf8', env: process.env });
  const bundle = () => readFileSync(path.join(checkout, 'dist/main.js'), 'utf8');

  beforeEach(() => {
    for (const file of ['package.json', 'package-lock.json']) copy(file);
    for (const folder of ['src', 'screens', 'templates', 'rules']) write(`${folder}/x.ts`, '');
    installNode();
    write('scripts/build.mjs', "import { writeFileSync } from 'node:fs';\nwriteFileSync('dist/main.js', 'built');\n");
  });

  it('builds when a source is newer than the build, and only then', () => {
    expect(setup('--build-only').status).toBe(0);
    expect(bundle()).toBe('built');

    write('dist/main.js', 'newer than every source');
    utimesSync(path.join(checkout, 'dist/main.js'), new Date(), new Date(Date.now() + 60_000));
    setup('--build-only');
    expect(bundle()).toBe('newer than every source');

    utimesSync(path.join(checkout, 'screens/x.ts'), new Date(), new Date(Date.now() + 120_000));
    setup('--build-only');
    expect(bundle()).toBe('built');
  });

  it('says so when the build fails', () => {
    write('scripts/build.mjs', 'process.exit(9);');
    const { status, stderr } = setup('--build-only');
    expect(status).toBe(9);
    expect(stderr).toBe('rollcall: the build failed.\n');
  });

  it('installs the locked packages once, and again when the lock changes', () => {
    write('bin/npm', '#!/bin/sh\necho "$*" >> npm-calls\n');
    chmodSync(path.join(checkout, 'bin/npm'), 0o755);
    const env = { PATH: `${path.join(checkout, 'bin')}:/usr/bin:/bin` };
    const install = () => spawnSync(node, [path.join(checkout, 'scripts/setup.mjs'), '--deps-only'], { encoding: 'utf8', env });
    const calls = () => readFileSync(path.join(checkout, 'npm-calls'), 'utf8').trim().split('\n');

    expect(install().status).toBe(0);
    expect(install().stderr).toBe('');
    expect(calls()).toHaveLength(1);
    expect(calls()[0]).toMatch(/^ci .*--ignore-scripts/);

    write('package-lock.json', '{}');
    install();
    expect(calls()).toHaveLength(2);
    expect(existsSync(path.join(checkout, 'dist/main.js'))).toBe(true);
  });
});

describe('scripts/test.mjs', () => {
  /** Stand-ins for the programs that it runs: each ends with the given code. */
  function install({ tsc = 0, biome = 0, vitest = '' } = {}): void {
    write('package.json', '{ "type": "commonjs" }');
    write('node_modules/typescript/bin/tsc', `console.log('src/x.ts: a type error'); process.exit(${tsc});`);
    write('node_modules/@biomejs/biome/bin/biome', `console.log('src/x.ts: badly formatted'); process.exit(${biome});`);
    write('node_modules/vitest/vitest.mjs', vitest);
  }

  /** A vitest that writes this report, and ends with `code`. */
  function reporting(report: object, code: number): string {
    return `
      import { writeFileSync } from 'node:fs';
      const file = process.argv.find(arg => arg.startsWith('--outputFile.json=')).split('=')[1];
      writeFileSync(file, ${JSON.stringify(JSON.stringify(report))});
      process.exit(${code});`;
  }

  function run(...args: string[]) {
    const { status, stdout } = spawnSync(node, [path.join(checkout, 'scripts/test.mjs'), ...args], { encoding: 'utf8' });
    return { status, stdout, last: stdout.trimEnd().split('\n').at(-1) };
  }

  const green = {
    numPassedTests: 7,
    numFailedTests: 0,
    numPendingTests: 0,
    numTodoTests: 0,
    testResults: [{ status: 'passed', assertionResults: [] }],
  };

  it('ends with the count of all checks, alone on the last line', () => {
    install({ vitest: reporting(green, 0) });
    expect(run()).toMatchObject({ status: 0, last: '9 passed, 0 failed' });
  });

  it('counts types and lint as one check each, and shows what they say only when they fail', () => {
    install({ tsc: 1, vitest: reporting(green, 0) });
    const result = run();
    expect(result).toMatchObject({ status: 1, last: '8 passed, 1 failed' });
    expect(result.stdout).toContain('a type error');
    expect(result.stdout).not.toContain('badly formatted');
  });

  it('runs types and lint only with --static', () => {
    install({ biome: 1, vitest: 'process.exit(1);' });
    expect(run('--static')).toMatchObject({ status: 1, last: '1 passed, 1 failed' });
  });

  it('says how many tests were skipped', () => {
    install({ vitest: reporting({ ...green, numPendingTests: 2 }, 0) });
    expect(run()).toMatchObject({ status: 0, last: '9 passed, 0 failed, 2 skipped' });
  });

  it('counts a test file that could not be loaded as a failure', () => {
    const broken = { status: 'failed', assertionResults: [] };
    const failing = { status: 'failed', assertionResults: [{ status: 'failed' }, { status: 'passed' }] };
    install({ vitest: reporting({ ...green, numFailedTests: 1, testResults: [broken, failing] }, 1) });
    expect(run()).toMatchObject({ status: 1, last: '9 passed, 2 failed' });
  });

  it('fails when vitest does although no test failed: an unhandled error', () => {
    install({ vitest: reporting(green, 1) });
    expect(run()).toMatchObject({ status: 1, last: '9 passed, 1 failed' });
  });

  it('fails when vitest dies without a report', () => {
    install({ vitest: 'process.kill(process.pid, "SIGKILL");' });
    expect(run()).toMatchObject({ status: 1, last: '2 passed, 1 failed' });
  });

  it('hands other arguments to vitest, to run a part of the tests', () => {
    install({ vitest: 'console.log(process.argv.slice(2).join(" ")); process.exit(1);' });
    expect(run('test/core').stdout).toMatch(/run .*test\/core/);
  });
});
