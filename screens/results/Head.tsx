/** The head of a run: what was asked, how it stands, the states to choose from or what is looked at. */
import type { ReactNode } from 'react';
import type { Run } from '../../src/core/run.ts';
import { counted, fullTime } from '../../src/ui/format.ts';
import { Line } from '../../src/ui/Line.tsx';
import { useServices } from '../../src/ui/services.ts';
import type { Segment } from '../../src/ui/theme.ts';
import { useStore } from '../../src/ui/use-store.ts';
import { NOTES_SHOWN } from './layout.ts';
import { after, tabSegments, tallyText } from './select.ts';
import { groupText } from './stacking.ts';
import type { Level, ResultsScreen } from './state.ts';

function phaseText({ phase, record, endedAt, open, sendings }: Run): string {
  if (open) return `waits up to ${after((sendings.at(-1) ?? record).timeoutMs)}`;
  return `${phase === 'cancelled' ? 'cancelled' : 'ended'} after ${after((endedAt ?? record.startedAt) - record.startedAt)}`;
}

/** How far a run that goes out in waves has come. */
const wavesText = ({ open, waves }: Run): string =>
  open && waves ? ` · wave ${waves.begun} of ${waves.planned} · ${waves.asked} of ${waves.of} asked` : '';

/** What is shown of how much, while a filter narrows it. */
function FilterLine({ screen, width }: { readonly screen: ResultsScreen; readonly width: number }): ReactNode {
  const { count, of } = screen.shown();
  const shown: Segment = { text: ` ${count} of ${of} shown`, tone: 'accent' };
  return <Line width={width} segments={[shown, { text: `  /${screen.filter()}` }, { text: '  esc shows all', tone: 'muted' }]} />;
}

/** Whose rows are looked at. */
function whoseText(screen: ResultsScreen): string {
  const { level, group } = screen.get();
  if (level === 'group' && group) return `${groupText(group, screen.masked())} on ${counted(group.hosts, 'host')}`;
  return level === 'rows' ? (screen.target()?.key ?? '') : 'all hosts';
}

const WITH_ROWS: readonly Level[] = ['rows', 'table', 'group'];

/** What is on screen beneath the head of the run, in a few words; empty for the roll. */
function viewText(screen: ResultsScreen): string {
  const { level, sort } = screen.get();
  const stack = screen.stack();
  if (level === 'stack' && stack) return `${counted(stack.groups().length, 'value')} on ${counted(stack.hosts, 'host')}, rarest first`;
  if (!WITH_ROWS.includes(level)) return '';
  const order = sort ? `, by ${sort.column} ${sort.order === 'asc' ? 'up' : 'down'}` : '';
  return `${whoseText(screen)}: ${counted(screen.table()?.count ?? 0, 'row')}${order}`;
}

type HeadProps = { readonly screen: ResultsScreen; readonly run: Run; readonly width: number };

/** What was asked, how it stands, what the source remarked, and the states to choose from or what is looked at. */
export function RunHead({ screen, run, width }: HeadProps): ReactNode {
  const services = useServices();
  const { zone } = useStore(services.ui);
  const { template, params, sources, startedAt } = run.record;
  const asked = Object.entries(params).map(([name, value]) => `${name}=${value}`);
  const tally = run.tally;
  const title: Segment[] = [
    { text: ` ${template}`, tone: 'strong' },
    { text: wavesText(run), tone: 'accent' },
    { text: asked.map(one => ` ${one}`).join('') },
    {
      text: `  ${phaseText(run)} · ${sources.join(', ')} · ${fullTime(startedAt, zone, services.offsetMinutes).replace(/\.\d+/, '')}`,
      tone: 'muted',
    },
  ];
  const counts = screen.counts();
  const view = viewText(screen);
  const below: readonly Segment[] =
    view === '' && counts ? tabSegments(counts, screen.get().tab, width) : [{ text: ` ${view}`, tone: 'accent' }];
  return (
    <>
      <Line width={width} segments={title} />
      <Line
        width={width}
        segments={[
          { text: ` ${tallyText(tally)}`, tone: 'strong' },
          { text: `  of ${tally.targeted}`, tone: 'muted' },
        ]}
      />
      {run.notes.slice(-NOTES_SHOWN).map(note => (
        <Line key={note} width={width} segments={[{ text: ` ! ${note}`, tone: 'warn' }]} />
      ))}
      <Line width={width} segments={below} />
      {screen.filter() !== '' && <FilterLine screen={screen} width={width} />}
    </>
  );
}
