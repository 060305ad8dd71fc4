/** The only reader of the keyboard: everything goes to the dispatcher, which knows who is meant. */
import { useInput, usePaste } from 'ink';
import type { Dispatcher } from './dispatch.ts';
import { keyPresses } from './names.ts';

/**
 * Stands before everything else that reads keys (ink-text-input does), so that a key's meaning is settled when they see it.
 */
export function KeyRouter({ dispatcher }: { readonly dispatcher: Dispatcher }): null {
  useInput((input, key) => {
    for (const press of keyPresses(input, key)) dispatcher.press(press);
  });
  usePaste(text => dispatcher.paste(text));
  return null;
}
