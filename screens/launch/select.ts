/** What the form of a template is made of, and what a launch would mean. Pure. */
import { platformFamily } from '../../src/core/host-match.ts';
import type { Host } from '../../src/core/model.ts';
import { checkParam } from '../../src/core/params.ts';
import type { ParamSpec, Template } from '../../src/core/template.ts';

/** The name of the field under every form: how long to wait. No parameter of a template is called so. */
const WAIT = 'wait';

/** How long to wait for answers, `seconds` unless told otherwise. */
export const waitField = (seconds: number): ParamSpec => ({
  name: WAIT,
  title: 'Seconds to wait for answers',
  type: 'int',
  min: 1,
  max: 3600,
  default: seconds,
});

/** Templates whose name, title or ATT&CK id holds every word. */
export function findTemplates(templates: readonly Template[], search: string): readonly Template[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return templates;
  return templates.filter(({ name, title, attack }) => {
    const text = `${name} ${title} ${attack.join(' ')}`.toLowerCase();
    return words.every(word => text.includes(word));
  });
}

/** What is wrong with a field as typed, or undefined. An empty field stands for its default. */
export function fieldProblem(field: ParamSpec, typed: string, now: number): string | undefined {
  if (typed === '') return field.default === undefined ? 'is required' : undefined;
  const checked = checkParam(field, typed, now);
  return 'problem' in checked ? checked.problem : undefined;
}

/** What may be typed into a field, in a few words. */
export function fieldHint(field: ParamSpec): string {
  const choice: Record<ParamSpec['type'], () => string> = {
    int: () => (field.type === 'int' ? `${field.min} to ${field.max}${field.name === WAIT ? ' seconds' : ''}` : ''),
    time: () => '30m, 24h, 7d ago, or a time',
    enum: () => (field.type === 'enum' ? `${field.values.length} choices, up and down` : ''),
    path: () => 'an absolute path',
    ip: () => 'an IPv4 or IPv6 address',
    sha256: () => '64 hex digits',
    text: () => (field.type === 'text' ? `at most ${field.maxLength} characters` : ''),
  };
  const hint = choice[field.type]();
  return field.default === undefined ? `${hint}, required` : hint;
}

/** The next or previous value of an enum field. */
export function cycle(field: ParamSpec, typed: string, by: 1 | -1): string {
  if (field.type !== 'enum') return typed;
  const { values } = field;
  const at = values.indexOf(typed === '' ? (field.default ?? '') : typed);
  return values[(at + by + values.length) % values.length] ?? typed;
}

export type Blast = {
  readonly hosts: number;
  /** Hosts that are not online now. */
  readonly offline: number;
  /** Picked hosts on whose platform the template cannot run: they are not asked. */
  readonly unfit: number;
  readonly sources: readonly string[];
  /** "web-1, web-2, db-1 … and 8 more". */
  readonly names: string;
};

const NAMED = 6;

/** Hosts on which the template can run; of a platform that is not known it is tried. The others are not applicable. */
export function applicable(template: Template, hosts: readonly Host[]): readonly Host[] {
  const runsOn = new Set<string>(template.platforms);
  return hosts.filter(({ platform }) => {
    const family = platformFamily(platform);
    return family === 'other' || runsOn.has(family);
  });
}

/** Whom a launch on `picked` would reach. */
export function blastOf(template: Template, picked: readonly Host[]): Blast {
  const hosts = applicable(template, picked);
  const rest = hosts.length - NAMED;
  const names = hosts.slice(0, NAMED).map(({ hostname }) => hostname);
  return {
    hosts: hosts.length,
    offline: hosts.filter(({ status }) => status !== 'online').length,
    unfit: picked.length - hosts.length,
    sources: [...new Set(hosts.map(({ source }) => source))],
    names: names.join(', ') + (rest > 0 ? ` … and ${rest} more` : ''),
  };
}

const count = (number: number, one: string, many = `${one}s`): string => `${number} ${number === 1 ? one : many}`;

/** The sentences of the confirmation. */
export function blastLines({ hosts, offline, unfit, sources, names }: Blast, template: Template, wait: 'wait' | 'skip'): string[] {
  const lines = names === '' ? [] : [`${names}, by ${sources.join(' and ')}.`];
  if (offline > 0) {
    const then = wait === 'wait' ? 'they answer only if they come back in time' : 'they are not waited for';
    lines.push(`${count(offline, 'of them is', 'of them are')} not online: ${then}.`);
  }
  if (unfit > 0)
    lines.push(
      `Not applicable, and not asked: ${count(unfit, 'host')} that ${unfit === 1 ? 'is' : 'are'} not ${template.platforms.join(' or ')}.`,
    );
  if (template.cost !== 'low' && hosts > 1) lines.push(`This query costs the hosts ${template.cost === 'high' ? 'much' : 'some'} work.`);
  return lines;
}
