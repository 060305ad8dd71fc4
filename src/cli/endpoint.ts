/** The direct endpoints among the sources, for commands that are about one. */
import { openSettings } from '../adapters/config-file.ts';
import type { Connector } from '../core/ports.ts';
import { Problem } from '../core/problem.ts';
import type { CommandContext } from './context.ts';
import type { Session } from './session.ts';

const NONE = 'No direct endpoint is configured. Add one: rollcall source add direct NAME.';

/** Names of the configured direct endpoints that the flags choose. Throws a 'usage' Problem when there is none. */
export function endpointNames({ common, directories }: CommandContext): readonly string[] {
  if (common.lab !== undefined) return [];
  const all = openSettings(directories.configDir)
    .sources()
    .filter(({ kind }) => kind === 'direct')
    .map(({ name }) => name);
  const chosen = common.sources.length === 0 ? all : common.sources;
  const other = chosen.find(name => !all.includes(name));
  if (other !== undefined) throw new Problem('usage', `Source '${other}' is no direct endpoint. There are: ${all.join(', ') || 'none'}.`);
  if (chosen.length === 0) throw new Problem('usage', NONE);
  return chosen;
}

/** A connector with `member`; the only one there is. Throws a 'usage' Problem when there are several. */
export function endpointOf<K extends 'nodes' | 'enrolment'>({ engine }: Session, member: K): Connector & Required<Pick<Connector, K>> {
  const has = (one: Connector): one is Connector & Required<Pick<Connector, K>> => one[member] !== undefined;
  const found = engine.connectors.filter(has);
  const [endpoint] = found;
  if (!endpoint) throw new Problem('usage', NONE);
  if (found.length > 1) throw new Problem('usage', `Which endpoint? Name one with --source: ${found.map(({ id }) => id).join(', ')}.`);
  return endpoint;
}
