/** Carves and what was asked for without anything coming, as one list. Pure. */
import type { Host } from '../../src/core/model.ts';
import type { Carve, CarveState } from '../../src/core/ports.ts';
import { shortSize } from '../../src/core/size.ts';
import type { CarveOrder } from '../../src/engine/carving.ts';

/** 'asked': the host has not answered; 'failed': it will send nothing; 'silent': it did not answer in time. */
export type RowState = CarveState | 'asked' | 'failed' | 'silent';

/** A file of a host that was asked for. */
export type CarveRow = {
  readonly key: string;
  readonly host: Pick<Host, 'source' | 'id' | 'hostname'>;
  readonly path: string;
  readonly state: RowState;
  /** Why nothing comes. */
  readonly reason: string;
  /** Epoch ms at which it was asked for. */
  readonly at: number;
  readonly carve: Carve | undefined;
};

type Order = Pick<CarveOrder, 'path' | 'hosts' | 'at' | 'failed' | 'over'>;

const rowOf = (carve: Carve): CarveRow => ({
  key: carve.id,
  host: { source: carve.source, id: carve.hostId, hostname: carve.hostname },
  path: carve.path,
  state: carve.state,
  reason: '',
  at: carve.requestedAt,
  carve,
});

function withoutCarve({ path, at, failed, over }: Order, host: Host): CarveRow {
  const reason = failed.get(host);
  const state = reason !== undefined ? 'failed' : over ? 'silent' : 'asked';
  return { key: `${at}/${host.source}/${host.id}/${path}`, host, path, state, reason: reason ?? '', at, carve: undefined };
}

/** Newest first. A host of an order that has announced its file is told of by the carve. */
export function carveRows(carves: readonly Carve[], orders: readonly Order[]): readonly CarveRow[] {
  const announced = (order: Order, { source, id }: Host) =>
    carves.some(carve => carve.source === source && carve.hostId === id && carve.path === order.path && carve.requestedAt >= order.at);
  const waiting = orders.flatMap(order => order.hosts.filter(host => !announced(order, host)).map(host => withoutCarve(order, host)));
  return [...carves.map(rowOf), ...waiting].sort((a, b) => b.at - a.at);
}

export const isComing = ({ state }: CarveRow): boolean => state === 'asked' || state === 'announced' || state === 'receiving';

/** `24 %  12 MB of 50 MB`, or the size of what is here. */
export function progressText({ state, carve, reason }: CarveRow): string {
  if (!carve) return state === 'asked' ? 'has not answered yet' : reason || 'has not answered in time';
  if (state === 'announced') return 'comes within a minute';
  if (state === 'complete') return shortSize(carve.size);
  const percent = Math.floor((carve.received / Math.max(1, carve.size)) * 100);
  return `${String(percent).padStart(2)} %  ${shortSize(carve.received)} of ${shortSize(carve.size)}`;
}
