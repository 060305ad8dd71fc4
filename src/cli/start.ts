/** argv -> console or command -> exit code. Loads the one that is wanted, nothing else. */
import { resolveDirectories } from '../adapters/directories.ts';
import { detectTerminal, isAddressable } from '../ui/theme.ts';
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
    const terminal = detectTerminal(invocation.common.noColor ? { ...env, NO_COLOR: '1' } : env);
    // Ink colours through chalk, which looks at the environment when it is loaded; the tones are chosen by `terminal` alone.
    env.FORCE_COLOR = '1';
    delete env.NO_COLOR;
    const { runConsole } = await import('./console.ts');
    return runConsole(invocation.common, resolveDirectories(invocation.common, env), terminal);
  }
  const { runCommand } = await import('./index.ts');
  return runCommand(argv);
}
