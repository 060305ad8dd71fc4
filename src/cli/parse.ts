/** argv -> what is to be done. Loads nothing heavy: the console starts after this. */
import { didYouMean } from '../core/meant.ts';
import { wholeNumber } from '../core/number.ts';
import { Problem } from '../core/problem.ts';
import { clean } from '../core/sanitize.ts';
import { MAX_WAIT_S } from '../core/wait.ts';
import {
  argumentForm,
  COMMANDS,
  COMMON_FLAGS,
  COMMON_FORMATS,
  CONSOLE_FLAGS,
  type CommandSpec,
  DEFAULT_LAB,
  type Flag,
  FORMATS,
  type Format,
} from './args.ts';

/** Flags that mean the same everywhere. */
export type CommonOptions = {
  readonly configDir: string | undefined;
  readonly dataDir: string | undefined;
  readonly sources: readonly string[];
  /** Number of simulated hosts; undefined without `--lab`. */
  readonly lab: number | undefined;
  readonly format: Format | undefined;
  readonly output: string | undefined;
  readonly noColor: boolean;
  readonly plain: boolean;
  readonly quiet: boolean;
  readonly timeoutS: number | undefined;
};

/** The flags that were given, by name; a switch has an empty value. */
export type Given = ReadonlyMap<string, readonly string[]>;

export type CommandInvocation = {
  readonly kind: 'command';
  readonly spec: CommandSpec;
  readonly args: readonly string[];
  readonly given: Given;
  readonly common: CommonOptions;
};

export type Invocation =
  | { readonly kind: 'console'; readonly common: CommonOptions }
  | CommandInvocation
  | { readonly kind: 'error'; readonly problem: Problem; readonly format: Format | undefined };

const MAX_LAB = 100_000;
const ALL_FLAGS = new Map([...COMMON_FLAGS, ...COMMANDS.flatMap(({ flags }) => flags)].map(flag => [flag.name, flag]));

const usage = (message: string): Problem => new Problem('usage', message);
const shown = (text: string): string => `'${clean(text, 80)}'`;

type Split = { readonly words: string[]; readonly given: Map<string, string[]> };

function flagNamed(argument: string): { flag: Flag; inline: string | undefined } {
  const [, name = '', inline] = /^--([^=]*)(?:=([\s\S]*))?$/.exec(argument === '-h' ? '--help' : argument) ?? [];
  const flag = ALL_FLAGS.get(name);
  if (!flag) {
    const hint = didYouMean(name, [...ALL_FLAGS.keys()], known => `--${known}`);
    throw usage(`There is no flag ${shown(argument.split('=')[0] ?? argument)}. ${hint}\`rollcall help\` lists the flags of each command.`);
  }
  return { flag, inline };
}

const isFlag = (argument: string) => argument === '-h' || ALL_FLAGS.has(/^--([^=]+)/.exec(argument)?.[1] ?? '');

/** Words and flags, in any order; `--` ends the flags. A value may begin with a dash unless it is the name of a flag. */
function split(argv: readonly string[]): Split {
  const words: string[] = [];
  const given = new Map<string, string[]>();
  for (let at = 0; at < argv.length; at += 1) {
    const argument = argv[at] ?? '';
    if (argument === '--') return { words: [...words, ...argv.slice(at + 1)], given };
    if (!argument.startsWith('-') || argument === '-') {
      words.push(argument);
      continue;
    }
    const { flag, inline } = flagNamed(argument);
    const next = argv[at + 1];
    let value = inline ?? '';
    if (flag.value === undefined) {
      if (inline !== undefined) throw usage(`--${flag.name} takes no value.`);
    } else if (inline === undefined && (flag.optional ? /^\d+$/.test(next ?? '') : next !== undefined && !isFlag(next))) {
      value = next ?? '';
      at += 1;
    } else if (inline === undefined && !flag.optional) {
      throw usage(`--${flag.name} needs a value: --${flag.name} ${flag.value}.`);
    }
    const before = given.get(flag.name) ?? [];
    if (before.length > 0 && flag.value !== undefined && !flag.many) throw usage(`--${flag.name} stands twice. Give it once.`);
    given.set(flag.name, [...before, value]);
  }
  return { words, given };
}

/** The command with the most words that stand at the beginning. */
function commandOf(words: readonly string[]): CommandSpec {
  const begins = ({ name }: CommandSpec) => name.split(' ').every((word, index) => words[index] === word);
  const found = COMMANDS.filter(begins).sort((a, b) => b.name.length - a.name.length)[0];
  if (found) return found;
  const beginning = (depth: number) => words.slice(0, depth).join(' ');
  const related = [2, 1]
    .map(depth => COMMANDS.filter(({ name }) => words.length >= depth && name.startsWith(`${beginning(depth)} `)))
    .find(list => list.length > 0);
  const names = (related ?? COMMANDS).map(({ name }) => name);
  const typed = words.slice(0, 3).join(' ');
  const hint = didYouMean(typed, names) || didYouMean(beginning(1), names);
  throw usage(`There is no command ${shown(typed)}. ${hint}${related ? 'It goes on' : 'There are'}: ${names.join(', ')}.`);
}

function checkFlags(given: Given, known: readonly Flag[], of: string): void {
  const unknown = [...given.keys()].filter(name => !known.some(flag => flag.name === name));
  if (unknown.length > 0) throw usage(`${of} takes no ${unknown.map(name => `--${name}`).join(', ')}.`);
  const missing = known.filter(({ name, required }) => required && !given.has(name));
  if (missing.length > 0) throw usage(`${of} needs ${missing.map(({ name, value }) => `--${name} ${value}`).join(', ')}.`);
}

function checkArguments({ name, args }: CommandSpec, given: readonly string[]): void {
  const needed = args.filter(({ optional }) => !optional);
  const form = `rollcall ${[name, ...args.map(argumentForm)].join(' ')}`;
  if (given.length < needed.length)
    throw usage(
      `${needed
        .slice(given.length)
        .map(arg => arg.name)
        .join(', ')} is missing: ${form}.`,
    );
  if (given.length > args.length && !args.at(-1)?.many)
    throw usage(`${given.slice(args.length).map(shown).join(', ')} is too much: ${form}.`);
}

function number(given: Given, name: string, min: number, max: number): number | undefined {
  const text = given.get(name)?.[0];
  if (text === undefined) return undefined;
  const value = wholeNumber(text, min, max);
  if (value === undefined) throw usage(`--${name} must be a whole number from ${min} to ${max}, not ${shown(text)}.`);
  return value;
}

const noFormat = (format: string, known: readonly Format[] = COMMON_FORMATS): Problem =>
  usage(`There is no format ${shown(format)}. There are: ${known.join(', ')}.`);

function commonOptions(given: Given): CommonOptions {
  const one = (name: string): string | undefined => {
    const value = given.get(name)?.[0];
    if (value === '') throw usage(`--${name} needs a value.`);
    return value;
  };
  const format = one('format');
  const known = FORMATS.find(name => name === format);
  if (format !== undefined && !known) throw noFormat(format);
  const lab = given.get('lab')?.[0] === '' ? DEFAULT_LAB : number(given, 'lab', 0, MAX_LAB);
  const sources = given.get('source') ?? [];
  if (lab !== undefined && sources.length > 0) throw usage('--lab stands instead of the configured sources: leave --source out.');
  return {
    configDir: one('config-dir'),
    dataDir: one('data-dir'),
    sources,
    lab,
    format: known,
    output: one('output'),
    noColor: given.has('no-color'),
    plain: given.has('plain'),
    quiet: given.has('quiet'),
    timeoutS: number(given, 'timeout', 1, MAX_WAIT_S),
  };
}

const bare = (name: string): CommandSpec => commandOf([name]);

function invocation(argv: readonly string[]): Invocation {
  // The only flag that is a command, as people expect it.
  if (argv.some(argument => argument === '--version' || argument === '-V')) {
    return { kind: 'command', spec: bare('version'), args: [], given: new Map(), common: commonOptions(new Map()) };
  }
  const { words, given } = split(argv);
  if (given.has('help')) return { kind: 'command', spec: bare('help'), args: words, given, common: commonOptions(new Map()) };
  if (words.length === 0) {
    checkFlags(
      given,
      COMMON_FLAGS.filter(({ name }) => CONSOLE_FLAGS.includes(name)),
      'The console',
    );
    return { kind: 'console', common: commonOptions(given) };
  }
  const spec = commandOf(words);
  const args = words.slice(spec.name.split(' ').length);
  if (spec.name !== 'help') {
    checkFlags(given, [...COMMON_FLAGS, ...spec.flags], spec.name);
    checkArguments(spec, args);
  }
  const common = commonOptions(given);
  const formats = [...COMMON_FORMATS, ...(spec.formats ?? [])];
  if (common.format && !formats.includes(common.format)) throw noFormat(common.format, formats);
  return { kind: 'command', spec, args, given, common };
}

/** The format that was asked for, in a command line that could not be read. */
function formatIn(argv: readonly string[]): Format | undefined {
  const at = argv.findIndex(argument => /^--format(=|$)/.test(argument));
  const value = argv[at]?.includes('=') ? argv[at].slice('--format='.length) : argv[at + 1];
  return at < 0 ? undefined : FORMATS.find(name => name === value);
}

/** Reads the command line. What is wrong with it comes back as an 'error' with a 'usage' Problem. */
export function parseInvocation(argv: readonly string[]): Invocation {
  try {
    return invocation(argv);
  } catch (thrown) {
    if (!(thrown instanceof Problem)) throw thrown;
    return { kind: 'error', problem: thrown, format: formatIn(argv) };
  }
}
