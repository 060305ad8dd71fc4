import { chmodSync, chownSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { type SecretPlace, secretSource } from '../../src/adapters/secrets.ts';
import { temporaryDirectory } from '../helpers/directories.ts';

const options = { source: 'prod', env: { TOKEN: 's3cret', EMPTY: '', PATH: process.env.PATH } };
const read = (place: SecretPlace | undefined, over: Partial<Parameters<typeof secretSource>[1]> = {}) =>
  secretSource(place, { ...options, ...over }).read();

function file(text: string, mode = 0o600): string {
  const name = path.join(temporaryDirectory(), 'token');
  writeFileSync(name, text);
  chmodSync(name, mode);
  return name;
}

describe('a secret', () => {
  it('comes from a variable, a file or a command, without one line break at its end', async () => {
    expect(await read({ env: 'TOKEN' })).toBe('s3cret');
    expect(await read({ file: file('from file\n') })).toBe('from file');
    expect(await read({ file: file('read-only\r\n', 0o400) })).toBe('read-only');
    expect(await read({ command: 'echo "$TOKEN" | tr a-z A-Z' })).toBe('S3CRET');
  });

  it('is told to whoever keeps it out of logs', async () => {
    const learnt: string[] = [];
    await read({ env: 'TOKEN' }, { learn: secret => learnt.push(secret) });
    expect(learnt).toEqual(['s3cret']);
  });

  it.each([
    ['none at all', undefined, /the settings name none/],
    ['a variable that is not set', { env: 'NOPE' }, /the variable NOPE is not set/],
    ['an empty variable', { env: 'EMPTY' }, /EMPTY is not set/],
    ['a file that is not there', { file: '/nowhere/token' }, /\/nowhere\/token does not exist/],
    ['a directory', { file: '/' }, /it is no file/],
    ['a command that fails', { command: 'echo hunter2; echo hunter2 >&2; exit 3' }, /its command ended with 3/],
    ['a command that is killed', { command: 'kill -9 $$' }, /ended with SIGKILL/],
    ['a command that says nothing', { command: 'true' }, /output of its command is empty/],
    ['a command that says too much', { command: 'yes hunter2' }, /prints too much/],
    ['two lines', { command: 'printf "hunter2\\nhunter2\\n"' }, /more than one line/],
  ] as const)('that is missing is a usage problem that names the place, not the secret: %s', async (_what, place, words) => {
    const problem = await read(place).catch((thrown: unknown) => thrown);
    expect(problem).toMatchObject({ kind: 'usage', source: 'prod', message: expect.stringMatching(words) });
    expect(String(problem)).not.toContain('hunter2');
  });

  it.each([0o644, 0o640, 0o604, 0o660])('in a file that others may read (%o) is refused', async mode => {
    const name = file('hunter2\n', mode);
    await expect(read({ file: name })).rejects.toMatchObject({
      kind: 'usage',
      message: expect.stringMatching(/others may read it.*chmod 600/),
    });
  });

  it.runIf(process.getuid?.() === 0)('in a file of somebody else can be read by root only', async () => {
    const name = file('root reads it');
    chownSync(name, 12_345, 12_345);
    expect(await read({ file: name })).toBe('root reads it');
  });

  it('of a command that hangs is given up, with everything that it started', async () => {
    const mark = path.join(temporaryDirectory(), 'mark');
    const command = `sh -c 'sleep 30; touch ${mark}' & wait`;
    await expect(read({ command }, { timeoutMs: 100 })).rejects.toMatchObject({ message: expect.stringContaining('stopped after 0.1 s') });
  });
});
