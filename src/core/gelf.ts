/** Events as Graylog takes them: GELF 1.1 (go2docs.graylog.org, "GELF Payload Specification"). */
import { eventToJson } from './judge.ts';
import type { FeedEvent, Severity } from './model.ts';

/** Syslog's levels. */
const LEVEL: Readonly<Record<Severity, number>> = { critical: 2, high: 3, medium: 4, low: 5, info: 6 };

/** A field name that GELF allows: word characters, dots and dashes. `_id` is reserved. */
const fieldName = (name: string): string => `_${name.replace(/[^\w.-]/g, '_')}`;

/** One message. Columns of the row become fields of their own, `_row_<column>`; lists are joined by spaces. */
export function gelfMessage(event: FeedEvent): Readonly<Record<string, string | number>> {
  const { id, time: _, row, raw: __, title, hostname, severity, triage: ___, attack, rules, ...told } = eventToJson(event);
  const message: Record<string, string | number> = {
    version: '1.1',
    host: hostname === '' ? 'unknown' : hostname,
    short_message: title === '' ? 'event' : title,
    timestamp: event.time / 1_000,
    level: LEVEL[severity],
    _event_id: id,
    _severity: severity,
    _attack: attack.join(' '),
    _rules: rules.join(' '),
  };
  for (const [name, value] of Object.entries(told)) if (value !== null) message[fieldName(name)] = String(value);
  for (const [name, value] of Object.entries(row)) if (value !== null) message[fieldName(`row_${name}`)] = value;
  return message;
}
