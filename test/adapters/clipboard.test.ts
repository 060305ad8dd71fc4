import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createClipboard } from '../../src/adapters/clipboard.ts';
import { temporaryDirectory } from '../helpers/directories.ts';

describe('the clipboard', () => {
  it('sends a copy to the terminal and keeps it in a file of the owner', async () => {
    const file = path.join(temporaryDirectory(), 'clipboard.txt');
    const sent: string[] = [];
    const clipboard = createClipboard({ write: text => sent.push(text), env: { TERM: 'xterm', HOME: path.dirname(file) }, file });
    expect(await clipboard.copy('zwölf')).toEqual({ bytes: 6, sent: true, file: '~/clipboard.txt' });
    expect(sent).toEqual([`\x1b]52;c;${Buffer.from('zwölf').toString('base64')}\x07`]);
    expect(readFileSync(file, 'utf8')).toBe('zwölf');
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('keeps only in the file what is too long for terminals', async () => {
    const file = path.join(temporaryDirectory(), 'clipboard.txt');
    const sent: string[] = [];
    const clipboard = createClipboard({ write: text => sent.push(text), env: {}, file });
    expect(await clipboard.copy('x'.repeat(100_000))).toMatchObject({ bytes: 100_000, sent: false });
    expect(sent).toEqual([]);
    expect(readFileSync(file, 'utf8')).toHaveLength(100_000);
  });

  it('says when the file cannot be written, and sends nothing then', async () => {
    const sent: string[] = [];
    const file = path.join(temporaryDirectory(), 'nowhere', 'clipboard.txt');
    const clipboard = createClipboard({ write: text => sent.push(text), env: {}, file });
    await expect(clipboard.copy('x')).rejects.toMatchObject({ kind: 'usage' });
    expect(sent).toEqual([]);
  });
});
