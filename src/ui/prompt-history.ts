/** What was accepted in prompts, newest last. What is to last is kept in the store, where other consoles find it too. */
import type { KeyValueStore } from '../core/ports.ts';

const SPACE = 'prompts';
const MOST = 100;

export type PromptHistory = {
  history(id: string): readonly string[];
  remember(id: string, text: string, lasting?: boolean): void;
};

function parsed(text: string | undefined): readonly string[] {
  try {
    const value: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(value) ? value.filter(entry => typeof entry === 'string') : [];
  } catch {
    return [];
  }
}

export function promptHistory(kept: KeyValueStore): PromptHistory {
  const passing = new Map<string, readonly string[]>();
  const history = (id: string) => passing.get(id) ?? parsed(kept.get(SPACE, id));
  return {
    history,
    remember(id, text, lasting = false) {
      if (text === '') return;
      const entries = [...history(id).filter(entry => entry !== text), text].slice(-MOST);
      if (lasting) kept.set(SPACE, id, JSON.stringify(entries));
      else passing.set(id, entries);
    },
  };
}
