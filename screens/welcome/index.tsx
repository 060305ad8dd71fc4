/** Welcome: what to do when no source is configured yet. */
import { Box } from 'ink';
import type { ReactNode } from 'react';
import { createStore, type Store } from '../../src/state/store.ts';
import type { Size } from '../../src/ui/keys/command.ts';
import { Line } from '../../src/ui/Line.tsx';
import { defineScreen } from '../../src/ui/screen.tsx';
import type { Segment } from '../../src/ui/theme.ts';
import type { Intents } from '../../src/ui/ui-state.ts';
import { useStore } from '../../src/ui/use-store.ts';

const strong = (text: string): Segment[] => [{ text: `  ${text}`, tone: 'strong' }];
const plain = (text: string): Segment[] => [{ text: `  ${text}` }];
const command = (text: string): Segment[] => [{ text: `    ${text}`, tone: 'accent' }];

const LINES: readonly (readonly Segment[])[] = [
  strong('rollcall calls the roll of an osquery fleet: who answered, who did not, and what they said.'),
  [],
  plain('No source is configured yet. To look around without a server, leave with q and start'),
  command('rollcall --lab'),
  plain('It enrols this machine and 24 simulated hosts over the real osquery protocol.'),
  [],
  plain('To work with your fleet, press 5 and a, or tell it from the shell where the server and the token are:'),
  command('rollcall source add osctrl prod --base-url https://osctrl.example --environment prod --token-env OSCTRL_TOKEN'),
  command('rollcall source add fleetdm prod --base-url https://fleet.example --token-file ~/.fleet-token'),
  command('rollcall source test prod'),
  [],
  plain('With no server at all, hosts enrol straight to rollcall:'),
  command('rollcall source add direct box --listen 127.0.0.1:8443'),
  [],
  plain('Settings hold where a secret is, never the secret.'),
];

type Welcome = Store<{ readonly reason: string }>;

function View({ screen, width, height }: { readonly screen: Welcome } & Size): ReactNode {
  const { reason } = useStore(screen);
  const lines = reason === '' ? LINES : [[{ text: `  ${reason}`, tone: 'warn' as const }], [], ...LINES];
  return (
    <Box flexDirection="column" width={width} height={height} paddingTop={height > lines.length ? 1 : 0} overflow="hidden">
      {lines.slice(0, height).map((segments, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines are fixed
        <Line key={index} width={width} segments={segments} />
      ))}
    </Box>
  );
}

export const welcome = defineScreen({
  id: 'welcome',
  title: 'Welcome',
  create: (): Welcome => createStore({ reason: '' }),
  commands: [],
  View,
  receive: ({ screen }, { reason }: Intents['welcome']) => screen.set({ reason }),
});
