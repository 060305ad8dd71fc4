/** Writes to stdout until nobody reads it any more. */
import { streamOutput } from '../../../src/adapters/output.ts';

const out = streamOutput(process.stdout);
while (!out.gone.aborted) await out.write('line\n'.repeat(1_000));
process.stderr.write('the reader has gone\n');
