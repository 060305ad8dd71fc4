import { Box } from 'ink';
import type { ReactNode } from 'react';
import { Line } from './Line.tsx';
import type { Segment } from './theme.ts';
import type { Confirm } from './ui-state.ts';

function answerLine({ options: { number, yes }, typed, hint }: Confirm): readonly Segment[] {
  const remark: Segment = { text: hint === '' ? '' : `   ${hint}`, tone: 'warn' };
  if (number === undefined) {
    return [{ text: '  y', tone: 'strong' }, { text: ` ${yes}   ` }, { text: 'n', tone: 'strong' }, { text: ' leave it' }, remark];
  }
  return [
    { text: `  Type ` },
    { text: String(number), tone: 'strong' },
    { text: ` and enter to ${yes}, esc to leave it: ` },
    { text: `${typed}_`, tone: 'strong' },
    remark,
  ];
}

/** The question that is open, in `confirmHeight` lines under the body. */
export function ConfirmView({ confirm, width }: { readonly confirm: Confirm; readonly width: number }): ReactNode {
  const { title, lines = [] } = confirm.options;
  return (
    <Box flexDirection="column" width={width} flexShrink={0}>
      <Line width={width} segments={[]} />
      <Line width={width} segments={[{ text: ` ${title}`, tone: 'warn' }]} />
      {lines.map(text => (
        <Line key={text} width={width} segments={[{ text: `  ${text}` }]} />
      ))}
      <Line width={width} segments={answerLine(confirm)} />
    </Box>
  );
}
