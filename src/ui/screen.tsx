/** A screen is a folder: its state outside React, its commands, its view. `defineScreen` ties the three together. */
import type { ReactNode } from 'react';
import { type BoundCommand, bind, type Command, type CommandContext, type CommandInfo, type Size } from './keys/command.ts';
import { bodySize } from './layout.ts';
import type { Services } from './services.ts';
import type { Intents, ScreenId } from './ui-state.ts';

export type ScreenSpec<Id extends ScreenId, S> = {
  readonly id: Id;
  /** The screen's name in title line, tabs and help. */
  readonly title: string;
  /** Its number key; screens without one have no tab. */
  readonly key?: string;
  /** The screen's own state: made when it is first needed, once for a console, and kept while other screens are up. */
  create(services: Services): S;
  readonly commands: readonly Command<S>[];
  /** Draws the body: exactly `height` lines of `width` cells. */
  readonly View: (props: { readonly screen: S } & Size) => ReactNode;
  /** A few words for the right end of the title line. */
  readonly Summary?: (props: { readonly screen: S }) => ReactNode;
  /** Esc: takes one step back inside the screen (filter, marks, pane); false when there is none left. */
  back?(context: CommandContext<S>): boolean;
  /** Ctrl+c: stops what runs on the screen; false when nothing does. */
  interrupt?(context: CommandContext<S>): boolean;
  /** Several lines or a whole text were pasted; false leaves it to the prompt or field that has the keyboard. */
  paste?(context: CommandContext<S>, text: string): boolean;
  /** Another screen opened this one with a wish. */
  receive?(context: CommandContext<S>, intent: Intents[Id]): void;
};

/** A screen with its state, as the console holds it. */
export type OpenScreen = {
  readonly id: ScreenId;
  readonly title: string;
  readonly key: string | undefined;
  readonly commands: readonly BoundCommand[];
  view(size: Size): ReactNode;
  summary(): ReactNode;
  back(): boolean;
  interrupt(): boolean;
  paste(text: string): boolean;
};

export type Screen = {
  readonly id: ScreenId;
  readonly title: string;
  readonly key: string | undefined;
  readonly commands: readonly CommandInfo[];
  open(services: Services): OpenScreen;
};

export function defineScreen<Id extends ScreenId, S>(spec: ScreenSpec<Id, S>): Screen {
  const { id, title, key, commands, View, Summary } = spec;
  return {
    id,
    title,
    key,
    commands,
    open(services) {
      let created: { readonly screen: S } | undefined;
      const state = () => {
        created ??= { screen: spec.create(services) };
        return created.screen;
      };
      const context = (): CommandContext<S> => ({ screen: state(), services, size: bodySize(services.ui.get()) });
      services.ui.onIntent(id, intent => spec.receive?.(context(), intent));
      return {
        id,
        title,
        key,
        commands: commands.map(command => bind(command, id, context)),
        view: size => <View screen={state()} {...size} />,
        summary: () => Summary && <Summary screen={state()} />,
        back: () => spec.back?.(context()) ?? false,
        interrupt: () => spec.interrupt?.(context()) ?? false,
        paste: text => spec.paste?.(context(), text) ?? false,
      };
    },
  };
}
