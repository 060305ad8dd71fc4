// All checks in one run: types, lint and format, then the tests. Ends with the line `N passed, N failed`.
//   --static   only types and lint
//   others     go to vitest, to run a part: npm test -- test/core
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** Runs a package's program on this Node. */
function run(program, args, stdio) {
  const file = path.join(root, 'node_modules', program);
  return spawnSync(process.execPath, [file, ...args], { cwd: root, stdio, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
}

/** A check that counts as one. It is quiet unless it fails. */
function check(title, program, args) {
  const { status, stdout, stderr } = run(program, args, ['ignore', 'pipe', 'pipe']);
  const passed = status === 0;
  process.stdout.write(passed ? `${title}: ok\n` : `${title}: FAILED\n${stdout}${stderr}\n`);
  return { passed: Number(passed), failed: Number(!passed), skipped: 0 };
}

/** What vitest's JSON report says; undefined when there is none to read, because vitest died. */
function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** @returns {{passed: number, failed: number, skipped: number}} counts; whatever failed outside of a test counts as one failure */
export function count(report, succeeded) {
  const files = report?.testResults ?? [];
  const passed = report?.numPassedTests ?? 0;
  const skipped = (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0);
  // A file that could not be loaded, or whose hooks failed, has failed without a failed test in it.
  const broken = files.filter(file => file.status === 'failed' && !file.assertionResults.some(test => test.status === 'failed'));
  const failed = (report?.numFailedTests ?? 0) + broken.length;
  return { passed, failed: failed || Number(!succeeded), skipped };
}

function tests(args) {
  const folder = mkdtempSync(path.join(tmpdir(), 'rollcall-test-'));
  try {
    const file = path.join(folder, 'report.json');
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
    const { status } = run('vitest/vitest.mjs', ['run', ...reporters, ...args], ['ignore', 'inherit', 'inherit']);
    const report = readReport(file);
    if (!report) process.stdout.write('vitest ended without a report: its last words are above.\n');
    return count(report, status === 0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function main(args) {
  const results = [
    check('types', 'typescript/bin/tsc', ['--noEmit', '-p', '.']),
    check('lint, format', '@biomejs/biome/bin/biome', [
      'check',
      '--error-on-warnings',
      `--colors=${process.stdout.isTTY ? 'force' : 'off'}`,
    ]),
  ];
  if (!args.includes('--static')) results.push(tests(args));
  const sum = key => results.reduce((total, result) => total + result[key], 0);
  const skipped = sum('skipped') > 0 ? `, ${sum('skipped')} skipped` : '';
  process.stdout.write(`${sum('passed')} passed, ${sum('failed')} failed${skipped}\n`);
  process.exitCode = sum('failed') > 0 ? 1 : 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main(process.argv.slice(2));
