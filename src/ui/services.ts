/** All that screens and commands may use, made once by whoever opens the console. */
import { createContext, useContext } from 'react';
import type { FeedEvent } from '../core/model.ts';
import type { Clipboard, HistogramStore, HostChangesStore, KeyValueStore } from '../core/ports.ts';
import type { Engine } from '../engine/api.ts';
import type { Carving } from '../engine/carving.ts';
import type { History } from '../state/feed.ts';
import type { AppState } from '../state/index.ts';
import type { TriageBoard } from '../state/triage.ts';
import type { Alarm } from './alarm.ts';
import type { Exporter } from './exporter.ts';
import type { BoundCommand } from './keys/command.ts';
import type { SourceAdmin } from './source-admin.ts';
import type { Terminal } from './theme.ts';
import type { Ui } from './ui-state.ts';

/** The engine as the console needs it. */
export type ConsoleEngine = Pick<
  Engine,
  | 'templates'
  | 'refused'
  | 'connectors'
  | 'hosts'
  | 'runs'
  | 'run'
  | 'holds'
  | 'preview'
  | 'check'
  | 'launch'
  | 'again'
  | 'cancel'
  | 'refreshHosts'
  | 'policy'
>;

export type Services = {
  /** Without templates and hosts for the first moments, while it is being loaded. */
  readonly engine: ConsoleEngine;
  readonly state: AppState;
  /** What was decided about events; empty for the first moments. */
  readonly triage: TriageBoard;
  readonly ui: Ui;
  /** How sources are added; undefined while starting, and in the lab. */
  readonly sourceAdmin?: SourceAdmin | undefined;
  /** What happened on single hosts, from the store; undefined while starting. */
  readonly hostChanges?: HostChangesStore | undefined;
  /** Files fetched from hosts; undefined while starting. */
  readonly carving?: Carving | undefined;
  /** Small values that outlast the console: saved filters, what was typed in prompts. */
  readonly kept: KeyValueStore;
  /** Where copies go; undefined while starting. */
  readonly clipboard?: Clipboard | undefined;
  /** What writes files and evidence; undefined while starting. */
  readonly exporter?: Exporter | undefined;
  /** What a rule looks for, in its own words. */
  ruleTitle(id: string): string | undefined;
  /** Events counted by time and severity, from the store; undefined while starting. */
  readonly histogram?: HistogramStore | undefined;
  /** Seconds that a live query waits unless told otherwise. */
  readonly timeoutS: number;
  /** Epoch ms. */
  now(): number;
  readonly terminal: Terminal;
  /** Bell and title. */
  readonly alarm: Pick<Alarm, 'settings' | 'change'>;
  /** Minutes that local time is ahead of UTC at `ms`. */
  offsetMinutes(ms: number): number;
  /** A stored event with its raw record, by store sequence. */
  raw(seq: number): FeedEvent | undefined;
  /** Events on disk that are older than those in memory; undefined while starting. */
  readonly history?: History | undefined;
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
