/** A window on a long list: which item is selected and which is the first on screen. Pure; screens keep it in their store. */

export type ListState = {
  /** Index of the selected item. */
  readonly cursor: number;
  /** Index of the first item in the window. */
  readonly top: number;
};

export type Extent = {
  /** Items in the list. */
  readonly count: number;
  /** Lines of the window. */
  readonly height: number;
};

export const LIST_START: ListState = { cursor: 0, top: 0 };

const clamp = (value: number, low: number, high: number) => Math.max(low, Math.min(value, high));

/** The same state made valid: the cursor on an item, the window filled as far as it can be, the cursor inside. */
export function settle({ cursor, top }: ListState, { count, height }: Extent): ListState {
  const at = clamp(cursor, 0, Math.max(0, count - 1));
  const lowest = Math.max(0, at - Math.max(1, height) + 1);
  const first = clamp(clamp(top, lowest, at), 0, Math.max(0, count - height));
  return { cursor: at, top: Math.max(first, Math.min(lowest, at)) };
}

export const move = (list: ListState, by: number, extent: Extent): ListState => settle({ ...list, cursor: list.cursor + by }, extent);

/** Moves cursor and window together by `part` of a window: 1 a page, 0.5 half of one. */
export function page(list: ListState, direction: 1 | -1, extent: Extent, part = 1): ListState {
  const by = direction * Math.max(1, Math.floor(extent.height * part) - (part === 1 ? 1 : 0));
  return settle({ cursor: list.cursor + by, top: list.top + by }, extent);
}

export const first = (): ListState => LIST_START;

export const last = (extent: Extent): ListState => settle({ cursor: extent.count - 1, top: extent.count }, extent);

/** Puts the cursor on `index`, in the middle of the window when it was outside. */
export function jump(list: ListState, index: number, extent: Extent): ListState {
  const inside = index >= list.top && index < list.top + extent.height;
  return settle({ cursor: index, top: inside ? list.top : index - Math.floor(extent.height / 2) }, extent);
}

/** Items came or went above: the selected one stands at `index` now. It stays on its line of the screen. */
export const reanchor = (list: ListState, index: number, extent: Extent): ListState =>
  settle({ cursor: index, top: index - (list.cursor - list.top) }, extent);
