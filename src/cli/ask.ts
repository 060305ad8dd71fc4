/** A live query as a command runs it: sent, waited for, its answers printed as they come, its end told. */
import { exitCodeOf, hostLine, runToJson } from '../core/aisoc.ts';
import type { Host } from '../core/model.ts';
import type { LaunchOptions } from '../core/ports.ts';
import { isAbort } from '../core/problem.ts';
import type { Run, Target } from '../core/run.ts';
import type { Template } from '../core/template.ts';
import { planWaves, wavesText } from '../core/waves.ts';
import type { Launched } from '../engine/api.ts';
import { DEFAULT_TIMEOUT_S } from './args.ts';
import type { CommandContext } from './context.ts';
import { exitCodeFor } from './exit-codes.ts';
import { unlessAborted } from './limits.ts';
import { jsonLine, writeAll } from './print.ts';
import { elapsed, isAnswered, printRun, tallyText } from './print-run.ts';
import type { Session } from './session.ts';

/** What becomes of a run's answers on standard output. */
export interface AnswerPrinter {
  /** The run changed. */
  take(run: Run): void;
  /** The run has ended. Rejects when something could not be written. */
  finish(run: Run): Promise<void>;
}

/** The run in the format of the context; `jsonl` prints each host's line once it has answered, in the order of the answers. */
class RunPrinter implements AnswerPrinter {
  readonly #printed = new Set<string>();
  readonly #context: CommandContext;
  readonly #secrets: readonly string[];
  #writing: Promise<void> = Promise.resolve();
  #failure: unknown;

  constructor(context: CommandContext, secrets: readonly string[]) {
    this.#context = context;
    this.#secrets = secrets;
  }

  take(run: Run): void {
    if (this.#context.format !== 'jsonl') return;
    const fresh = run.targets.filter(target => isAnswered(target) && !this.#printed.has(target.key));
    if (fresh.length === 0) return;
    fresh.sort((a, b) => (a.afterMs ?? 0) - (b.afterMs ?? 0));
    for (const { key } of fresh) this.#printed.add(key);
    this.#writing = this.#writing.then(() => this.#write(fresh));
  }

  async #write(targets: readonly Target[]): Promise<void> {
    try {
      await writeAll(
        this.#context,
        targets.map(target => jsonLine(hostLine(target))),
      );
    } catch (thrown) {
      this.#failure ??= thrown;
    }
  }

  async finish(run: Run): Promise<void> {
    this.take(run);
    await this.#writing;
    if (this.#failure) throw this.#failure;
    await printRun(this.#context, run, { printed: this.#printed, secrets: this.#secrets });
  }
}

export type Asking = {
  readonly template: Template;
  readonly hosts: readonly Host[];
  /** Launches the query, or asks anew. */
  send(options: LaunchOptions): Promise<Launched>;
  /** Remarks on the run that were told before. */
  readonly told?: readonly string[];
  /** Default: `--timeout`, or 60 s. */
  readonly timeoutMs?: number;
  /** Default: as `query` prints. */
  readonly printer?: AnswerPrinter;
};

type Outcome = { readonly run: Run; readonly launched: Launched | undefined };

/** Sends and waits; an interrupt ends the waiting and the run. */
async function sendAndWait({ signal }: CommandContext, session: Session, send: () => Promise<Launched>): Promise<Outcome> {
  const { engine, seen } = session;
  let latest: Run | undefined;
  const { onRun } = seen;
  seen.onRun = run => {
    latest = run;
    onRun(run);
  };
  try {
    const launched = await unlessAborted(send(), signal);
    const { run, ended } = launched;
    try {
      await unlessAborted(ended, signal);
    } catch (thrown) {
      if (!isAbort(thrown)) throw thrown;
      await engine.cancel(run.id);
    }
    return { run, launched };
  } catch (thrown) {
    if (!isAbort(thrown)) throw thrown;
    await session.close();
    if (!latest) throw thrown;
    return { run: latest, launched: undefined };
  }
}

/** Tells of every wave that begins. */
function waveTeller({ messages }: CommandContext): (run: Run) => void {
  let told = 1;
  return ({ waves }) => {
    if (!waves || waves.begun <= told) return;
    told = waves.begun;
    messages.step(`wave ${waves.begun} of ${waves.planned}: ${waves.asked} of ${waves.of} hosts asked`);
  };
}

/** Runs the query to its end, prints it and resolves with the exit code of `query`. Throws what `send` throws. */
export async function ask(context: CommandContext, session: Session, asking: Asking): Promise<number> {
  const { messages, clock, common } = context;
  const { template, hosts, told = [], printer = new RunPrinter(context, template.secrets) } = asking;
  const { timeoutMs = (common.timeoutS ?? DEFAULT_TIMEOUT_S) * 1_000 } = asking;
  const tellWaves = waveTeller(context);
  session.seen.onRun = run => {
    printer.take(run);
    tellWaves(run);
    messages.progress(`${tallyText(run)} · ${elapsed(run, clock.now())}`);
  };
  const sources = [...new Set(hosts.map(({ source }) => source))].join(', ');
  const waves = wavesText(planWaves(template.cost, hosts));
  messages.step(`asking ${hosts.length} ${hosts.length === 1 ? 'host' : 'hosts'} on ${sources}${waves === '' ? '' : `, in ${waves}`}`);
  const { run, launched } = await sendAndWait(context, session, () => asking.send({ timeoutMs, offline: 'wait' }));
  messages.rest();
  await printer.finish(run);
  const shown = context.format === 'table' && context.terminal.tty;
  messages.step(`${shown ? '' : `${tallyText(run)} · `}${elapsed(run, clock.now())} · run ${run.id}`);
  for (const note of run.notes) if (!told.includes(note)) messages.tell(note);
  if (run.count('not_asked') > 0) {
    const lab = common.lab === undefined ? '' : ` --lab ${common.lab}`;
    messages.tell(`To ask those that were not: rollcall query --run ${run.id} --missing${lab}`);
  }
  const problem = launched?.problem();
  return problem && runToJson(run).partial ? exitCodeFor(problem.kind) : exitCodeOf(run);
}
