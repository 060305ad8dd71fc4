/** The programs beside which rollcall is measured, each with 5,000 lines of events, where the machine has them. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { PtyProgram } from '../test/helpers/terminal.ts';
import type { Subject } from './terminal.ts';

const LINES = 5000;

function installed(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;
}

/** Numbered lines as osqueryd logs them, in time order. */
export function writeEvents(file: string, lines: number): void {
  const start = Date.UTC(2026, 0, 1);
  const text = Array.from({ length: lines }, (_, index) => {
    const at = new Date(start + index * 250).toISOString();
    const host = `web-${String(index % 400).padStart(4, '0')}`;
    return `${at} INFO ${host} osqueryd: pack/ir/listening_ports seq=${index} added port=${1024 + (index % 60_000)} address=0.0.0.0`;
  });
  writeFileSync(file, `${text.join('\n')}\n`);
}

function lineWith(program: PtyProgram, pattern: RegExp): number {
  return program.lines().findIndex(line => pattern.test(line));
}

/** Prepares a home of its own for them in `directory`, so that no settings of the person who measures take part. */
export function anchors(directory: string): Subject[] {
  const home = path.join(directory, 'home');
  mkdirSync(home, { recursive: true });
  const events = path.join(directory, 'events.log');
  writeEvents(events, LINES);
  const env = { PATH: process.env.PATH ?? '/usr/bin:/bin', HOME: home, LANG: 'C.UTF-8', SHELL: '/bin/sh' };
  const still = () => 0;
  const subjects: Subject[] = [
    {
      name: 'node -e 0',
      file: process.execPath,
      args: ['-e', 'process.stdout.write("READY"); setTimeout(() => {}, 60000)'],
      env,
      ready: 'READY',
      down: '',
      up: '',
      position: still,
    },
  ];
  if (installed('fzf')) {
    subjects.push({
      name: 'fzf',
      file: '/bin/sh',
      args: ['-c', `exec fzf < '${events}'`],
      env,
      ready: `${LINES}/${LINES}`,
      down: '\x1b[A',
      up: '\x1b[B',
      position: program => lineWith(program, /^> \d/),
    });
  }
  if (installed('lnav')) {
    subjects.push({
      name: 'lnav',
      file: 'lnav',
      args: [events],
      env,
      ready: 'osqueryd',
      prepare: ['g'],
      down: 'j',
      up: 'k',
      position: program => program.lines()[1] ?? '',
    });
  }
  return subjects;
}
