import type { ReactNode } from 'react';
import type { Size } from '../../src/ui/keys/command.ts';
import type { Services } from '../../src/ui/services.ts';
import { TextPane } from '../../src/ui/TextPane.tsx';
import { type DetailLine, detailLines, rawLines } from './detail.ts';
import type { FeedLayout } from './layout.ts';
import type { FeedScreen } from './state.ts';

const NOTHING_SELECTED: readonly DetailLine[] = [[{ text: ' No event is selected.', tone: 'muted' }]];

/** The lines of the pane, all of them. */
export function paneLines(
  screen: FeedScreen,
  services: Pick<Services, 'raw' | 'offsetMinutes'>,
  { pane, beside }: Pick<FeedLayout, 'pane' | 'beside'>,
): readonly DetailLine[] {
  const item = screen.current();
  if (!item) return NOTHING_SELECTED;
  const width = (pane?.width ?? 0) - (beside ? 1 : 0);
  return screen.get().pane === 'raw' ? rawLines(services.raw(item.seq), width) : detailLines(item.event, width, services.offsetMinutes);
}

type PaneProps = { readonly screen: FeedScreen; readonly services: Services; readonly size: Size; readonly layout: FeedLayout };

/** The selected event beside or below the list. */
export function Pane({ screen, services, size, layout }: PaneProps): ReactNode {
  const { pane, inPane, scroll } = screen.get();
  const lines = paneLines(screen, services, layout);
  return (
    <TextPane
      title={pane === 'raw' ? 'raw record' : 'event'}
      lines={lines}
      scroll={scroll}
      active={inPane}
      beside={layout.beside}
      {...size}
    />
  );
}
