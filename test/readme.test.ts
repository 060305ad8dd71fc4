/** The README's tables are made from the program. `npm run readme` writes them; this test fails when they are stale. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import shipped from 'rollcall:templates';
import { expect, it } from 'vitest';
import { SCREENS } from '../screens/index.ts';
import { argumentForm, COMMANDS } from '../src/cli/args.ts';
import { EXIT_CODES } from '../src/cli/exit-codes.ts';
import { parseTemplate } from '../src/core/template.ts';
import type { CommandInfo } from '../src/ui/keys/command.ts';
import { keyLabel } from '../src/ui/keys/names.ts';
import { commandTable } from '../src/ui/keys/registry.ts';
import { root } from './helpers/paths.ts';

const file = path.join(root, 'README.md');
const cell = (text: string): string => text.replaceAll('|', '\\|');
const table = (heads: readonly string[], rows: readonly (readonly string[])[]): string =>
  [heads, heads.map(() => '---'), ...rows].map(row => `| ${row.map(cell).join(' | ')} |`).join('\n');

const code = (text: string): string => `\`${text}\``;

const keyRow = (command: CommandInfo): readonly string[] => [
  command.keys.map(key => code(keyLabel(key))).join(' '),
  command.title,
  command.help,
];
const keyTable = (rows: readonly (readonly string[])[]): string => table(['keys', 'what', ''], rows);

/** A section for each screen; what three or more of them share word for word stands once, at the end. */
function keys(): string {
  const sections = commandTable(SCREENS).map(({ title, commands }) => ({
    title,
    rows: commands.filter(command => command.keys.length > 0).map(keyRow),
  }));
  const all = sections.flatMap(({ rows }) => rows.map(row => row.join()));
  const isShared = (row: readonly string[]) => all.filter(other => other === row.join()).length >= 3;
  const shared = new Map(sections.flatMap(({ rows }) => rows.filter(isShared).map(row => [row.join(), row] as const)));
  const own = sections.map(({ title, rows }) => ({ title, rows: rows.filter(row => !isShared(row)) }));
  return [...own, { title: 'In every list', rows: [...shared.values()] }]
    .filter(({ rows }) => rows.length > 0)
    .map(({ title, rows }) => `**${title}**\n\n${keyTable(rows)}`)
    .join('\n\n');
}

function templates(): string {
  const rows = shipped.map(parseTemplate).map(({ name, title, platforms, params, attack, cost }) => {
    const typed = params.map(param => (param.default === undefined ? `${param.name} (required)` : `${param.name}=${param.default}`));
    return [code(name), title, platforms.map(platform => platform[0]?.toUpperCase()).join(' '), typed.join(', '), cost, attack.join(' ')];
  });
  return table(['template', 'what it shows', 'on', 'parameters', 'cost', 'ATT&CK'], rows);
}

const SECTIONS: Readonly<Record<string, () => string>> = {
  keys,
  templates,
  commands: () =>
    table(
      ['command', 'what it does'],
      COMMANDS.map(({ name, args, summary }) => [code(['rollcall', name, ...args.map(argumentForm)].join(' ')), summary]),
    ),
  'exit codes': () =>
    table(
      ['code', 'when'],
      EXIT_CODES.map(({ code: number, when }) => [String(number), when]),
    ),
};

const markers = (name: string) => ({ begin: `<!-- ${name}: made by npm run readme -->`, end: `<!-- /${name} -->` });

/** The README with every generated section as it should be. */
function withSections(text: string): string {
  return Object.entries(SECTIONS).reduce((readme, [name, make]) => {
    const { begin, end } = markers(name);
    const [from, to] = [readme.indexOf(begin), readme.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`README.md lacks the markers of "${name}"`);
    return `${readme.slice(0, from + begin.length)}\n\n${make()}\n\n${readme.slice(to)}`;
  }, text);
}

it('has tables that say what the program does', () => {
  const written = readFileSync(file, 'utf8');
  const wanted = withSections(written);
  if (process.env.ROLLCALL_WRITE_README === '1') writeFileSync(file, wanted);
  else expect(written, 'run `npm run readme`').toBe(wanted);
});
