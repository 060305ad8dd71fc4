import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { fileOutput, streamOutput, type Writer } from '../../src/adapters/output.ts';
import { temporaryDirectory } from '../helpers/directories.ts';

let folder: string;
beforeEach(() => {
  folder = temporaryDirectory();
});

describe('output to a file', () => {
  it('appears whole, for its owner only, in place of what was there', async () => {
    const file = path.join(folder, 'out');
    writeFileSync(file, 'earlier', { mode: 0o644 });
    const out = fileOutput(file);
    await out.write('one ');
    await out.write('two');
    expect(readFileSync(file, 'utf8')).toBe('earlier');
    await out.finish();
    out.discard();
    expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o777, readdirSync(folder)]).toEqual(['one two', 0o600, ['out']]);
  });

  it('leaves nothing when it is discarded', async () => {
    const out = fileOutput(path.join(folder, 'out'));
    await out.write('half');
    out.discard();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('goes through a link to the file behind it', async () => {
    mkdirSync(path.join(folder, 'real'));
    const [link, real] = [path.join(folder, 'link'), path.join(folder, 'real', 'out')];
    writeFileSync(real, 'earlier');
    symlinkSync(real, link);
    const out = fileOutput(link);
    await out.write('new');
    await out.finish();
    expect([readFileSync(real, 'utf8'), readdirSync(folder)]).toEqual(['new', ['link', 'real']]);
  });

  it('writes a device or a pipe as it is', async () => {
    const out = fileOutput('/dev/null');
    await out.write('gone');
    await out.finish();
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
  });

  it('that cannot be is a usage problem at once, and a full disk a storage problem', async () => {
    for (const file of [path.join(folder, 'no', 'such', 'out'), folder]) {
      expect(() => fileOutput(file)).toThrow(expect.objectContaining({ kind: 'usage', message: expect.stringContaining(file) }));
    }
    await expect(fileOutput('/dev/full').write('x')).rejects.toMatchObject({
      kind: 'storage',
      message: expect.stringContaining('disk is full'),
    });
  });
});

const writer = (error?: Error): Writer & { text: string } => ({
  text: '',
  write(text, done) {
    if (!error) this.text += text;
    done(error);
  },
  on: () => undefined,
});

describe('output to a stream', () => {
  it('drops what is written for a reader that has gone', async () => {
    const out = streamOutput(writer(Object.assign(new Error('gone'), { code: 'EPIPE' })));
    await out.write('a');
    expect(out.gone.aborted).toBe(true);
    await out.write('b');
    await out.finish();
  });

  it('fails on anything else', async () => {
    const out = streamOutput(writer(Object.assign(new Error('no space left'), { code: 'ENOSPC' })));
    await expect(out.write('a')).rejects.toMatchObject({ kind: 'storage', message: expect.stringContaining('no space left') });
  });

  it('survives a real pipe that closes early', () => {
    const script = path.join(import.meta.dirname, 'children/endless-output.ts');
    const { status, stdout, stderr } = spawnSync('sh', ['-c', `"${process.execPath}" "${script}" | head -n 1`], {
      encoding: 'utf8',
      timeout: 10_000,
    });
    expect([status, stdout, stderr]).toEqual([0, 'line\n', 'the reader has gone\n']);
  });
});
