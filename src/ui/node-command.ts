/** The operator's decisions about hosts that enrolled to rollcall itself, for every screen that shows hosts. */
import type { Host } from '../core/model.ts';
import type { EnrolledNode, NodeAdmin, NodeChange } from '../core/ports.ts';
import { parseTags } from '../core/tags.ts';
import type { Command, CommandContext } from './keys/command.ts';
import { attempt } from './keys/execute.ts';
import type { Services } from './services.ts';

/** ms that an endpoint, or the process that holds it, is given to answer. */
const PATIENCE_MS = 10_000;

/** Whoever decides about the nodes of the host's source; undefined where hosts do not enrol to rollcall. */
const nodeAdminOf = ({ engine }: Services, { source }: Pick<Host, 'source'>): NodeAdmin | undefined =>
  engine.connectors.find(({ id }) => id === source)?.nodes;

/** The host as its endpoint knows it. */
export async function nodeOf(services: Services, { source, id }: Pick<Host, 'source' | 'id'>): Promise<EnrolledNode | undefined> {
  const nodes = await nodeAdminOf(services, { source })?.list(AbortSignal.timeout(PATIENCE_MS));
  return nodes?.find(node => node.id === id);
}

const NAMES_SHOWN = 3;

/** `web-1, web-2 and 7 more`. */
export function namesOf(hosts: readonly Pick<Host, 'hostname'>[]): string {
  const names = hosts.slice(0, NAMES_SHOWN).map(({ hostname }) => hostname);
  return hosts.length > NAMES_SHOWN ? `${names.join(', ')} and ${hosts.length - NAMES_SHOWN} more` : names.join(', ');
}

const DONE: Readonly<Record<NodeChange['action'], string>> = {
  approve: 'let in',
  block: 'blocked',
  forget: 'forgotten',
  tag: 'tagged',
};

const ASKED: Readonly<Record<'block' | 'forget', readonly string[]>> = {
  block: ['It gets errors, and keeps its key and what it wants to send.', 'Approving lets it in again.'],
  forget: ['Its key is worth nothing any more: it enrols anew when it comes again.', 'What it told stays here.'],
};

async function decide(services: Services, hosts: readonly Host[], change: NodeChange): Promise<void> {
  for (const host of hosts) await nodeAdminOf(services, host)?.change(host.id, change, AbortSignal.timeout(PATIENCE_MS));
  services.ui.say(`${namesOf(hosts)}: ${DONE[change.action]}.`);
}

async function ask(services: Services, hosts: readonly Host[], action: keyof typeof ASKED): Promise<boolean> {
  const [verb, ...rest] = action;
  const title = `${verb?.toUpperCase()}${rest.join('')} ${namesOf(hosts)}?`;
  const number = hosts.length > 1 ? { number: hosts.length } : {};
  return services.ui.confirm({ title, lines: ASKED[action], yes: action, ...number });
}

async function tags(services: Services, hosts: readonly Host[], done: () => void): Promise<void> {
  const { ui } = services;
  const [first] = hosts;
  const before = hosts.length === 1 && first ? await nodeOf(services, first) : undefined;
  ui.prompt({
    id: 'node.tags',
    label: `Tags of ${namesOf(hosts)}: `,
    value: before?.tags.join(' ') ?? '',
    onAccept: text =>
      void attempt(ui, async () => {
        await decide(services, hosts, { action: 'tag', tags: parseTags(text.trim().replace(/[\s,]+/g, ',')) });
        done();
      }),
  });
}

function openMenu(services: Services, hosts: readonly Host[], done: () => void): void {
  const change = async (action: 'approve' | 'block' | 'forget') => {
    if (action !== 'approve' && !(await ask(services, hosts, action))) return services.ui.say('Nothing was changed.');
    await decide(services, hosts, { action });
    done();
  };
  services.ui.menu({
    title: namesOf(hosts),
    items: [
      { key: 'a', word: 'approve', run: () => change('approve') },
      { key: 'b', word: 'block', run: () => change('block') },
      { key: 'f', word: 'forget', run: () => change('forget') },
      { key: 't', word: 'tag', run: () => tags(services, hosts, done) },
    ],
  });
}

/** `hostsOf`: whom it is about. `done`: called after a change. */
export function nodeCommand<S>(
  screen: string,
  hostsOf: (context: CommandContext<S>) => readonly Host[],
  done: (context: CommandContext<S>) => void = () => undefined,
): Command<S> {
  return {
    id: `${screen}.node`,
    keys: ['L'],
    title: 'Approve, block, forget, tag',
    help: 'Lets hosts in or locks them out, where they enrolled to rollcall itself: a second enrolment of a taken identifier waits for that.',
    where: 'screen',
    danger: true,
    blocked(context) {
      const hosts = hostsOf(context);
      if (hosts.length === 0) return 'there is no host to choose';
      const other = hosts.find(host => nodeAdminOf(context.services, host) === undefined);
      return other && `${other.hostname} did not enrol to rollcall but to ${other.source}`;
    },
    run: context => openMenu(context.services, hostsOf(context), () => done(context)),
  };
}
