// `npm start` and `npm test` run this first, on whatever Node the machine has (>= 18): installs the locked
// dependencies when they are missing or the lock changed, then builds when a source is newer than the build.
// `--deps-only` and `--build-only` do one of the two.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

process.chdir(path.dirname(path.dirname(fileURLToPath(import.meta.url))));

const stampFile = 'node_modules/.rollcall-setup';
const bundle = 'dist/main.js';

function fingerprint() {
  const hash = createHash('sha256');
  for (const file of ['package.json', 'package-lock.json']) hash.update(readFileSync(file));
  return hash.update(`${process.platform}-${process.arch}`).digest('hex');
}

function run(command, args, problem) {
  const { status } = spawnSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status === 0) return;
  process.stderr.write(`${problem}\n`);
  process.exit(status ?? 1);
}

function newestChange(entry) {
  const stat = statSync(entry);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(entry).map(name => newestChange(path.join(entry, name))));
}

function install() {
  const wanted = fingerprint();
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === wanted) return;
  process.stderr.write('rollcall: installing dependencies (first run, or they changed) ...\n');
  const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm'];
  const flags = ['ci', '--include=dev', '--include=optional', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  // The "unsupported engine" notices would be about this Node; rollcall runs on the pinned one.
  const args = [...npm.slice(1), ...flags, '--engine-strict=false'];
  run(npm[0], args, 'rollcall: `npm ci` failed, so nothing was started. Can this machine reach its npm registry?');
  writeFileSync(stampFile, wanted);
}

function build() {
  const sources = ['src', 'screens', 'templates', 'rules', 'scripts', 'package-lock.json'];
  const newest = Math.max(...sources.map(newestChange));
  if (existsSync(bundle) && statSync(bundle).mtimeMs >= newest) return;
  run(process.execPath, ['scripts/node24.mjs', 'scripts/build.mjs'], 'rollcall: the build failed.');
}

if (!process.argv.includes('--build-only')) install();
if (!process.argv.includes('--deps-only')) build();
