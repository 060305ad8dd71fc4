import { networkInterfaces } from 'node:os';
import type { Table } from '../table.ts';

/** Addresses of the interfaces that are up. */
export const interfaceAddresses = (): Table => ({
  name: 'interface_addresses',
  columns: [
    'interface TEXT',
    'address TEXT',
    'mask TEXT',
    'broadcast TEXT',
    'point_to_point TEXT',
    'type TEXT',
    'friendly_name TEXT HIDDEN',
  ],
  rows: () =>
    Object.entries(networkInterfaces()).flatMap(([name, addresses]) =>
      (addresses ?? []).map(({ address, netmask, family, internal }) => ({
        interface: name,
        address,
        mask: netmask,
        broadcast: family === 'IPv4' && !internal ? broadcastOf(address, netmask) : undefined,
        type: 'unknown',
      })),
    ),
});

function broadcastOf(address: string, netmask: string): string {
  const mask = netmask.split('.').map(Number);
  return address
    .split('.')
    .map((part, index) => Number(part) | (~(mask[index] ?? 255) & 255))
    .join('.');
}
