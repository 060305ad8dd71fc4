/**
 * Calls somebody who looks elsewhere: the terminal's bell and the window's title say that critical events came in. Both are off
 * until they are switched on. What is sent holds our own words and a number, nothing that a host said.
 */
import type { FeedStore } from '../state/feed.ts';
import { createStore, type Store } from '../state/store.ts';
import { counted } from './format.ts';
import type { Terminal } from './theme.ts';

export type AlarmSettings = { readonly bell: boolean; readonly title: boolean };

export const SILENT: AlarmSettings = { bell: false, title: false };

/** Where the switches are kept. */
export type AlarmKeeper = { readonly settings: AlarmSettings; save(settings: AlarmSettings): Promise<void> };

/** ms between two bells. */
const QUIET_MS = 10_000;

const BELL = '\x07';
/** XTWINOPS 22 and 23: the terminal keeps the title that it has, and takes it back. Both are silently ignored where unknown. */
const KEEP_TITLE = '\x1b[22;2t';
const TAKE_TITLE = '\x1b]2;\x07\x1b[23;2t';

const titleText = (unseen: number): string => (unseen === 0 ? 'rollcall' : `rollcall: ${counted(unseen, 'new critical event')}`);

export type AlarmDeps = {
  readonly feed: FeedStore;
  readonly terminal: Terminal;
  write(text: string): void;
  /** Epoch ms. */
  now(): number;
};

export class Alarm {
  readonly settings: Store<AlarmSettings> = createStore(SILENT);
  readonly #deps: AlarmDeps;
  #keeper: AlarmKeeper | undefined;
  #stop: () => void = () => undefined;
  /** Critical events that are counted already. */
  #seen = 0;
  /** Those that came since the last key. */
  #unseen = 0;
  #rungAt = Number.NEGATIVE_INFINITY;
  /** What the title says; undefined while it is not ours. */
  #title: string | undefined;

  constructor(deps: AlarmDeps) {
    this.#deps = deps;
  }

  /** Begins to listen: what is in the feed by now alarms nobody. */
  begin(keeper: AlarmKeeper | undefined): void {
    this.#keeper = keeper;
    this.#seen = this.#critical;
    this.#stop = this.#deps.feed.subscribe(() => this.#look());
    this.settings.set(keeper?.settings ?? SILENT);
    this.#show();
  }

  /** Switches something on or off, for this console and the next. Throws where that cannot be kept. */
  async change(change: Partial<AlarmSettings>): Promise<void> {
    const settings = { ...this.settings.get(), ...change };
    this.settings.set(settings);
    this.#show();
    await this.#keeper?.save(settings);
  }

  /** Somebody pressed a key. */
  attended(): void {
    if (this.#unseen === 0) return;
    this.#unseen = 0;
    this.#show();
  }

  /** Gives the title back, until `resume`. */
  release(): void {
    if (this.#title !== undefined) this.#deps.write(TAKE_TITLE);
    this.#title = undefined;
  }

  resume(): void {
    this.#show();
  }

  close(): void {
    this.#stop();
    this.settings.set(SILENT);
    this.release();
  }

  get #critical(): number {
    return this.#deps.feed.get().bySeverity.critical;
  }

  #look(): void {
    const fresh = this.#critical - this.#seen;
    if (fresh <= 0) return;
    this.#seen += fresh;
    this.#unseen += fresh;
    this.#ring();
    this.#show();
  }

  #ring(): void {
    const now = this.#deps.now();
    if (!this.settings.get().bell || now - this.#rungAt < QUIET_MS) return;
    this.#rungAt = now;
    this.#deps.write(BELL);
  }

  #show(): void {
    if (!this.settings.get().title || !this.#deps.terminal.titles) {
      this.release();
      return;
    }
    const title = titleText(this.#unseen);
    if (title === this.#title) return;
    this.#deps.write(`${this.#title === undefined ? KEEP_TITLE : ''}\x1b]2;${title}\x07`);
    this.#title = title;
  }
}
