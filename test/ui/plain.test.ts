import { describe, expect, it } from 'vitest';
import { createState } from '../../src/state/index.ts';
import { immediately } from '../../src/state/store.ts';
import { runPlain } from '../../src/ui/plain.ts';
import { aHealth, processEvents } from '../helpers/frames.tsx';

const stored = (first: number, last: number) => processEvents(first, last).map((event, index) => ({ seq: first + index, event }));

function startPlain(unicode = true) {
  const state = createState(immediately, () => 0);
  const lines: string[] = [];
  const stop = new AbortController();
  state.observer.events(stored(1, 2));
  const ended = runPlain({ state, unicode, write: line => lines.push(line), signal: stop.signal });
  return { state, lines, stop, ended };
}

describe('the console without a screen', () => {
  it('says how to do the rest, then prints each event once, as it comes', async () => {
    const { state, lines, stop, ended } = startPlain();
    expect(lines.join('\n')).toContain('rollcall query TEMPLATE --host NAME');
    state.observer.events(stored(3, 4));
    const events = lines.filter(line => line.includes('proc-'));
    expect(events).toEqual(
      [1, 2, 3, 4].map(
        number => `2026-11-21 02:00:0${number}.000 UTC  medium    web-1                 processes added: proc-${number} pid ${number}`,
      ),
    );
    stop.abort();
    await ended;
    state.observer.events(stored(5, 5));
    expect(lines.filter(line => line.includes('proc-5'))).toEqual([]);
  });

  it('prints how sources are when that changes, and notices', () => {
    const { state, lines } = startPlain();
    state.observer.health(aHealth());
    state.observer.health(aHealth({ events: 5_000 }));
    state.observer.health(aHealth({ level: 'down', reason: 'refused' }));
    state.observer.notice({ level: 'warn', text: 'the clock is 3 s off' });
    expect(lines.slice(-3)).toEqual(['source lab: ok', 'source lab: down: refused', 'warn: the clock is 3 s off']);
  });

  it('prints ASCII where the locale knows nothing else', () => {
    const { state, lines } = startPlain(false);
    state.observer.notice({ level: 'info', text: 'web-1 → 日本' });
    expect(lines.join('\n')).toMatch(/^[\x00-\x7f]*$/);
    expect(lines.at(-1)).toBe('info: web-1 > ????');
  });
});
