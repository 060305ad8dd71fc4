import { Box, Text } from 'ink';
import TextInput from 'ink-text-input';
import { type ReactNode, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { edit, lineOf } from './line.ts';
import { useServices } from './services.ts';
import type { Field } from './ui-state.ts';
import { useStore } from './use-store.ts';

export type TextFieldProps = {
  readonly value: string;
  onChange(value: string): void;
  /** Whether this field has the keyboard. At most one field at a time; the screen's state decides. */
  readonly focus: boolean;
  readonly width?: number;
  /** Shown instead of each character. */
  readonly mask?: string;
  readonly placeholder?: string;
};

/** Keys that ink-text-input would type as letters. */
const FOREIGN = /^(?:ctrl|alt)\+/;
/** The editing keys that can be applied from outside: the cursor stands at the end afterwards. */
const FROM_OUTSIDE = new Set(['ctrl+u', 'ctrl+w', 'ctrl+e', 'end']);

/**
 * A text field of a form (ink-text-input). While it has the focus printable keys are text, and only commands that say `typing`
 * act: declare `enter`, `tab` and `esc` of the form as such.
 */
export function TextField({ value, onChange, focus, width, mask, placeholder }: TextFieldProps): ReactNode {
  const { ui } = useServices();
  const isAsking = useStore(ui, ({ confirm }) => confirm !== undefined);
  const [revision, setRevision] = useState(0);
  // ink-text-input keeps its cursor to itself and mistakes control keys for letters: after one, its answer is not heard
  // any more and a new one takes its place.
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new gate for each revision is the point
  const gate = useMemo(() => ({ open: true }), [revision]);
  const latest = useRef({ value, onChange, gate });
  latest.current = { value, onChange, gate };

  useLayoutEffect(() => {
    if (!focus) return;
    const replace = (text: string) => {
      latest.current.gate.open = false;
      if (text !== latest.current.value) latest.current.onChange(text);
      setRevision(count => count + 1);
    };
    const field: Field = {
      edit(key) {
        const edited = FROM_OUTSIDE.has(key) ? edit(lineOf(latest.current.value), key) : undefined;
        if (edited || FOREIGN.test(key)) replace(edited?.text ?? latest.current.value);
        return edited !== undefined;
      },
      insert: text => replace(latest.current.value + text),
    };
    ui.focus(field);
    return () => {
      if (ui.get().field === field) ui.focus(undefined);
    };
  }, [focus, ui]);

  const hear = (next: string) => {
    // What is typed at a question is its answer.
    if (gate.open && ui.get().confirm === undefined) onChange(next);
  };
  const hint = value === '' && placeholder !== undefined;
  return (
    <Box height={1} overflow="hidden" {...(width === undefined ? {} : { width })}>
      {(focus || !hint) && (
        <TextInput key={revision} value={value} onChange={hear} focus={focus && !isAsking} {...(mask === undefined ? {} : { mask })} />
      )}
      {hint && (
        <Text dimColor wrap="truncate">
          {placeholder}
        </Text>
      )}
    </Box>
  );
}
