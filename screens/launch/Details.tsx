/** The right side of the Launch screen: what a template is for, its form, the SQL as it would be sent, whom it reaches. */
import { Box } from 'ink';
import type { ReactNode } from 'react';
import { toProblem } from '../../src/core/problem.ts';
import type { ParamSpec, Template } from '../../src/core/template.ts';
import { fit, wrapCells } from '../../src/ui/cells.ts';
import { Line } from '../../src/ui/Line.tsx';
import { type Services, useServices } from '../../src/ui/services.ts';
import { TextField } from '../../src/ui/TextField.tsx';
import type { Segment } from '../../src/ui/theme.ts';
import { blastLines, blastOf, fieldHint, fieldProblem } from './select.ts';
import type { LaunchScreen } from './state.ts';

const LABEL = 13;
const NARROW: Partial<Record<ParamSpec['type'], number>> = { int: 10, time: 22, enum: 22 };
const HINT = 26;

/** Cells of a field: numbers are short, paths and texts take what the hint leaves. */
const fieldWidth = ({ type }: ParamSpec, width: number): number =>
  Math.min(width - LABEL, NARROW[type] ?? Math.max(12, width - LABEL - HINT));

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

function targetLines(template: Template, screen: LaunchScreen, width: number): Segment[][] {
  const hosts = screen.targets();
  if (hosts.length === 0) return [[{ text: 'no hosts picked: 2 goes to the hosts, space marks, A here takes all', tone: 'warn' }]];
  const lines = blastLines(blastOf(template, hosts), template, screen.get().offline);
  const [first = '', ...more] = lines.flatMap(line => wrapCells(line, width));
  return [[{ text: first }], ...more.map((text): Segment[] => [{ text, tone: 'warn' }])];
}

export function Details({ screen, template, width, height }: Part & { readonly template: Template; readonly height: number }): ReactNode {
  const services = useServices();
  const fields = screen.fields();
  const inner = width - 2;
  const hosts = blastOf(template, screen.targets()).hosts;
  const why = wrapCells(template.why, inner).slice(0, height < 18 ? 2 : 4);
  const line = (key: string, segments: readonly Segment[]) => <Line key={key} width={width} segments={[{ text: ' ' }, ...segments]} />;
  const lines: ReactNode[] = [
    line('title', [{ text: template.title, tone: 'strong' }]),
    line('facts', [{ text: [template.platforms.join(' '), `cost ${template.cost}`, ...template.attack].join(' · '), tone: 'muted' }]),
    ...why.map((text, index) => line(`why${index}`, [{ text }])),
    line('gap1', []),
    ...fields.map((field, place) => (
      <Field key={`${template.name}.${field.name}`} screen={screen} width={width} field={field} place={place} />
    )),
    line('gap2', []),
    line('sql', [{ text: 'SQL as it will be sent', tone: 'muted' }]),
    ...sqlLines(template, screen, services, inner, height < 18 ? 3 : 8).map((segments, index) => line(`sql${index}`, segments)),
    line('gap3', []),
    line('on', [{ text: `On ${hosts} ${hosts === 1 ? 'host' : 'hosts'}`, tone: 'muted' }]),
    ...targetLines(template, screen, inner).map((segments, index) => line(`on${index}`, segments)),
  ];
  return (
    <Box flexDirection="column" width={width} height={height} overflow="hidden">
      {lines.slice(0, height)}
    </Box>
  );
}
