/** Writes lines to an audit trail, together with other processes. */
import { openAudit } from '../../../src/adapters/audit.ts';
import { systemClock } from '../../../src/adapters/clock.ts';
import { createRedactor } from '../../../src/adapters/redact.ts';

const [file = '', count = '1'] = process.argv.slice(2);
const audit = openAudit(file, systemClock, createRedactor(), { pid: process.pid });
for (let n = 0; n < Number(count); n += 1) audit.write('write', { n });
