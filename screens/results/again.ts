/** Asking again: only the missing hosts, folded into the same run; or all of them, as a run of its own. */
import { wholeNumber } from '../../src/core/number.ts';
import { permitHosts } from '../../src/core/policy.ts';
import { toProblem } from '../../src/core/problem.ts';
import { bucketOf, type Run, type Target } from '../../src/core/run.ts';
import { MAX_WAIT_S } from '../../src/core/wait.ts';
import { planWaves, WAVE_RULE, wavesText } from '../../src/core/waves.ts';
import { wrapCells } from '../../src/ui/cells.ts';
import type { Context } from './actions.ts';

/** Cells that a confirmation leaves at its left and right. */
const CONFIRM_MARGIN = 3;

export const ended = ({ screen }: Context) => (screen.run()?.open ? 'the run still waits for answers' : undefined);

/** Without an answer that counts: silent, failed, cancelled, not asked. */
const isMissing = ({ state }: Target): boolean => bucketOf(state) !== 'answered';

export type Missing = { readonly targets: readonly Target[]; readonly areShown: boolean };

/** Whom `r` asks: the missing ones of those that a tab or a filter shows; all missing ones where it shows none of them. */
export function missing({ screen }: Context): Missing {
  const all = screen.run()?.targets.filter(isMissing) ?? [];
  const shown = screen.get().level === 'hosts' ? screen.targets().filter(isMissing) : all;
  const areShown = shown.length > 0 && shown.length < all.length;
  return { targets: areShown ? shown : all, areShown };
}

const count = (number: number): string => `${number} ${number === 1 ? 'host' : 'hosts'}`;

/** In which waves they would be asked, where it is in several. */
function wavesOf({ screen, size }: Context, targets: readonly Target[]): string[] {
  const template = screen.template();
  const waves = template
    ? wavesText(
        planWaves(
          template.cost,
          targets.map(({ host }) => host),
        ),
      )
    : '';
  return waves === '' ? [] : wrapCells(`In ${waves}. ${WAVE_RULE}`, size.width - CONFIRM_MARGIN);
}

async function send(context: Context, run: Run, targets: readonly Target[], seconds: number): Promise<void> {
  const { screen, services } = context;
  const { ui, engine } = services;
  const lines = wavesOf(context, targets);
  const isMany = targets.length > engine.policy.confirmAbove;
  try {
    permitHosts(engine.policy, targets.length);
    const yes =
      !isMany || (await ui.confirm({ title: `Send it to ${count(targets.length)}?`, lines, number: targets.length, yes: 'send' }));
    if (!yes) return ui.say('Nothing was sent.');
    await engine.again(run.id, targets, { timeoutMs: seconds * 1000, offline: 'wait' });
    screen.patch({ tab: 'all', filters: { ...screen.get().filters, hosts: '' } });
  } catch (thrown) {
    ui.say(toProblem(thrown).message, 'error');
  }
}

const secondsIn = (typed: string): number | undefined => wholeNumber(typed, 1, MAX_WAIT_S);

/** The same query for those that are missing; the time to wait is asked for, twice the last one being proposed. */
export function askAgain(context: Context): void {
  const { screen, services } = context;
  const { ui } = services;
  const run = screen.run();
  if (!run) return;
  const { targets, areShown } = missing(context);
  const lastMs = run.sendings.at(-1)?.timeoutMs ?? run.record.timeoutMs;
  ui.prompt({
    id: 'results.wait',
    label: `Ask ${areShown ? `${targets.length} shown` : count(targets.length)} again, wait (s): `,
    value: String(Math.min(MAX_WAIT_S, (2 * lastMs) / 1000)),
    check: typed => (secondsIn(typed) ? undefined : { from: 0, to: typed.length, what: `1 to ${MAX_WAIT_S} seconds` }),
    onAccept: typed => {
      const seconds = secondsIn(typed);
      if (seconds) void send(context, run, targets, seconds);
    },
  });
}

/** The launcher, filled in as the run was. */
export function launchAgain({ screen, services }: Context): void {
  const run = screen.run();
  if (!run) return;
  const params = Object.fromEntries(Object.entries(run.record.params).map(([name, value]) => [name, String(value)]));
  services.ui.go('launch', { template: run.record.template, params, hosts: run.targets.map(({ host }) => host) });
}
