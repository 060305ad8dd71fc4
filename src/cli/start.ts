/** argv -> console or command -> exit code. Loads the one that is wanted, nothing else. */
import { resolveDirectories } from '../adapters/directories.ts';
import { isAddressable } from '../ui/theme.ts';
import { parseInvocation } from './parse.ts';

export async function start(argv: readonly string[]): Promise<number> {
  const invocation = parseInvocation(argv);
  const { env, stdin, stdout } = process;
  if (invocation.kind === 'console' && !invocation.common.plain && stdin.isTTY && stdout.isTTY && isAddressable(env)) {
    // Ink colours through chalk, which would guess from the environment; `theme.ts` decides instead.
    env.FORCE_COLOR = '1';
    const { runConsole } = await import('./console.ts');
    return runConsole(invocation.common, resolveDirectories(invocation.common, env));
  }
  const { runCommand } = await import('./index.ts');
  return runCommand(argv);
}
