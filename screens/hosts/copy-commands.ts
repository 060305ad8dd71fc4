/** Copying from the list of hosts: a name, or the marked hosts as a table. */
import { HOST_COLUMNS, hostToJson } from '../../src/core/aisoc.ts';
import type { Host } from '../../src/core/model.ts';
import { copyText, tsvTable } from '../../src/ui/clipboard.ts';
import { counted } from '../../src/ui/format.ts';
import type { Command, CommandContext } from '../../src/ui/keys/command.ts';
import type { HostsScreen } from './state.ts';
import { noHost, targets } from './targets.ts';

/** As in `rollcall hosts --format csv`, without what only a program reads. */
const HEADS = HOST_COLUMNS.filter(column => column !== 'id' && column !== 'kind');

function cellsOf(host: Host): readonly string[] {
  const json = { ...hostToJson(host), labels: host.labels.join(' ') };
  return HEADS.map(head => json[head] ?? '');
}

/** In the order of the list; those that the search hides come last. */
function asShown(context: CommandContext<HostsScreen>): readonly Host[] {
  const places = new Map(context.screen.shown().map((host, place) => [host, place]));
  const placeOf = (host: Host) => places.get(host) ?? places.size;
  return targets(context).toSorted((a, b) => placeOf(a) - placeOf(b));
}

export const copyCommands: readonly Command<HostsScreen>[] = [
  {
    id: 'hosts.copy',
    keys: ['y'],
    title: 'Copy the name',
    help: 'Copies the name of the host under the cursor to the clipboard of your terminal (OSC 52) and to a file.',
    where: 'screen',
    blocked: noHost,
    run({ screen, services }) {
      const host = screen.current();
      return host && copyText(services, host.hostname, 'the name');
    },
  },
  {
    id: 'hosts.copy-marked',
    keys: ['Y'],
    title: 'Copy the marked hosts',
    help: 'Copies the marked hosts, or the one under the cursor, as tab-separated lines with a head.',
    where: 'screen',
    blocked: noHost,
    run(context) {
      const hosts = asShown(context);
      return copyText(context.services, tsvTable(HEADS, hosts.map(cellsOf)), counted(hosts.length, 'host'));
    },
  },
];
