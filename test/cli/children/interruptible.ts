/** Listens for interrupts as a command does, says when it hears one, and goes on for a while. */
import { writeSync } from 'node:fs';
import { processDeps } from '../../../src/cli/process.ts';

const { signal } = processDeps();
signal.addEventListener('abort', () => writeSync(1, 'stopping\n'));
setTimeout(() => writeSync(1, 'done\n'), Number(process.argv[2]));
writeSync(1, 'ready\n');
