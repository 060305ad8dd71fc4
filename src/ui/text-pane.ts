/** A window on lines of text: the first line on screen is all there is to remember. Pure. */
import type { Size } from './keys/command.ts';
import type { Extent, ListState } from './list-state.ts';

/** Lines of a pane that hold text; the first one is its rule. */
export const paneRoom = ({ height }: Pick<Size, 'height'>): number => Math.max(1, height - 1);

export const lastScroll = (lines: number, size: Pick<Size, 'height'>): number => Math.max(0, lines - paneRoom(size));

/** The first line that keeps a cursor in the middle, as far as there are lines above it. */
export const scrollTo = (cursor: number, size: Pick<Size, 'height'>): number => Math.max(0, cursor - Math.floor(paneRoom(size) / 2));

/** The pane as a list whose cursor is its first line, for `listCommands`. */
export const paneList = (scroll: number): ListState => ({ cursor: scroll, top: scroll });

export const paneExtent = (lines: number, size: Pick<Size, 'height'>): Extent => ({
  count: lastScroll(lines, size) + 1,
  height: paneRoom(size),
});
