/** What a key of the Carves screen is about. */
import type { Host } from '../../src/core/model.ts';
import { markedHosts } from '../../src/state/index.ts';
import type { CommandContext } from '../../src/ui/keys/command.ts';
import type { CarvesScreen } from './state.ts';

type Context = CommandContext<CarvesScreen>;

export const noRow = ({ screen }: Context) => (screen.current() ? undefined : 'no file was fetched yet');

/** The marked hosts, or the one of the row under the cursor. */
export function hostsOf({ screen, services: { state } }: Context): readonly Host[] {
  const marked = markedHosts(state);
  if (marked.length > 0) return marked;
  const row = screen.current();
  return state.inventory.get().hosts.filter(({ source, id }) => source === row?.host.source && id === row.host.id);
}
