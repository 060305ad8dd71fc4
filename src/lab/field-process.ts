/** The field process: this machine's node and the simulated hosts, beside the console, which must not wait for them. */
import { once } from 'node:events';
import { setPriority } from 'node:os';
import { setTimeout as after } from 'node:timers/promises';
import { Denylist } from '../agent/denylist.ts';
import type { AgentState, Identity } from '../agent/index.ts';
import { createAgent, localTables } from '../agent/index.ts';
import type { Clock, Log } from '../core/ports.ts';
import { isAbort, toProblem } from '../core/problem.ts';
import type { FieldNode, FromField, ToField } from './field-messages.ts';
import { startLab } from './index.ts';
import { watchProcess } from './watchdog.ts';

/** The console goes first when both want the processor. */
const NICENESS = 5;

const clock: Clock = { now: () => Date.now(), sleep: (ms, signal) => after(ms, undefined, signal ? { signal } : {}) };

/** What the console does not hear any more it does not need: `disconnect` ends this process. */
function tell(message: FromField): void {
  if (process.connected) process.send?.(message, undefined, {}, () => undefined);
}

const log: Log = { write: (level, message, detail = {}) => tell({ kind: 'log', level, message, detail }) };

/** A copy of what the console keeps; changes go there at once. */
function mirrored(entries: ToField['state']): (space: string) => AgentState {
  const values = new Map(entries);
  return space => ({
    get: key => values.get(`${space}.${key}`),
    set: (key, value) => {
      values.set(`${space}.${key}`, value);
      tell({ kind: 'state', key: `${space}.${key}`, value });
    },
  });
}

function localAgent({ server, enrollSecret }: ToField, node: FieldNode, state: AgentState, denylist: Denylist) {
  const identity: Identity = { ...node.identity, startedAt: Math.floor(clock.now() / 1000) };
  const tables = localTables({ root: '/', now: () => clock.now(), euid: process.geteuid?.() ?? 0, identity });
  const { hostIdentifier, intervals } = node;
  return createAgent({
    server,
    enrollSecret,
    identity,
    tables,
    clock,
    state,
    denylist,
    log,
    ...(hostIdentifier === undefined ? {} : { hostIdentifier }),
    ...(intervals === undefined ? {} : { intervals }),
  });
}

/** Runs until the console goes away. Only for a process that `startField` started: it waits for its first message. */
export async function runField(): Promise<void> {
  const stop = new AbortController();
  process.once('disconnect', () => stop.abort());
  // The terminal sends it to the whole group; when to stop is the console's business.
  process.on('SIGINT', () => undefined);
  const [message] = (await once(process, 'message', { signal: stop.signal })) as [ToField];
  setPriority(NICENESS);
  watchProcess(message.limitMs);
  const state = mirrored(message.state);
  const denylist = new Denylist(state('marks'), clock);
  const parts = [
    ...(message.node ? [localAgent(message, message.node, state('node'), denylist)] : []),
    ...(message.lab ? [startLab({ ...message, ...message.lab, clock, log, state: state('lab'), denylist })] : []),
  ];
  void Promise.all(parts.map(part => part.ready)).then(
    () => tell({ kind: 'ready' }),
    () => undefined,
  );
  try {
    await Promise.all(parts.map(part => part.run(stop.signal)));
  } catch (thrown) {
    if (isAbort(thrown)) return;
    const { kind, message: text, detail } = toProblem(thrown);
    tell({ kind: 'failed', problem: kind, message: text, detail });
    process.disconnect();
  }
}
