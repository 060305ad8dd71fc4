import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/adapters/clock.ts';
import { resolveDirectories } from '../../src/adapters/directories.ts';
import { terminalFacts } from '../../src/adapters/terminal.ts';
import { isAbort } from '../../src/core/problem.ts';

describe('directories', () => {
  const on = (platform: NodeJS.Platform, env: Record<string, string> = {}) => resolveDirectories({}, env, platform, '/h');

  it('come from flags, then variables, then the platform', () => {
    const env = { ROLLCALL_CONFIG_DIR: '/env/config', ROLLCALL_DATA_DIR: '/env/data' };
    expect(resolveDirectories({ configDir: '/flag' }, env, 'linux', '/h')).toEqual({ configDir: '/flag', dataDir: '/env/data' });
    expect(resolveDirectories({ dataDir: 'here' }, {}, 'linux', '/h').dataDir).toBe(`${process.cwd()}/here`);
    expect(on('linux', { ROLLCALL_CONFIG_DIR: '' })).toEqual({ configDir: '/h/.config/rollcall', dataDir: '/h/.local/share/rollcall' });
    expect(on('linux', { XDG_CONFIG_HOME: '/c', XDG_DATA_HOME: '/d' })).toEqual({ configDir: '/c/rollcall', dataDir: '/d/rollcall' });
    expect(on('darwin').dataDir).toBe('/h/Library/Application Support/rollcall');
  });
});

describe('a terminal', () => {
  const tty = { isTTY: true, columns: 120, rows: 40 };
  const colour = (env: Record<string, string>, noColor = false) => terminalFacts(tty, env, noColor).colour;

  it('is known by what it can show', () => {
    expect(terminalFacts(tty, { TERM: 'xterm-256color', LANG: 'de_DE.UTF-8' })).toEqual({
      tty: true,
      columns: 120,
      rows: 40,
      colour: 8,
      unicode: true,
      dumb: false,
    });
    expect([colour({ TERM: 'xterm' }), colour({ TERM: 'xterm', COLORTERM: 'truecolor' })]).toEqual([4, 24]);
  });

  it('that does not know its size is taken for one of 80x24', () => {
    expect(terminalFacts({ isTTY: true, columns: 0, rows: 0 }, {})).toMatchObject({ columns: 80, rows: 24 });
  });

  it('has no colour when it is no terminal, dumb, or not wanted', () => {
    expect(terminalFacts({}, { TERM: 'xterm' })).toMatchObject({ tty: false, colour: 0, columns: 80 });
    expect([colour({ TERM: 'dumb' }), colour({}), colour({ TERM: 'xterm', NO_COLOR: '1' }), colour({ TERM: 'xterm' }, true)]).toEqual([
      0, 0, 0, 0,
    ]);
    expect(colour({ TERM: 'xterm', NO_COLOR: '' })).toBe(4);
  });

  it('has the characters of the locale that counts', () => {
    const unicode = (env: Record<string, string>) => terminalFacts(tty, env).unicode;
    expect(unicode({ LC_ALL: 'C', LANG: 'en_US.UTF-8' })).toBe(false);
    expect(unicode({ LC_ALL: '', LC_CTYPE: 'en_US.utf8', LANG: 'C' })).toBe(true);
    expect(unicode({})).toBe(false);
  });
});

describe('the clock', () => {
  it('sleeps, and wakes with an AbortError when it is stopped', async () => {
    await systemClock.sleep(1);
    const stop = new AbortController();
    const sleep = systemClock.sleep(60_000, stop.signal);
    stop.abort();
    await expect(sleep).rejects.toSatisfy(isAbort);
    await expect(systemClock.sleep(60_000, stop.signal)).rejects.toSatisfy(isAbort);
  });
});
