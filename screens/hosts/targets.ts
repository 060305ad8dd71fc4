/** Which hosts a key of the Hosts screen is about. */
import type { Host } from '../../src/core/model.ts';
import { markedHosts } from '../../src/state/index.ts';
import type { CommandContext } from '../../src/ui/keys/command.ts';
import type { HostsScreen } from './state.ts';

type Context = CommandContext<HostsScreen>;

export const noHost = ({ screen }: Context) => (screen.current() ? undefined : 'there is no host to choose');

/** The marked ones, or the one under the cursor. */
export function targets({ screen, services }: Context): readonly Host[] {
  const marked = markedHosts(services.state);
  const current = screen.current();
  return marked.length > 0 ? marked : current ? [current] : [];
}
