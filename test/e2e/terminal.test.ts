/** The console and the terminal it is given: every kind, every size, every way to leave. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../helpers/directories.ts';
import { foreignSequences } from '../helpers/escapes.ts';
import { environment, own, program, startRollcall } from '../helpers/pty.ts';
import { PtyProgram } from '../helpers/terminal.ts';
import { Responder, SCREENS } from './responder.ts';

/** A shell that starts the console, and says afterwards how it left and whether the line settings are as before. */
const SHELL = `
before=$(stty -g)
sh -c 'echo $$ > "$0"; exec "$@"' "$@"
code=$?
[ "$before" = "$(stty -g)" ] && echo "settings as before"
echo "left with $code"
read -r wait
`;

type Shell = { readonly responder: Responder; readonly terminal: PtyProgram; signal(name: NodeJS.Signals): void };

async function consoleUnderAShell(env: Record<string, string> = {}): Promise<Shell> {
  const pidFile = path.join(temporaryDirectory(), 'pid');
  const args = ['-c', SHELL, 'sh', pidFile, process.execPath, program, '--lab', '8'];
  const terminal = own(new PtyProgram('/bin/sh', args, { cols: 100, rows: 30, env: environment({ env }) }));
  const responder = new Responder(terminal);
  await responder.isOn('Feed');
  await responder.sees(/lab-\d/, 60_000);
  return { responder, terminal, signal: name => process.kill(Number(readFileSync(pidFile, 'utf8')), name) };
}

async function expectRestored(terminal: PtyProgram, code: number): Promise<void> {
  await terminal.waitFor(`left with ${code}`);
  expect(terminal.screen()).toContain('settings as before');
  expect(terminal.alternate).toBe(false);
  expect(terminal.modes).toMatchObject({
    wraparoundMode: true,
    bracketedPasteMode: false,
    mouseTrackingMode: 'none',
    synchronizedOutputMode: false,
  });
  expect(terminal.raw().lastIndexOf('\x1b[?25h')).toBeGreaterThan(terminal.raw().lastIndexOf('\x1b[?25l'));
}

describe('leaving gives the terminal back as it was', () => {
  it('by q', async () => {
    const { responder, terminal } = await consoleUnderAShell();
    await responder.presses('q');
    await expectRestored(terminal, 0);
  });

  it('by q while the sources are still being opened', async () => {
    const terminal = startRollcall({ args: ['--lab', '50'] });
    await terminal.waitFor('rollcall');
    terminal.type('q');
    expect(await terminal.exited).toEqual({ code: 0, signal: null });
    expect(terminal.alternate).toBe(false);
    expect(terminal.screen().trim()).toBe('');
  });

  it.each([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
    ['SIGINT', 130],
  ] as const)('by %s', async (name, code) => {
    const { terminal, signal } = await consoleUnderAShell();
    signal(name);
    await expectRestored(terminal, code);
  });

  it('by ctrl+c, twice', async () => {
    const { responder, terminal } = await consoleUnderAShell();
    await responder.presses('ctrl+c', 'ctrl+c');
    await expectRestored(terminal, 0);
  });

  it.each([
    ['an exception that nobody catches', "throw new Error('out of the blue');"],
    ['a rejection that nobody handles', "Promise.reject(new Error('out of the blue'));"],
  ])('by %s, said in one line', async (_, fault) => {
    const module = path.join(temporaryDirectory(), 'fault.mjs');
    writeFileSync(module, `process.on('SIGUSR2', () => { ${fault} });\n`);
    const { terminal, signal } = await consoleUnderAShell({ NODE_OPTIONS: `--import=${module}` });
    signal('SIGUSR2');
    await expectRestored(terminal, 1);
    expect(terminal.screen()).toContain('out of the blue');
    expect(terminal.screen()).not.toMatch(/^\s+at /m);
  });
});

describe('every size', () => {
  it.each([
    [80, 24],
    [200, 60],
    [40, 10],
  ])('%ix%i holds every screen', async (cols, rows) => {
    const responder = await Responder.atTheLab({ hosts: 8, cols, rows });
    for (const screen of SCREENS) {
      await responder.goesTo(screen);
      expect(responder.terminal.lines()).toHaveLength(rows);
      expect(responder.terminal.lines().at(-1)).toMatch(/help/);
    }
  });

  it('says so when there is too little room, and comes back', async () => {
    const responder = await Responder.atTheLab({ hosts: 8 });
    responder.terminal.resize(20, 5);
    await responder.sees('make me bigger');
    responder.terminal.resize(100, 30);
    await responder.isOn('Feed');
  });

  it('survives a storm of resizes', async () => {
    const responder = await Responder.atTheLab({ hosts: 8 });
    for (let step = 0; step < 40; step += 1) responder.terminal.resize(60 + ((step * 37) % 140), 12 + ((step * 11) % 48));
    responder.terminal.resize(90, 25);
    await responder.goesTo('Hosts');
    await responder.sees('lab-1');
    expect(responder.terminal.lines().filter(line => /^ ?rollcall\s/.test(line))).toHaveLength(1);
    expect(responder.terminal.lines().at(-1)).toMatch(/help/);
  });
});

describe('every kind', () => {
  it.each(['screen', 'screen-256color', 'tmux-256color', 'linux', 'xterm', 'vt100'])('TERM=%s', async TERM => {
    const responder = await Responder.atTheLab({ hosts: 8, env: { TERM } });
    await responder.goesTo('Hosts');
    await responder.sees('lab-1');
    expect(foreignSequences(responder.terminal.raw())).toEqual([]);
  });

  it('shows severities in colour where there is colour, and by letters everywhere', async () => {
    const coloured = await Responder.atTheLab({ hosts: 8 });
    expect(coloured.terminal.hasColour()).toBe(true);
    const plain = await Responder.atTheLab({ hosts: 8, env: { NO_COLOR: '1' } });
    await plain.goesTo('Hosts');
    expect(plain.terminal.hasColour()).toBe(false);
    expect(plain.terminal.raw()).not.toMatch(/\x1b\[[\d;]*(3[0-7]|4[0-7]|9[0-7]|10[0-7]|[34]8;)[\d;]*m/);
  });

  it('sends nothing but ASCII under LANG=C', async () => {
    const responder = await Responder.atTheLab({ hosts: 8, env: { LANG: 'C' } });
    for (const screen of SCREENS) await responder.goesTo(screen);
    expect(responder.terminal.raw()).not.toMatch(/[^\x00-\x7f]/);
  });

  it('prints lines and no escapes on TERM=dumb', async () => {
    const terminal = startRollcall({ args: ['--lab', '8'], env: { TERM: 'dumb' } });
    await terminal.waitFor(/lab-\d|\[MEDIUM\]|medium/i, 40_000);
    expect(terminal.raw()).not.toContain('\x1b');
    terminal.kill('SIGINT');
    await terminal.exited;
    expect(terminal.raw()).not.toContain('\x1b');
  });
});
