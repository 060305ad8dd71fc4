/** The right side of the Launch screen: what a template is for, its form, the SQL as it would be sent, whom it reaches. */
import { Box } from 'ink';
import type { ReactNode } from 'react';
import { toProblem } from '../../src/core/problem.ts';
import type { ParamSpec, Template } from '../../src/core/template.ts';
import { fit, wrapCells } from '../../src/ui/cells.ts';
import type { Size } from '../../src/ui/keys/command.ts';
import { Line } from '../../src/ui/Line.tsx';
import { type Services, useServices } from '../../src/ui/services.ts';
import { TextField } from '../../src/ui/TextField.tsx';
import type { Segment } from '../../src/ui/theme.ts';
import { blastOf, type Entry, fieldHint, fieldProblem, reachLines } from './select.ts';
import type { LaunchScreen } from './state.ts';

const LABEL = 13;
const NARROW: Partial<Record<ParamSpec['type'], number>> = { int: 10, time: 22, enum: 22 };
const HINT = 26;

/** Cells of a field: numbers are short, paths and texts take what the hint leaves. */
const fieldWidth = ({ type }: ParamSpec, width: number): number =>
  Math.min(width - LABEL, NARROW[type] ?? Math.max(12, width - LABEL - HINT));

type Lines = readonly (readonly Segment[])[];
type Part = { readonly screen: LaunchScreen; readonly width: number };

function Field({ screen, width, field, place }: Part & { readonly field: ParamSpec; readonly place: number }): ReactNode {
  const services = useServices();
  const focused = screen.get().focus === place;
  const room = fieldWidth(field, width);
  const value = screen.value(field);
  const problem = fieldProblem(field, value, services.now());
  const wrong = problem !== undefined && (value !== '' || focused);
  const fallback = String(field.default ?? '');
  return (
    <Box width={width} height={1}>
      <Line width={LABEL} segments={[{ text: fit(`${focused ? '▸' : ' '} ${field.name}`, LABEL), tone: focused ? 'accent' : undefined }]} />
      <Box width={room} height={1}>
        <TextField value={value} placeholder={fallback} focus={focused} width={room} onChange={text => screen.type(field, text)} />
      </Box>
      <Line
        width={Math.max(0, width - LABEL - room)}
        segments={[{ text: ` ${wrong ? problem : fieldHint(field)}`, tone: wrong ? 'bad' : 'muted' }]}
      />
    </Box>
  );
}

/** The statement as it would be sent, or why there is none yet. */
function sqlLines(template: Template, screen: LaunchScreen, { engine }: Services, width: number, most: number): Segment[][] {
  try {
    const { sql } = engine.preview({ template: template.name, params: screen.params() });
    const lines = wrapCells(sql.replace(/\s+/g, ' '), width);
    return lines.slice(0, most).map((text, index) => [{ text: index === most - 1 && lines.length > most ? `${text} …` : text }]);
  } catch (thrown) {
    return wrapCells(toProblem(thrown).message, width)
      .slice(0, most)
      .map(text => [{ text, tone: 'warn' }]);
  }
}

function targetLines(template: Template, screen: LaunchScreen, width: number): Lines {
  const hosts = screen.targets();
  const nobody: Segment = { text: 'no hosts picked: 2 goes to the hosts, space marks, A here takes all', tone: 'warn' };
  const lines = hosts.length === 0 ? [nobody] : reachLines(blastOf(template, hosts), template, screen.get().offline, screen.past());
  return lines.flatMap(({ text, tone }) => wrapCells(text, width).map((part): Segment[] => [{ text: part, tone }]));
}

const drawn = (part: string, lines: Lines, width: number): readonly ReactNode[] =>
  lines.map((segments, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a line of a text is its place
    <Line key={`${part}${index}`} width={width} segments={[{ text: ' ' }, ...segments]} />
  ));

/** Lines of the statement at most, and at least where whom it reaches needs the room. */
const SQL_LINES = { most: 8, least: 2 };

function Launchable({ screen, template, width, height }: Part & { readonly template: Template; readonly height: number }): ReactNode {
  const services = useServices();
  const fields = screen.fields();
  const inner = width - 2;
  const hosts = blastOf(template, screen.targets()).hosts;
  const head: Lines = [
    [{ text: template.title, tone: 'strong' }],
    [{ text: [template.platforms.join(' '), `cost ${template.cost}`, ...template.attack].join(' · '), tone: 'muted' }],
    ...wrapCells(template.why, inner)
      .slice(0, height < 24 ? 3 : 4)
      .map(text => [{ text }]),
    [],
  ];
  const reach: Lines = [
    [],
    [{ text: `On ${hosts} ${hosts === 1 ? 'host' : 'hosts'}`, tone: 'muted' }],
    ...targetLines(template, screen, inner),
  ];
  const room = height - head.length - fields.length - 2 - reach.length;
  const sql: Lines = [
    [],
    [{ text: 'SQL as it will be sent', tone: 'muted' }],
    ...sqlLines(template, screen, services, inner, Math.max(SQL_LINES.least, Math.min(SQL_LINES.most, room))),
  ];
  const lines = [
    ...drawn('head', head, width),
    ...fields.map((field, place) => (
      <Field key={`${template.name}.${field.name}`} screen={screen} width={width} field={field} place={place} />
    )),
    ...drawn('foot', [...sql, ...reach], width),
  ];
  return lines.slice(0, height);
}

/** What may not be launched: why not, and where more is said. */
function Refused({ entry, width, height }: { readonly entry: Exclude<Entry, { template: Template }> } & Size): ReactNode {
  const { name, refusal } = entry;
  const inner = width - 2;
  const wrapped = (text: string, tone?: Segment['tone']): Lines => wrapCells(text, inner).map(part => [{ text: part, tone }]);
  const lines: Lines = [
    [{ text: name, tone: 'strong' }],
    [{ text: 'may not be launched', tone: 'muted' }],
    [],
    ...wrapped(`${refusal}.`, 'warn'),
    [],
    ...wrapped(`rollcall templates ${name} shows it, as far as it can be read. Templates are read when rollcall starts.`),
  ];
  return drawn('refused', lines, width).slice(0, height);
}

export function Details({ screen, entry, width, height }: { readonly screen: LaunchScreen; readonly entry: Entry } & Size): ReactNode {
  return (
    <Box flexDirection="column" width={width} height={height} overflow="hidden">
      {entry.template ? (
        <Launchable screen={screen} template={entry.template} width={width} height={height} />
      ) : (
        <Refused entry={entry} width={width} height={height} />
      )}
    </Box>
  );
}
