/** A person at the console: presses keys, reads the screen. Tests read as what that person does. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type StartOptions, startRollcall } from '../helpers/pty.ts';
import type { PtyProgram, ScreenCondition } from '../helpers/terminal.ts';

export const SCREENS = ['Feed', 'Hosts', 'Launch', 'Results', 'Sources'] as const;
export type ScreenName = (typeof SCREENS)[number];

const KEYS: Readonly<Record<string, string>> = {
  enter: '\r',
  esc: '\x1b',
  space: ' ',
  tab: '\t',
  'shift+tab': '\x1b[Z',
  up: '\x1b[A',
  down: '\x1b[B',
  'ctrl+c': '\x03',
  'ctrl+z': '\x1a',
};

/** The console asks for a moment of quiet before it takes a yes. */
const BEFORE_YES_MS = 600;
/** Where the launcher's list begins. */
const FIRST_ROW = 2;
/** A list longer than this is searched, not walked. */
const MOST_ROWS = 100;

export type Tally = { readonly answered: number; readonly errors: number; readonly timedOut: number; readonly waiting: number };

const TALLY = /answered (\d+) · errors (\d+) · timed out (\d+) · waiting (\d+)/;

/** The roll as a Results screen shows it, if it does. */
export function tallyOf(screen: string): Tally | undefined {
  const found = TALLY.exec(screen);
  if (!found) return undefined;
  const [answered = 0, errors = 0, timedOut = 0, waiting = 0] = found.slice(1).map(Number);
  return { answered, errors, timedOut, waiting };
}

export const total = ({ answered, errors, timedOut, waiting }: Tally): number => answered + errors + timedOut + waiting;

export class Responder {
  readonly terminal: PtyProgram;

  constructor(terminal: PtyProgram) {
    this.terminal = terminal;
  }

  /** Opens the console on the lab, and looks at it. */
  static async atTheLab({ hosts = 24, args = [], ...options }: StartOptions & { readonly hosts?: number } = {}): Promise<Responder> {
    const responder = new Responder(startRollcall({ ...options, args: ['--lab', String(hosts), ...args] }));
    await responder.isOn('Feed');
    return responder;
  }

  get screen(): string {
    return this.terminal.screen();
  }

  /** Each key by itself: a name of the map above, or the character. */
  async presses(...keys: readonly string[]): Promise<this> {
    for (const key of keys) {
      this.terminal.type(KEYS[key] ?? key);
      await sleep(20);
    }
    return this;
  }

  async types(text: string): Promise<this> {
    this.terminal.type(text);
    await this.sees(text);
    return this;
  }

  async sees(condition: ScreenCondition, timeoutMs?: number): Promise<this> {
    await this.terminal.waitFor(condition, timeoutMs);
    return this;
  }

  async isOn(screen: string): Promise<this> {
    return this.sees(shown => new RegExp(`^ ?rollcall\\s+${screen}\\b`).test(shown));
  }

  async goesTo(screen: ScreenName): Promise<this> {
    await this.presses(String(SCREENS.indexOf(screen) + 1));
    return this.isOn(screen);
  }

  /** On Hosts: finds a host by its name and marks it. */
  async marks(...hostnames: readonly string[]): Promise<this> {
    for (const hostname of hostnames) {
      await this.presses('/');
      await this.types(hostname);
      await this.sees(new RegExp(`▌.*\\b${hostname}\\b`));
      await this.presses('enter', 'space');
      await this.sees(new RegExp(`\\*.*\\b${hostname}\\b`));
      await this.presses('esc');
    }
    return this;
  }

  /** From Hosts: runs a template, with its defaults, on the marked hosts, and waits for them so many seconds. */
  async launches(template: string, { seconds }: { readonly seconds: number }): Promise<this> {
    await this.presses('Q');
    await this.isOn('Launch');
    await this.presses('g');
    await this.sees(shown => shown.split('\n')[FIRST_ROW]?.startsWith('▌') === true);
    await this.movesTo(template);
    // The last field of the form, backwards from the list: how long to wait.
    await this.presses('shift+tab', ...String(seconds));
    await this.sees(new RegExp(`\\bwait\\s+${seconds}\\b`));
    await this.presses('enter');
    await this.sees(`Send ${template} to`);
    await this.confirms();
    return this.isOn('Results');
  }

  /** Moves the bar down to the row that begins with a word, looking after each step where it is. */
  async movesTo(word: string): Promise<this> {
    const there = new RegExp(`^▌\\S?\\s*${word}\\b`, 'm');
    const bar = (screen: string) => screen.split('\n').find(line => line.startsWith('▌'));
    for (let step = 0; step < MOST_ROWS && !there.test(this.screen); step += 1) {
      const before = bar(this.screen);
      await this.presses('down');
      await this.sees(screen => bar(screen) !== before);
    }
    return this.sees(there);
  }

  /** Answers the open question with yes; one that came too soon after other keys is said again. */
  async confirms(): Promise<this> {
    const asked = (screen: string) => screen.includes('n leave it');
    await this.sees(asked);
    do {
      await sleep(BEFORE_YES_MS);
      await this.presses('y');
      await this.sees(screen => !asked(screen) || screen.includes('press it again'));
    } while (asked(this.screen));
    return this;
  }

  /** Waits for the run on the Results screen to end, and says how it ended. */
  async waitsForTheEnd(timeoutMs = 60_000): Promise<Tally> {
    await this.sees(shown => tallyOf(shown)?.waiting === 0, timeoutMs);
    const tally = tallyOf(this.screen);
    if (!tally) throw new Error(`no roll on the screen:\n${this.screen}`);
    return tally;
  }
}
