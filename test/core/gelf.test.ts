import { describe, expect, it } from 'vitest';
import { gelfMessage } from '../../src/core/gelf.ts';
import { judge } from '../../src/core/judge.ts';
import { aRawEvent } from '../helpers/model.ts';

const message = (over = {}) => gelfMessage(judge(aRawEvent(over), Date.UTC(2026, 10, 21, 3)));

describe('gelfMessage', () => {
  it('is a GELF 1.1 message with fields of our own', () => {
    expect(message({ row: { port: '4444', 'odd name': 'x', gone: null } })).toMatchObject({
      version: '1.1',
      host: 'web-1',
      short_message: 'listening_ports added: 0.0.0.0:4444',
      timestamp: Date.UTC(2026, 10, 21, 2, 59, 30) / 1_000,
      level: 4,
      _severity: 'medium',
      _osquery_table: 'listening_ports',
      _row_port: '4444',
      _row_odd_name: 'x',
    });
  });

  it('keeps to the names and values that GELF allows', () => {
    const built = message({ tables: [], hostname: '', title: '', queryName: null });
    expect(built).toMatchObject({ host: 'unknown', short_message: 'event' });
    expect(Object.keys(built)).not.toContain('_id');
    for (const [name, value] of Object.entries(built)) {
      expect(name).toMatch(/^(_[\w.-]+|version|host|short_message|timestamp|level)$/);
      expect(['string', 'number']).toContain(typeof value);
    }
  });

  it('takes the levels of syslog', () => {
    const level = (severity: string) => message({ judged: { severity, reason: '' } }).level;
    expect(['critical', 'high', 'medium', 'low', 'info'].map(level)).toEqual([2, 3, 4, 5, 6]);
  });
});
