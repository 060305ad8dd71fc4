/** `rollcall templates`: what may be asked, and what may not, with the reason. */

import { type ParamJson, templateToJson } from '../core/aisoc.ts';
import type { Approval, ListedTemplate } from '../core/allowlist.ts';
import { findTemplate } from '../core/launch-policy.ts';
import { AllowlistError, Problem } from '../core/problem.ts';
import { cleanMultiline } from '../core/sanitize.ts';
import type { Command, CommandContext } from './context.ts';
import { toAscii } from './messages.ts';
import { type ListForm, printList, writeAll, writeJson } from './print.ts';
import { readLine } from './stdin.ts';

const MAX_SQL = 65_536;

/** Of a template that cannot be read. */
const UNREAD = { title: '', why: '', platforms: [], params: [], sql: '', digest: '', attack: [], cost: '', stack: [], volatile: [] };

const toJson = ({ name, origin, state, reason, template }: ListedTemplate) => ({
  ...(template ? templateToJson(template) : { name, ...UNREAD }),
  origin,
  state,
  reason,
});

const parametersOf = ({ template }: ListedTemplate): string =>
  template?.params.map(param => (param.default === undefined ? `${param.name} (required)` : param.name)).join(' ') ?? '';

const form: ListForm<ListedTemplate> = {
  json: toJson,
  header: ['name', 'title', 'platforms', 'cost', 'parameters'],
  cells: listed => [
    listed.name,
    listed.state === 'approved' ? (listed.template?.title ?? '') : `${listed.state}: ${listed.reason}`,
    listed.template?.platforms.join(' ') ?? '',
    listed.template?.cost ?? '',
    parametersOf(listed),
  ],
  csv: ['name', 'title', 'why', 'platforms', 'params', 'sql', 'digest', 'attack', 'cost', 'stack', 'volatile', 'origin', 'state', 'reason'],
  none: 'No templates.',
};

function range({ min, max, values, max_length }: ParamJson): string {
  if (min !== undefined) return ` ${min}..${max}`;
  if (values !== undefined) return ` ${values.join('|')}`;
  return max_length === undefined ? '' : ` up to ${max_length} characters`;
}

function describe({ name: listedName, origin, state, reason, template }: ListedTemplate): string[] {
  const standing =
    origin === 'shipped' && state === 'approved' ? [] : [`state      ${origin}, ${state}${reason === '' ? '' : `: ${reason}`}`];
  if (!template) return [`${listedName}: a template that cannot be read`, '', ...standing];
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
    ...standing,
    '',
    lines.length > 0 ? 'parameters' : 'no parameters',
    ...lines,
    '',
    ...sql.split('\n'),
  ];
}

/** A template for people: whoever wrote a site template may have put anything into it. */
async function printText({ terminal, out }: CommandContext, listed: ListedTemplate): Promise<void> {
  const text = `${cleanMultiline(describe(listed).join('\n'), MAX_SQL)}\n`;
  await writeAll({ terminal, out }, [terminal.unicode ? text : toAscii(text)]);
}

async function show(context: CommandContext, listed: ListedTemplate): Promise<void> {
  const { format } = context;
  if (format === 'json') return writeJson(context, toJson(listed));
  if (format !== 'table') return printList(context, [listed], form);
  return printText(context, listed);
}

/** Templates of that name: one, or a shipped one and a site's. Throws `AllowlistError` when there is none. */
async function named({ wire, directories }: CommandContext, name: string): Promise<readonly ListedTemplate[]> {
  const { listed, templates } = await (await wire()).allowlist(directories.configDir);
  const found = listed.filter(template => template.name === name);
  if (found.length === 0) findTemplate(templates, name);
  return found;
}

const ofOrigin = (found: readonly ListedTemplate[], origin: ListedTemplate['origin']): ListedTemplate | undefined =>
  found.find(template => template.origin === origin) ?? found[0];

/** Throws `AllowlistError` for a name that is none. */
export const templates: Command = async context => {
  const [name] = context.args;
  const chosen = name === undefined ? undefined : ofOrigin(await named(context, name), 'shipped');
  if (chosen) await show(context, chosen);
  else await printList(context, (await (await context.wire()).allowlist(context.directories.configDir)).listed, form);
  return 0;
};

async function confirmed({ stdin, messages, signal, given }: CommandContext): Promise<boolean> {
  if (!stdin.isTTY || given.has('yes')) return true;
  messages.tell('Type yes to approve it:');
  return (await readLine(stdin, signal)).trim() === 'yes';
}

async function printApproval(context: CommandContext, listed: ListedTemplate, approval: Approval): Promise<void> {
  const approved = { ...listed, state: 'approved' as const, reason: '' };
  if (context.format === 'json') await writeJson(context, { ...toJson(approved), approval });
  else if (context.format !== 'table') await printList(context, [approved], form);
  context.messages.step(`Template '${listed.name}' approved by ${approval.by} at ${approval.at}: ${approval.digest}`);
}

/**
 * Shows a template of the site and records who approved it, when and as what. A person at a terminal is asked. Throws
 * `AllowlistError` for one that approval cannot help, a 'usage' Problem for a shipped one.
 */
export const approveTemplate: Command = async context => {
  const [name = ''] = context.args;
  const found = ofOrigin(await named(context, name), 'site');
  if (!found || found.origin === 'shipped')
    throw new Problem('usage', `Template '${name}' is shipped with rollcall: it needs no approval.`);
  const { template, state, reason } = found;
  if (state === 'approved') {
    context.messages.tell(`Template '${name}' is approved already, as it is.`);
    return 0;
  }
  const open = state === 'unapproved' || state === 'changed';
  if (!template || !open) throw new AllowlistError(`Template '${name}' cannot be approved: ${reason}.`);
  if (context.format === 'table') await printText(context, found);
  if (!(await confirmed(context))) throw new Problem('usage', 'Not approved.');
  const wire = await context.wire();
  await printApproval(context, found, wire.approveTemplate(context.directories, template));
  return 0;
};
