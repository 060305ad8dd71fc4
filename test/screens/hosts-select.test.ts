import { describe, expect, it } from 'vitest';
import { countHosts, searchHosts, sortHosts } from '../../screens/hosts/select.ts';
import { aHost } from '../helpers/model.ts';

const fleet = [
  aHost('web-1', { ip: '10.0.0.1', labels: ['web'] }),
  aHost('web-10', { ip: '10.0.0.2', labels: ['web'] }),
  aHost('web-2', { ip: '10.0.0.3', status: 'offline', labels: ['web'] }),
  aHost('db-1', { ip: '10.0.1.1', platform: 'rhel', lastSeen: null }),
  aHost('laptop-ann', { platform: 'windows', status: 'missing', source: 'prod', kind: 'fleetdm' }),
];
const names = (hosts: readonly { hostname: string }[]) => hosts.map(({ hostname }) => hostname);

describe('searching hosts', () => {
  it.each([
    ['', ['web-1', 'web-10', 'web-2', 'db-1', 'laptop-ann']],
    ['lapann', ['laptop-ann']],
    ['10.0.1.', ['db-1']],
    ['status:offline', ['web-2']],
    ['platform:linux', ['web-1', 'web-10', 'web-2', 'db-1']],
    ['platform:linux !web', ['db-1']],
    ['label:web status:online', ['web-1', 'web-10']],
    ['source:prod', ['laptop-ann']],
    ['host:web-*', ['web-1', 'web-10', 'web-2']],
  ])('%s', (search, expected) => {
    expect(names(searchHosts(fleet, search)).sort()).toEqual([...expected].sort());
  });

  it('puts the exact name before those that only contain it', () => {
    expect(names(searchHosts(fleet, 'web-1'))[0]).toBe('web-1');
  });

  it('points at a word that it does not understand', () => {
    expect(() => searchHosts(fleet, 'web colour:red')).toThrow(/colour/);
  });
});

describe('ordering hosts', () => {
  it('sorts names as people count: web-2 before web-10', () => {
    expect(names(sortHosts(fleet, { by: 'name', reverse: false }))).toEqual(['db-1', 'laptop-ann', 'web-1', 'web-2', 'web-10']);
  });

  it('sorts by status with online first, and reverses', () => {
    expect(names(sortHosts(fleet, { by: 'status', reverse: false })).slice(-2)).toEqual(['web-2', 'laptop-ann']);
    expect(names(sortHosts(fleet, { by: 'status', reverse: true }))[0]).toBe('laptop-ann');
  });

  it('puts hosts that never checked in last when the newest come first', () => {
    expect(names(sortHosts(fleet, { by: 'last seen', reverse: false })).at(-1)).toBe('db-1');
  });
});

it('counts who is online', () => {
  expect(countHosts(fleet)).toEqual({ total: 5, online: 3, duplicates: 0 });
});
