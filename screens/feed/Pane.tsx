import type { ReactNode } from 'react';
import type { Size } from '../../src/ui/keys/command.ts';
import type { Services } from '../../src/ui/services.ts';
import { TextPane } from '../../src/ui/TextPane.tsx';
import { type DetailLine, detailLines, rawLines } from './detail.ts';
import type { FeedLayout } from './layout.ts';
import type { FeedScreen } from './state.ts';
import { triageLines } from './triage-lines.ts';

const NOTHING_SELECTED: readonly DetailLine[] = [{ segments: [{ text: ' No event is selected.', tone: 'muted' }] }];

/** The lines of the pane, all of them. */
export function paneLines(
  screen: FeedScreen,
  services: Services,
  { pane, beside }: Pick<FeedLayout, 'pane' | 'beside'>,
): readonly DetailLine[] {
  const row = screen.current();
  if (!row) return NOTHING_SELECTED;
  const width = (pane?.width ?? 0) - (beside ? 1 : 0);
  if (screen.get().pane === 'raw') return rawLines(services.raw(row.seq), width);
  const { triage, ui, now, offsetMinutes, ruleTitle } = services;
  const { id } = row.event;
  const clock = { now: now(), zone: ui.get().zone, offsetMinutes };
  return detailLines(row, width, { offsetMinutes, ruleTitle, triage: triageLines(triage.of(id), triage.history(id), width, clock) });
}

type PaneProps = { readonly screen: FeedScreen; readonly services: Services; readonly size: Size; readonly layout: FeedLayout };

/** The selected event beside or below the list. In its details the keyboard moves a cursor, in its raw record the text. */
export function Pane({ screen, services, size, layout }: PaneProps): ReactNode {
  const { pane, inPane, scroll } = screen.get();
  const lines = paneLines(screen, services, layout);
  return (
    <TextPane
      title={pane === 'raw' ? 'raw record' : 'event'}
      lines={lines.map(({ segments }) => segments)}
      scroll={scroll}
      cursor={pane === 'detail' ? Math.min(scroll, lines.length - 1) : undefined}
      active={inPane}
      beside={layout.beside}
      {...size}
    />
  );
}
