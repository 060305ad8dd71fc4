/** Stacking a run: fed with answers as they come, never counted anew. Outside React. */
import { maskSecrets } from '../../src/core/mask.ts';
import type { Row } from '../../src/core/model.ts';
import type { Run, Target } from '../../src/core/run.ts';
import { columnsIn, createStack, type Stack, type StackGroup, stackColumns } from '../../src/core/stack.ts';
import type { Template } from '../../src/core/template.ts';
import { fit } from '../../src/ui/cells.ts';
import type { Segment } from '../../src/ui/theme.ts';

/** What a run whose template is not known any more is stacked by: everything. */
const NO_RULES: Pick<Template, 'stack' | 'volatile'> = { stack: [], volatile: [] };

export type Stacker = {
  /** The stack of a run by these columns, the template's where none are chosen; up to date with the run. */
  of(run: Run, template: Template | undefined, chosen: readonly string[] | undefined): Stack;
};

const answered = (run: Run): readonly Target[] => run.targets.filter(({ state }) => state === 'rows' || state === 'no_rows');

export function createStacker(): Stacker {
  let current:
    | { readonly run: Run; readonly columns: string; readonly stack: Stack; readonly fed: Map<string, readonly Row[]> }
    | undefined;
  return {
    of(run, template, chosen) {
      const targets = answered(run);
      const columns = chosen ?? stackColumns(template ?? NO_RULES, columnsIn(targets));
      const key = columns.join('\u0000');
      if (current?.run !== run || current.columns !== key) current = { run, columns: key, stack: createStack(columns), fed: new Map() };
      const { stack, fed } = current;
      for (const { key: host, rows } of targets) {
        if (fed.get(host) === rows) continue;
        if (fed.has(host)) stack.replace(host, rows);
        else stack.add(host, rows);
        fed.set(host, rows);
      }
      return stack;
    },
  };
}

const HOSTS = 8;
const ROWS = 8;
const FIRST = 24;

const cell = (text: string, width: number): string => `${fit(text, width - 2)}  `;
const number = (value: string, width: number): string => `${fit(value, width - 2, 'right')}  `;

export const stackHead = (stack: Stack): readonly Segment[] => [
  { text: ` ${number('hosts', HOSTS)}${number('rows', ROWS)}${cell('first host', FIRST)}`, tone: 'muted' },
  { text: stack.columns.join(' · '), tone: 'accent' },
];

/** The values of a group as they may be seen. `masked`: which of them may hold secrets. */
export const groupCells = ({ values }: Pick<StackGroup, 'values'>, masked: readonly boolean[]): readonly (string | null)[] =>
  values.map((value, index) => (value && masked[index] ? maskSecrets(value).text : value));

/** The same in one text; an empty value is a dot. */
export const groupText = (group: Pick<StackGroup, 'values'>, masked: readonly boolean[]): string =>
  groupCells(group, masked)
    .map(value => (value === null || value === '' ? '·' : value))
    .join(' · ');

/** A value that only one host has stands out: that is what stacking is for. `masked`: values that may hold secrets. */
export function groupSegments(group: StackGroup, of: number, masked: readonly boolean[] = []): readonly Segment[] {
  const { hosts, rows, firstHost } = group;
  const rare = hosts === 1 && of > 2;
  return [
    { text: number(String(hosts), HOSTS), tone: rare ? 'high' : undefined },
    { text: number(String(rows), ROWS), tone: 'muted' },
    { text: cell(hosts === 1 ? firstHost : `${firstHost} …`, FIRST), tone: 'muted' },
    { text: groupText(group, masked) },
  ];
}
