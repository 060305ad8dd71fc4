/** Stands in for the engine while it is being loaded: the first frame does not wait for it. */
import { Problem } from '../core/problem.ts';
import type { ConsoleEngine } from './services.ts';

const refuse = (): never => {
  throw new Problem('usage', 'rollcall is still starting: try again in a moment.');
};

export const STARTING_ENGINE: ConsoleEngine = {
  templates: [],
  refused: new Map(),
  policy: { templates: undefined, siteTemplates: true, maxHosts: Number.POSITIVE_INFINITY, confirmAbove: 25 },
  connectors: [],
  hosts: () => [],
  runs: () => [],
  run: () => undefined,
  holds: () => false,
  preview: refuse,
  check: async () => refuse(),
  launch: async () => refuse(),
  again: async () => refuse(),
  cancel: async () => refuse(),
  refreshHosts: async () => refuse(),
};
