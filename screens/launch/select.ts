/** What the form of a template is made of, and what a launch would mean. Pure. */
import { applicable } from '../../src/core/applicable.ts';
import type { Host } from '../../src/core/model.ts';
import { checkParam } from '../../src/core/params.ts';
import { type Past, pastText } from '../../src/core/past.ts';
import type { ParamSpec, Template } from '../../src/core/template.ts';
import { MAX_WAIT_S } from '../../src/core/wait.ts';
import { planWaves, WAVE_RULE, wavesText } from '../../src/core/waves.ts';
import type { Segment } from '../../src/ui/theme.ts';

/** The name of the field under every form: how long to wait. No parameter of a template is called so. */
const WAIT = 'wait';

/** How long to wait for answers, `seconds` unless told otherwise. */
export const waitField = (seconds: number): ParamSpec => ({
  name: WAIT,
  title: 'Seconds to wait for answers',
  type: 'int',
  min: 1,
  max: MAX_WAIT_S,
  default: seconds,
});

/** A line of the list: a template that may be launched, or one that may not, and why. */
export type Entry =
  | { readonly name: string; readonly template: Template }
  | { readonly name: string; readonly template?: undefined; readonly refusal: string };

/** Those that may be launched, then those that may not. */
export const entriesOf = (templates: readonly Template[], refused: ReadonlyMap<string, string>): readonly Entry[] => [
  ...templates.map(template => ({ name: template.name, template })),
  ...[...refused].map(([name, refusal]) => ({ name, refusal })),
];

function textOf({ name, template }: Entry): string {
  return `${name} ${template?.title ?? ''} ${template?.attack.join(' ') ?? ''}`.toLowerCase();
}

/** Templates whose name, title or ATT&CK id holds every word. */
export function findTemplates(entries: readonly Entry[], search: string): readonly Entry[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return words.length === 0 ? entries : entries.filter(entry => words.every(word => textOf(entry).includes(word)));
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
  /** "waves of 5, 20 and 75"; empty where all are asked at once. */
  readonly waves: string;
};

const NAMED = 6;

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
    waves: wavesText(planWaves(template.cost, hosts)),
  };
}

const count = (number: number, one: string, many = `${one}s`): string => `${number} ${number === 1 ? one : many}`;

const namesLine = ({ names, sources }: Blast): string[] => (names === '' ? [] : [`${names}, by ${sources.join(' and ')}.`]);

function offlineLine({ offline }: Blast, wait: 'wait' | 'skip'): string[] {
  const then = wait === 'wait' ? 'they answer only if they come back in time' : 'they are not waited for';
  return offline === 0 ? [] : [`${count(offline, 'of them is', 'of them are')} not online: ${then}.`];
}

function unfitLine({ unfit }: Blast, { platforms }: Template): string[] {
  const what = `${count(unfit, 'host')} that ${unfit === 1 ? 'is' : 'are'} not ${platforms.join(' or ')}`;
  return unfit === 0 ? [] : [`Not applicable, and not asked: ${what}.`];
}

const WORK: Readonly<Record<Template['cost'], string>> = { low: 'little', medium: 'some', high: 'much' };

/** What it costs the hosts, and what follows from that. */
function costLine({ hosts, waves }: Blast, { cost }: Template): string[] {
  if (waves !== '') return [`It costs the hosts ${WORK[cost]} work, so it goes out in ${waves}.`];
  return cost === 'low' || hosts < 2 ? [] : [`It costs the hosts ${WORK[cost]} work.`];
}

const pastLine = (past: Past | undefined): string[] => (past ? [pastText(past)] : []);

/** The sentences of the confirmation. `past`: what the template cost before. */
export function blastLines(blast: Blast, template: Template, wait: 'wait' | 'skip', past?: Past): string[] {
  const rule = blast.waves === '' ? [] : [WAVE_RULE];
  const whom = [...namesLine(blast), ...offlineLine(blast, wait), ...unfitLine(blast, template)];
  return [...whom, ...costLine(blast, template), ...rule, ...pastLine(past)];
}

/** The same for a pane that may be too small for it: what costs most first, the names last. */
export function reachLines(blast: Blast, template: Template, wait: 'wait' | 'skip', past?: Past): readonly Segment[] {
  const plain = (lines: readonly string[]): Segment[] => lines.map(text => ({ text }));
  const warn = (lines: readonly string[]): Segment[] => lines.map(text => ({ text, tone: 'warn' }));
  const out = [...offlineLine(blast, wait), ...unfitLine(blast, template)];
  return [...warn(costLine(blast, template)), ...plain(pastLine(past)), ...warn(out), ...plain(namesLine(blast))];
}
