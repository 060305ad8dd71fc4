import { beforeEach, describe, expect, it } from 'vitest';
import { createState } from '../../src/state/index.ts';
import { immediately } from '../../src/state/store.ts';
import { Alarm, type AlarmSettings } from '../../src/ui/alarm.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { anEvent } from '../helpers/frames.tsx';

const BELL = '\x07';
const title = (text: string) => `\x1b]2;${text}\x07`;
const KEEP = '\x1b[22;2t';
const BACK = '\x1b]2;\x07\x1b[23;2t';

let clock: FakeClock;
let state: ReturnType<typeof createState>;
let written: string[];
let saved: AlarmSettings[];
let seq = 0;

beforeEach(() => {
  clock = new FakeClock();
  state = createState(immediately, () => clock.now());
  written = [];
  saved = [];
});

const alarm = (settings: AlarmSettings, titles = true) => {
  const made = new Alarm({
    feed: state.feed,
    terminal: { colour: 'full', unicode: true, titles },
    now: () => clock.now(),
    write: text => void written.push(text),
  });
  made.begin({ settings, save: async changed => void saved.push(changed) });
  return made;
};

/** An event of this severity; what a host says must never reach the terminal. */
const happen = (severity: 'critical' | 'high') => {
  seq += 1;
  const event = { ...anEvent({ dedupeKey: `k${seq}`, hostname: 'evil\x1b]2;x\x07' }), severity };
  state.observer.events([{ seq, event }]);
};

describe('the bell', () => {
  it('is silent unless it is switched on', () => {
    alarm({ bell: false, title: false });
    happen('critical');
    expect(written).toEqual([]);
  });

  it('rings for new critical events, not for others, nor for those that were there', () => {
    happen('critical');
    alarm({ bell: true, title: false });
    happen('high');
    expect(written).toEqual([]);
    happen('critical');
    expect(written).toEqual([BELL]);
  });

  it('rings once in ten seconds at most', async () => {
    alarm({ bell: true, title: false });
    happen('critical');
    happen('critical');
    await clock.advance(9_999);
    happen('critical');
    expect(written).toEqual([BELL]);
    await clock.advance(1);
    happen('critical');
    expect(written).toEqual([BELL, BELL]);
  });

  it('is switched on and off, and that is kept', async () => {
    const made = alarm({ bell: false, title: false });
    await made.change({ bell: true });
    happen('critical');
    await made.change({ bell: false });
    await clock.advance(60_000);
    happen('critical');
    expect(written).toEqual([BELL]);
    expect(saved).toEqual([
      { bell: true, title: false },
      { bell: false, title: false },
    ]);
  });
});

describe('the title', () => {
  it('counts the critical events since the last key, and says nothing that a host said', () => {
    const made = alarm({ bell: false, title: true });
    happen('critical');
    happen('critical');
    made.attended();
    expect(written).toEqual([
      KEEP + title('rollcall'),
      title('rollcall: 1 new critical event'),
      title('rollcall: 2 new critical events'),
      title('rollcall'),
    ]);
  });

  it('is given back when the console is left, suspended, or told to leave it alone', async () => {
    const made = alarm({ bell: false, title: true });
    made.release();
    made.resume();
    await made.change({ title: false });
    await made.change({ title: true });
    made.close();
    made.close();
    expect(written.filter(text => text === BACK)).toHaveLength(3);
    expect(written.at(-1)).toBe(BACK);
  });

  it('is left alone where there is none', () => {
    const made = alarm({ bell: false, title: true }, false);
    happen('critical');
    made.close();
    expect(written).toEqual([]);
  });
});
