/** argv -> console or command -> exit code. Loads the one that is wanted, nothing else. */
import { resolveDirectories } from '../adapters/directories.ts';
import { isAddressable } from '../ui/theme.ts';
import { parseInvocation } from './parse.ts';

/** The word by which rollcall starts itself as the process of this machine's node and of the lab. */
export const FIELD_WORD = '__field';

export async function start(argv: readonly string[]): Promise<number> {
  if (argv[0] === FIELD_WORD) {
    const { runField } = await import('../lab/field-process.ts');
    await runField();
    return 0;
  }
  const invocation = parseInvocation(argv);
  const { env, stdin, stdout } = process;
  if (invocation.kind === 'console' && !invocation.common.plain && stdin.isTTY && stdout.isTTY && isAddressable(env)) {
    // Keys typed from now on are not echoed, and none is lost while the console is loaded.
    stdin.setRawMode(true);
    const { runConsole } = await import('./console.ts');
    return runConsole(invocation.common, resolveDirectories(invocation.common, env));
  }
  const { runCommand } = await import('./index.ts');
  return runCommand(argv);
}
