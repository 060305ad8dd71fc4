/** Sending to many hosts asks a person first. */
import { NO_POLICY, type Policy } from '../core/policy.ts';
import { Problem } from '../core/problem.ts';
import type { CommandContext } from './context.ts';
import { readLine } from './stdin.ts';

/** Whether a person at the terminal has to say yes. */
export const asksPerson = ({ given, stdin }: CommandContext, hosts: number, policy: Policy = NO_POLICY): boolean =>
  hosts > policy.confirmAbove && !given.has('yes') && stdin.isTTY === true;

/** Throws a 'usage' Problem unless the hosts are few, `--yes` was given, or a person types their number. */
export async function confirmMany(
  { given, stdin, signal, messages }: CommandContext,
  hosts: number,
  policy: Policy = NO_POLICY,
): Promise<void> {
  if (hosts <= policy.confirmAbove || given.has('yes')) return;
  if (!stdin.isTTY) {
    throw new Problem(
      'usage',
      `${hosts} hosts are more than ${policy.confirmAbove}, so nothing was sent. Add --yes if all of them are meant.`,
    );
  }
  messages.tell(`This goes to ${hosts} hosts. Type ${hosts} to send it:`);
  const typed = await readLine(stdin, signal);
  if (typed.trim() !== String(hosts)) throw new Problem('usage', 'Not confirmed, so nothing was sent.');
}
