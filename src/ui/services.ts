/** All that screens and commands may use, made once by whoever opens the console. */
import { createContext, useContext } from 'react';
import type { FeedEvent } from '../core/model.ts';
import type { Engine } from '../engine/api.ts';
import type { AppState } from '../state/index.ts';
import type { BoundCommand } from './keys/command.ts';
import type { SourceAdmin } from './source-admin.ts';
import type { Terminal } from './theme.ts';
import type { Ui } from './ui-state.ts';

/** The engine as the console needs it. */
export type ConsoleEngine = Pick<
  Engine,
  'templates' | 'connectors' | 'hosts' | 'runs' | 'run' | 'preview' | 'check' | 'launch' | 'again' | 'cancel' | 'refreshHosts' | 'policy'
>;

export type Services = {
  /** Without templates and hosts for the first moments, while it is being loaded. */
  readonly engine: ConsoleEngine;
  readonly state: AppState;
  readonly ui: Ui;
  /** How sources are added; undefined while starting, and in the lab. */
  readonly sourceAdmin?: SourceAdmin | undefined;
  /** Seconds that a live query waits unless told otherwise. */
  readonly timeoutS: number;
  /** Epoch ms. */
  now(): number;
  readonly terminal: Terminal;
  /** Minutes that local time is ahead of UTC at `ms`. */
  offsetMinutes(ms: number): number;
  /** A stored event with its raw record, by store sequence. */
  raw(seq: number): FeedEvent | undefined;
  /** Every command of every screen, then those that act everywhere. */
  commands(): readonly BoundCommand[];
  /** Closes the console. */
  exit(): void;
  /** Stops the process as the shell's job control does; resolves when it goes on. */
  suspend(): Promise<void>;
  /** Paints the whole screen anew. */
  redraw(): void;
};

const Context = createContext<Services | undefined>(undefined);

export const ServicesProvider = Context.Provider;

export function useServices(): Services {
  const services = useContext(Context);
  if (!services) throw new Error('useServices is called outside the console');
  return services;
}
