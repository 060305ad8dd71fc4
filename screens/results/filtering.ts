/** The prompt that narrows hosts, rows or stacked values, and what it offers to complete. */
import type { Seen } from '../../src/core/filter-completions.ts';
import type { Vocabulary } from '../../src/core/filter-language.ts';
import { hostValues } from '../../src/core/host-filter.ts';
import {
  parseRowFilter,
  parseStackFilter,
  parseTargetFilter,
  ROW_VOCABULARY,
  stackVocabulary,
  TARGET_VOCABULARY,
} from '../../src/core/result-filter.ts';
import { columnsIn } from '../../src/core/stack.ts';
import { andNot, byFrequency, promptFilter } from '../../src/ui/filter-prompt.ts';
import type { Context } from './actions.ts';
import type { Filtered, ResultsScreen } from './state.ts';

type Language = { readonly fields: Vocabulary<never>['fields']; parse(filter: string): unknown };

function languageOf(screen: ResultsScreen, what: Filtered): Language {
  const columns = screen.stack()?.columns ?? [];
  const languages: Readonly<Record<Filtered, () => Language>> = {
    hosts: () => ({ fields: TARGET_VOCABULARY.fields, parse: parseTargetFilter }),
    rows: () => ({ fields: ROW_VOCABULARY.fields, parse: parseRowFilter }),
    values: () => ({ fields: stackVocabulary(columns).fields, parse: text => parseStackFilter(text, columns) }),
  };
  return languages[what]();
}

/** Values that the hosts of the run have; of a column its name, which is what comes first. */
const seenIn =
  (screen: ResultsScreen): Seen =>
  field => {
    const targets = screen.run()?.targets ?? [];
    if (field === 'col') return columnsIn(targets).map(column => `${column}=`);
    if (field === 'reason') return byFrequency(targets.map(({ reason }) => reason)).filter(reason => reason !== '');
    const hosts = targets.map(({ host }) => host);
    return byFrequency(hostValues(hosts, field));
  };

/** Asks for the filter of this level; `value`: what the prompt begins with. */
export function askFilter({ screen, services: { ui } }: Context, value: string): void {
  const what = screen.filtered();
  if (what === undefined) return;
  promptFilter(ui, {
    id: `results.${what}`,
    label: '/',
    before: screen.filter(),
    value,
    seen: seenIn(screen),
    look: screen.look,
    ...languageOf(screen, what),
  });
}

/** Adds a term that what is shown must not have. */
export const askExclusion = (context: Context): void => askFilter(context, andNot(context.screen.filter()));
