/** Sending to many hosts asks a person first. */
import { Problem } from '../core/problem.ts';
import type { CommandContext } from './context.ts';
import { readLine } from './stdin.ts';

/** More targets than this need a word. */
export const MANY = 25;

/** Throws a 'usage' Problem unless the hosts are few, `--yes` was given, or a person types their number. */
export async function confirmMany({ given, stdin, signal, messages }: CommandContext, hosts: number): Promise<void> {
  if (hosts <= MANY || given.has('yes')) return;
  if (!stdin.isTTY) {
    throw new Problem('usage', `${hosts} hosts are more than ${MANY}, so nothing was sent. Add --yes if all of them are meant.`);
  }
  messages.tell(`This goes to ${hosts} hosts. Type ${hosts} to send it:`);
  const typed = await readLine(stdin, signal);
  if (typed.trim() !== String(hosts)) throw new Problem('usage', 'Not confirmed, so nothing was sent.');
}
