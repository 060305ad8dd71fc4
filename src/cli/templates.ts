/** `rollcall templates`: what may be asked. */
import { type ParamJson, templateToJson } from '../core/aisoc.ts';
import { findTemplate } from '../core/launch-policy.ts';
import type { Template } from '../core/template.ts';
import type { Command, CommandContext } from './context.ts';
import { toAscii } from './messages.ts';
import { type ListForm, printList, writeAll, writeJson } from './print.ts';

const form: ListForm<Template> = {
  json: templateToJson,
  header: ['name', 'title', 'platforms', 'cost', 'parameters'],
  cells: ({ name, title, platforms, cost, params }) => [
    name,
    title,
    platforms.join(' '),
    cost,
    params.map(param => (param.default === undefined ? `${param.name} (required)` : param.name)).join(' '),
  ],
  csv: ['name', 'title', 'why', 'platforms', 'params', 'sql', 'digest', 'attack', 'cost', 'stack', 'volatile'],
  none: 'No templates.',
};

function range({ min, max, values, max_length }: ParamJson): string {
  if (min !== undefined) return ` ${min}..${max}`;
  if (values !== undefined) return ` ${values.join('|')}`;
  return max_length === undefined ? '' : ` up to ${max_length} characters`;
}

function describe(template: Template): string[] {
  const { name, title, why, platforms, params, sql, digest, attack, cost } = templateToJson(template);
  const lines = params.map(
    param => `  ${param.name}  ${param.type}${range(param)}  ${param.required ? 'required' : `default ${param.default}`}  ${param.title}`,
  );
  return [
    `${name}: ${title}`,
    why,
    '',
    `platforms  ${platforms.join(' ')}`,
    `cost       ${cost}`,
    `ATT&CK     ${attack.join(' ') || '-'}`,
    `digest     ${digest}`,
    '',
    lines.length > 0 ? 'parameters' : 'no parameters',
    ...lines,
    '',
    ...sql.split('\n'),
  ];
}

async function show(context: CommandContext, template: Template): Promise<void> {
  const { format, terminal } = context;
  if (format === 'json') return writeJson(context, templateToJson(template));
  if (format !== 'table') return printList(context, [template], form);
  return writeAll(
    context,
    describe(template).map(line => `${terminal.unicode ? line : toAscii(line)}\n`),
  );
}

/** Throws `AllowlistError` for a name that is none. */
export const templates: Command = async context => {
  const wire = await context.wire();
  const [name] = context.args;
  if (name === undefined) await printList(context, wire.templates(), form);
  else await show(context, findTemplate(wire.templates(), name));
  return 0;
};
