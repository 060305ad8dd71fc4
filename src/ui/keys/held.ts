import type { Dispatcher } from './dispatch.ts';

/** Keeps what is typed before the console is `ready`, in order, for `release`. Ctrl+c is never kept. */
export function heldUntil(ready: () => boolean, dispatcher: Dispatcher): Dispatcher & { release(): void } {
  const held: Array<() => void> = [];
  return {
    press(key) {
      if (ready() || key.name === 'ctrl+c') dispatcher.press(key);
      else held.push(() => dispatcher.press(key));
    },
    paste(text) {
      if (ready()) dispatcher.paste(text);
      else held.push(() => dispatcher.paste(text));
    },
    release() {
      for (const act of held.splice(0)) act();
    },
  };
}
