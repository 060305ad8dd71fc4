import { uptime as secondsUp } from 'node:os';
import type { Table } from '../table.ts';

/** Time since the machine booted. */
export const uptime = (): Table => ({
  name: 'uptime',
  columns: ['days INTEGER', 'hours INTEGER', 'minutes INTEGER', 'seconds INTEGER', 'total_seconds BIGINT'],
  rows: () => {
    const total = Math.floor(secondsUp());
    return [
      {
        days: Math.floor(total / 86_400),
        hours: Math.floor(total / 3_600) % 24,
        minutes: Math.floor(total / 60) % 60,
        seconds: total % 60,
        total_seconds: total,
      },
    ];
  },
});
