/** The last word of a filter while it is being typed: what it could become, and whether it means something yet. */
import { EVENT_VOCABULARY } from '../../src/core/filter.ts';
import { SEVERITIES } from '../../src/core/model.ts';
import type { AppState } from '../../src/state/index.ts';

const FIELDS = ['sev>=', 'host:', 'table:', 'source:'];
/** Newest events that are looked through for values. */
const LOOK_BACK = 2_000;

function valuesOf(field: string, { inventory, health, feed }: Pick<AppState, 'inventory' | 'health' | 'feed'>): Iterable<string> {
  if (field.startsWith('sev')) return [...SEVERITIES].reverse();
  if (field.startsWith('host')) return inventory.get().hosts.map(host => host.hostname);
  if (field.startsWith('source')) return health.get().keys();
  const { ring } = feed.get();
  const tables = new Set<string>();
  for (let index = Math.max(0, ring.size - LOOK_BACK); index < ring.size; index++) {
    const table = ring.at(index)?.event.table;
    if (table) tables.add(table);
  }
  return [...tables].sort();
}

/** The whole text with its last word completed; undefined when nothing fits, or there is nothing to add. */
export function completeFilter(text: string, state: Pick<AppState, 'inventory' | 'health' | 'feed'>): string | undefined {
  const [, before = '', exclude = '', word = ''] = /^(.*?)([-!]?)([^\s]*)$/.exec(text) ?? [];
  const [, field, typed = ''] = /^([a-z]+(?:>=|<=|[:=<>]))(.*)$/i.exec(word) ?? [];
  const candidates =
    field === undefined ? FIELDS : [...valuesOf(field, state)].map(value => field + (/\s/.test(value) ? `"${value}"` : value));
  const wanted = (field === undefined ? word : field + typed.replace('"', '')).toLowerCase();
  const plain = (candidate: string) => candidate.replaceAll('"', '').toLowerCase();
  const found = candidates.find(candidate => plain(candidate).startsWith(wanted) && plain(candidate) !== wanted);
  return found === undefined ? undefined : before + exclude + found;
}

const FIELD_NAMES = EVENT_VOCABULARY.fields.flatMap(({ names }) => names);

/** The filter without a last word that looks like the beginning of a field: `sev` would hide everything before `>=high` comes. */
export function settledPart(text: string): string {
  const [, before = '', word = ''] = /^(.*?)[-!]?([a-z]*)$/i.exec(text) ?? [];
  const begun = word !== '' && (before === '' || /\s$/.test(before)) && FIELD_NAMES.some(name => name.startsWith(word.toLowerCase()));
  return begun ? before : text;
}
