import type { ReactNode } from 'react';
import { Line } from './Line.tsx';
import type { Prompt } from './prompt.ts';
import { promptSegments } from './prompt-line.ts';

/** The one-line editor on the status line. */
export function PromptLine({ prompt, width }: { readonly prompt: Prompt; readonly width: number }): ReactNode {
  return <Line width={width} segments={promptSegments(prompt, width)} />;
}
