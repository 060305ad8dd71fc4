import { toProblem } from '../../core/problem.ts';
import type { Ui } from '../ui-state.ts';
import type { BoundCommand } from './command.ts';

/** Does what a command does, or says why not. A failure ends on the status line. */
export async function execute(ui: Ui, command: BoundCommand): Promise<void> {
  const reason = command.blocked();
  if (reason !== undefined) {
    ui.say(`${command.title}: ${reason}`, 'warn');
    return;
  }
  await attempt(ui, () => command.run());
}

/** Does it; a failure ends on the status line. For what is done later than the command that began it: prompts, menus. */
export async function attempt(ui: Ui, work: () => void | Promise<void>): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    ui.say(toProblem(thrown).message, 'error');
  }
}
