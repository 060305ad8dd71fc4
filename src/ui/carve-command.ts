/** Fetching a file from hosts, for every screen that shows hosts. */
import type { Host } from '../core/model.ts';
import type { Command, CommandContext } from './keys/command.ts';
import type { Services } from './services.ts';

/** Why no file can be fetched from all of these hosts; undefined when one can. */
function cannotCarve({ carving }: Services, hosts: readonly Host[]): string | undefined {
  if (hosts.length === 0) return 'there is no host to choose';
  if (!carving) return 'rollcall is still starting';
  for (const host of hosts) {
    const reason = carving.blocked(host);
    if (reason !== undefined) return `${host.hostname}: ${reason}`;
  }
  return undefined;
}

/** `hostsOf`: whom to ask. */
export const carveCommand = <S>(screen: string, hostsOf: (context: CommandContext<S>) => readonly Host[]): Command<S> => ({
  id: `${screen}.carve`,
  keys: ['C'],
  title: 'Fetch a file (carve)',
  help: "Asks for an absolute path, then has the hosts send that file by osquery's carver. Hosts of a direct endpoint only.",
  where: 'screen',
  danger: true,
  blocked: context => cannotCarve(context.services, hostsOf(context)),
  run: context => context.services.ui.go('carves', { hosts: hostsOf(context) }),
});
