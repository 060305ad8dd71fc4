/**
 * One record per thing a person can do. Router, footer, help, palette and the key table of the README all read it.
 * A printable key never acts while text is being typed; other keys do when the command says `form` or `typing`.
 */
import type { Services } from '../services.ts';

export type Where =
  /** On every screen. */
  | 'everywhere'
  /** On the screen that owns it. */
  | 'screen'
  /** On the screen that owns it, also while a text field of its form has the keyboard. */
  | 'form'
  /** On the screen that owns it, also while a prompt or a text field has the keyboard. */
  | 'typing';

/** Cells of a screen's body. */
export type Size = { readonly width: number; readonly height: number };

export type CommandContext<S> = { readonly screen: S; readonly services: Services; readonly size: Size };

export type CommandInfo = {
  /** `<screen>.<verb>`. */
  readonly id: `${string}.${string}`;
  /** Names as in `names.ts`, the one to show first. */
  readonly keys: readonly string[];
  /** What it does, in a few words, for help and palette. */
  readonly title: string;
  /** One sentence. */
  readonly help: string;
  readonly where: Where;
  /** Shown in the footer as `key word`; commands without it are found by `?`. */
  readonly footer?: string;
  /** Makes sense on its own screen only: the palette lists it nowhere else. */
  readonly local?: boolean;
  /** Changes something outside rollcall: help marks it. */
  readonly danger?: boolean;
};

export type Command<S> = CommandInfo & {
  /** Why it cannot act now; shown when its key is pressed, and greys it out in help and palette. */
  blocked?(context: CommandContext<S>): string | undefined;
  run(context: CommandContext<S>): void | Promise<void>;
};

/** A command with its context filled in. `screen` is undefined for those that act everywhere. */
export type BoundCommand = CommandInfo & {
  readonly screen: string | undefined;
  blocked(): string | undefined;
  run(): void | Promise<void>;
};

export function bind<S>(command: Command<S>, screen: string | undefined, context: () => CommandContext<S>): BoundCommand {
  const { blocked, run, ...info } = command;
  return { ...info, screen, blocked: () => blocked?.(context()), run: () => run(context()) };
}
