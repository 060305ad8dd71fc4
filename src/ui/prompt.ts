/** The line editor on the status line, as a value: its text, what is wrong with it, and what its words could become. Pure. */
import { type LineState, lineOf } from './line.ts';

/** A stretch of a prompt's text that is wrong (UTF-16 units), and why. */
export type Fault = { readonly from: number; readonly to: number; readonly what: string };

/** What could stand from `from` to `to` of the text (UTF-16 units). `label`: what it is shown as, where that is not the text. */
export type PromptCompletions = {
  readonly from: number;
  readonly to: number;
  readonly items: ReadonlyArray<{ readonly text: string; readonly label?: string }>;
};

export type PromptOptions = {
  /** Prompts of one id share their history. */
  readonly id: string;
  /** What stands before the text. */
  readonly label: string;
  readonly value?: string;
  /** Whether the history outlasts the console. */
  readonly lasting?: boolean;
  /** The arrows walk through the history even where the screen has a list for them to move. */
  readonly recalls?: boolean;
  /** Called with every change of the text. */
  onChange?(value: string, cursor: number): void;
  /** Enter. The prompt is closed already. */
  onAccept?(value: string): void;
  /** Esc or ctrl+c. The prompt is closed already. */
  onCancel?(): void;
  /** What is wrong with the text: it is pointed at, and enter does not close the prompt. */
  check?(value: string): Fault | undefined;
  /** What the word at the cursor could become: shown below the prompt, and taken with tab. */
  complete?(value: string, cursor: number): PromptCompletions;
};

/** What tab offers for the line as it was `typed`; `at`: the one that stands in the line now. */
export type Offer = { readonly typed: LineState; readonly completions: PromptCompletions; readonly at: number | undefined };

export type Prompt = {
  readonly options: PromptOptions;
  readonly line: LineState;
  /** Position in the history, 0 being the text that is being typed: `draft`. */
  readonly back: number;
  readonly draft: string;
  readonly offer: Offer | undefined;
  readonly fault: Fault | undefined;
};

function offerFor({ complete }: PromptOptions, line: LineState): Offer | undefined {
  const completions = complete?.(line.text, line.cursor);
  if (!completions) return undefined;
  const word = line.text.slice(completions.from, completions.to);
  const items = completions.items.filter(({ text }) => text !== word);
  return items.length === 0 ? undefined : { typed: line, completions: { ...completions, items }, at: undefined };
}

/** A word that can still become a right one is not wrong yet. */
function faultIn({ check }: PromptOptions, { text }: LineState, offer: Offer | undefined): Fault | undefined {
  const fault = check?.(text);
  return fault && offer?.completions.from === fault.from ? undefined : fault;
}

export function openPrompt(options: PromptOptions): Prompt {
  const line = lineOf(options.value ?? '');
  const offer = offerFor(options, line);
  return { options, line, back: 0, draft: line.text, offer, fault: line.text === '' ? undefined : faultIn(options, line, offer) };
}

/** The prompt with another line. */
export function withLine(prompt: Prompt, line: LineState, back = 0): Prompt {
  const { options, draft } = prompt;
  const offer = offerFor(options, line);
  return {
    options,
    line,
    back,
    draft: back === 0 ? line.text : draft,
    offer,
    fault: faultIn(options, line, offer),
  };
}

/** The prompt with the next (1) or the previous (-1) completion in its line. The only one there is is taken for good. */
export function withCompletion(prompt: Prompt, step: 1 | -1): Prompt {
  const { offer } = prompt;
  if (!offer) return prompt;
  const { typed, completions, at } = offer;
  const { from, to, items } = completions;
  const next = at === undefined ? (step === 1 ? 0 : items.length - 1) : (at + step + items.length) % items.length;
  const taken = items[next]?.text ?? '';
  const line = { text: typed.text.slice(0, from) + taken + typed.text.slice(to), cursor: from + taken.length };
  const changed = withLine(prompt, line);
  return items.length === 1 ? changed : { ...changed, offer: { ...offer, at: next } };
}

/** What is wrong with the text as it stands, also where it could still become right. */
export const finalFault = ({ options, line }: Prompt): Fault | undefined => options.check?.(line.text);
