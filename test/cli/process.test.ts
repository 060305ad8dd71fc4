import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';

/** A process that works for `ms` unless it is ended. */
async function working(ms: number) {
  const script = path.join(import.meta.dirname, 'children/interruptible.ts');
  const child = spawn(process.execPath, [script, String(ms)], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  await expect.poll(() => said).toContain('ready');
  return { child, ended, said: () => said };
}

describe('an interrupt', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'by %s lets the command end in good order, also when it comes twice at once',
    async signal => {
      const { child, ended, said } = await working(1_500);
      child.kill(signal);
      await expect.poll(said).toContain('stopping');
      child.kill(signal);
      expect([await ended, said()]).toEqual([0, 'ready\nstopping\ndone\n']);
    },
  );

  it('that is repeated later ends the process at once', async () => {
    const { child, ended, said } = await working(60_000);
    const again = setInterval(() => child.kill('SIGINT'), 200);
    onTestFinished(() => clearInterval(again));
    expect([await ended, said()]).toEqual([130, 'ready\nstopping\n']);
  });
});
