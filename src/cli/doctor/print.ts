/** The report in the four formats. Every text in it is printable and passes the redactor first. */
import { styleText } from 'node:util';
import { type Check, type CheckLevel, verdictOn } from '../../core/doctor.ts';
import { isoUtc } from '../../core/time.ts';
import { wrapCells } from '../../ui/cells.ts';
import type { CommandContext } from '../context.ts';
import { csvLine } from '../csv.ts';
import { toAscii } from '../messages.ts';
import { csvRecord, jsonLine, writeAll, writeJson } from '../print.ts';

const WORDS: Readonly<Record<CheckLevel, string>> = { ok: 'ok', warn: 'warn', bad: 'BAD' };
const COLOURS: Readonly<Record<CheckLevel, Parameters<typeof styleText>[0]>> = { ok: 'green', warn: 'yellow', bad: ['bold', 'red'] };
const LEVEL_WIDTH = 4;
const NAME_WIDTH = 12;
const COLUMNS = ['section', 'name', 'level', 'text', 'todo'] as const;

const toJson = ({ section, name, level, text, todo }: Check) => ({ section, name, level, text, todo: todo ?? null });

/** A check and, on lines of its own, what to do about it. A sentence is broken into lines on a terminal, and never cut. */
function* checkLines({ name, level, text, todo }: Check, { terminal }: CommandContext): Generator<string> {
  const shown = (line: string) => (terminal.unicode ? line : toAscii(line));
  const word = WORDS[level].padEnd(LEVEL_WIDTH);
  const head = terminal.colour > 0 ? styleText(COLOURS[level], word, { validateStream: false }) : word;
  const indent = ' '.repeat(2 + LEVEL_WIDTH + 2);
  const room = terminal.tty ? Math.max(20, terminal.columns - indent.length - NAME_WIDTH - 1) : Number.POSITIVE_INFINITY;
  const [first = '', ...rest] = wrapCells(shown(text), room);
  const under = indent + ' '.repeat(NAME_WIDTH + 1);
  yield `  ${head}  ${shown(name).padEnd(NAME_WIDTH)} ${first}`.trimEnd();
  for (const line of rest) yield under + line;
  if (todo !== undefined)
    for (const [index, line] of wrapCells(shown(todo), room - 3).entries()) yield `${under}${index === 0 ? '-> ' : '   '}${line}`;
}

function* table(checks: readonly Check[], context: CommandContext): Generator<string> {
  const { terminal, clock } = context;
  const bold = (text: string) => (terminal.colour > 0 ? styleText('bold', text, { validateStream: false }) : text);
  yield `rollcall doctor, ${isoUtc(clock.now())}`;
  let section = '';
  for (const check of checks) {
    if (check.section !== section) {
      yield '';
      yield bold(terminal.unicode ? check.section : toAscii(check.section));
    }
    ({ section } = check);
    yield* checkLines(check, context);
  }
  const { ok, warn, bad } = verdictOn(checks);
  yield '';
  const where = new Set(checks.filter(({ level }) => level === 'bad').map(one => one.section));
  const named = bad > 0 ? `: ${[...where].join(', ')}` : '';
  yield bold(terminal.unicode ? `${ok} ok, ${warn} warn, ${bad} bad${named}` : toAscii(`${ok} ok, ${warn} warn, ${bad} bad${named}`));
}

/** Prints the report; `code` is the exit code that goes with it. */
export async function printReport(context: CommandContext, checks: readonly Check[], code: number, version: string): Promise<void> {
  const { format, clock } = context;
  if (format === 'json') {
    const { worst, ...counts } = verdictOn(checks);
    const at = isoUtc(clock.now());
    await writeJson(context, { version, at, level: worst, counts, exit_code: code, checks: checks.map(toJson) });
  } else if (format === 'jsonl')
    await writeAll(
      context,
      checks.map(check => jsonLine(toJson(check))),
    );
  else if (format === 'csv') await writeAll(context, [csvLine(COLUMNS), ...checks.map(check => csvRecord(COLUMNS, toJson(check)))]);
  else
    await writeAll(
      context,
      [...table(checks, context)].map(line => `${line}\n`),
    );
}
