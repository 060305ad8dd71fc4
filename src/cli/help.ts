/** Help, from the tables of commands, flags and exit codes. */
import packageJson from '../../package.json' with { type: 'json' };
import { Problem } from '../core/problem.ts';
import { clean } from '../core/sanitize.ts';
import { argumentForm, COMMANDS, COMMON_FLAGS, type CommandSpec, type Flag } from './args.ts';
import type { Command } from './context.ts';
import { EXIT_CODES } from './exit-codes.ts';

/** `rollcall query TEMPLATE --host NAME`: the command with its arguments. */
export const commandForm = ({ name, args }: CommandSpec): string => ['rollcall', name, ...args.map(argumentForm)].join(' ');

export const flagForm = ({ name, value, optional }: Flag): string => {
  if (value === undefined) return `--${name}`;
  return optional ? `--${name} [${value}]` : `--${name} ${value}`;
};

const columns = (rows: readonly (readonly [string, string])[]): string[] => {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
};

const flagRows = (flags: readonly Flag[]) =>
  flags.map(flag => {
    const remarks = [flag.required && 'required', flag.many && 'repeatable', flag.env && `env ${flag.env}`].filter(Boolean).join(', ');
    return [flagForm(flag), remarks ? `${flag.help} (${remarks})` : flag.help] as const;
  });

/** Everything on one page. */
export function overview(): string[] {
  return [
    'rollcall calls the roll of an osquery fleet: who answered, who did not, and what they said.',
    '',
    '  rollcall             open the console on the configured sources',
    '  rollcall --lab [N]   open it on this machine and N simulated hosts, no set-up needed',
    '',
    'Commands',
    ...columns(COMMANDS.map(spec => [commandForm(spec).slice('rollcall '.length), spec.summary] as const)),
    '',
    'Flags of every command',
    ...columns(flagRows(COMMON_FLAGS)),
    '',
    'Exit codes',
    ...columns(EXIT_CODES.map(({ code, when }) => [String(code), when] as const)),
    '',
    '`rollcall help COMMAND` has the flags of a command, and examples.',
  ];
}

function details(spec: CommandSpec): string[] {
  const { flags, summary, examples = [], notes = [] } = spec;
  return [
    `${commandForm(spec)}: ${summary}`,
    ...notes,
    ...(flags.length > 0 ? ['', 'Flags', ...columns(flagRows(flags))] : []),
    ...(examples.length > 0 ? ['', 'Examples', ...examples.map(example => `  ${example}`)] : []),
    '',
    'Flags of every command: `rollcall help`.',
  ];
}

/** Help for a command and for all whose names go on from it (`nodes`, `source`). Throws a 'usage' Problem for what is no command. */
function helpFor(words: readonly string[]): string[] {
  const wanted = words.join(' ');
  const named = COMMANDS.filter(({ name }) => `${name} `.startsWith(`${wanted} `));
  const found = named.length > 0 ? named : COMMANDS.filter(({ name }) => wanted.startsWith(`${name} `)).slice(-1);
  if (found.length > 0) return found.flatMap((spec, index) => (index === 0 ? details(spec) : ['', ...details(spec)]));
  throw new Problem('usage', `There is no command '${clean(wanted, 80)}'. There are: ${COMMANDS.map(({ name }) => name).join(', ')}.`);
}

export const help: Command = async ({ args, out }) => {
  await out.write(`${(args.length === 0 ? overview() : helpFor(args)).join('\n')}\n`);
  return 0;
};

export const version: Command = async ({ out }) => {
  await out.write(`rollcall ${packageJson.version}\n`);
  return 0;
};
