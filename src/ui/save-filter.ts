/** Keeping a filter under a name. */
import { badFilterName, saveFilter } from '../core/saved-filters.ts';
import type { Services } from './services.ts';

/** Asks for a name, and saves the filter for every console on the same data. `saved` is called then. */
export function askFilterName({ ui, kept }: Pick<Services, 'ui' | 'kept'>, filter: string, saved: () => void = () => undefined): void {
  ui.prompt({
    id: 'filters.name',
    label: `Save ${filter} as: `,
    check(name) {
      const what = badFilterName(name);
      return what === undefined ? undefined : { from: 0, to: name.length, what };
    },
    onAccept(name) {
      saveFilter(kept, { name, filter });
      saved();
      ui.say(`Saved as @${name}: F lists it, and \`rollcall feed --filter @${name}\` takes it.`);
    },
  });
}
