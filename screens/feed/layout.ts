/** Where the list and the pane stand in the body. Pure: commands page by the same heights that the view draws. */
import type { Size } from '../../src/ui/keys/command.ts';
import type { FeedScreenState } from './state.ts';

export type FeedLayout = {
  readonly list: Size;
  /** Size of the pane, its rule above included; undefined when it is closed. */
  readonly pane: Size | undefined;
  readonly beside: boolean;
  /** Whether the column heads have a line. */
  readonly heads: boolean;
};

/** Bodies lower than this show either the list or the pane. */
const BOTH = 14;
const BESIDE_WIDTH = 100;

export function feedLayout({ width, height }: Size, { pane, place }: Pick<FeedScreenState, 'pane' | 'place'>): FeedLayout {
  const heads = height >= 10;
  const rest = Math.max(1, height - (heads ? 2 : 1));
  if (pane === 'none') return { list: { width, height: rest }, pane: undefined, beside: false, heads };
  if (place === 'right' && width >= BESIDE_WIDTH) {
    const paneWidth = Math.floor(width * 0.42);
    return { list: { width: width - paneWidth, height: rest }, pane: { width: paneWidth, height: rest }, beside: true, heads };
  }
  if (height < BOTH) return { list: { width, height: 0 }, pane: { width, height: height - 1 }, beside: false, heads: false };
  const paneHeight = Math.floor(rest / 2);
  return { list: { width, height: rest - paneHeight }, pane: { width, height: paneHeight }, beside: false, heads };
}
