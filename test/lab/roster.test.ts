import { describe, expect, it } from 'vitest';
import { BEHAVIOURS, rosterOf } from '../../src/lab/roster.ts';

const NOW = Date.UTC(2026, 10, 21, 3);
const roster = (count: number, seed = 'seed') => rosterOf(count, seed, NOW);
const names = (count: number) => roster(count).map(host => host.name);

describe('the lab’s hosts', () => {
  it.each([8, 9, 24, 100])('of %i are that many, with one of each behaviour, and names that say which', count => {
    const hosts = roster(count);
    expect(hosts).toHaveLength(count);
    expect(new Set(hosts.map(host => host.behaviour))).toEqual(new Set(BEHAVIOURS));
    for (const { name, behaviour } of hosts)
      expect(name).toMatch(behaviour === 'prompt' ? /^lab-\d+$/ : new RegExp(`^lab-${behaviour}-\\d+$`));
  });

  it('are numbered from 1', () => {
    for (const name of ['lab-1', 'lab-19', 'lab-silent-1', 'lab-error-1', 'lab-slow-1', 'lab-offline-1', 'lab-hostile-1'])
      expect(names(24)).toContain(name);
    expect(names(24)).not.toContain('lab-20');
  });

  it('below eight all answer', () => {
    expect(names(3)).toEqual(['lab-1', 'lab-2', 'lab-3']);
    expect(names(0)).toEqual([]);
  });

  it('mostly answer, however many there are', () => {
    const prompt = roster(2_000).filter(host => host.behaviour === 'prompt');
    expect(prompt.length).toBeGreaterThan(1_500);
  });

  it('are each somebody else: name, uuid, address', () => {
    const hosts = roster(2_000);
    for (const key of ['name', 'uuid', 'ip', 'instanceId'] as const) expect(new Set(hosts.map(host => host[key])).size).toBe(2_000);
    for (const { ip } of hosts) expect(ip).toMatch(/^(192\.0\.2|198\.51\.100|203\.0\.113|10\.\d{1,3}\.\d{1,3})\.\d{1,3}$/);
  });

  it('run all systems of the field', () => {
    const platforms = new Set(roster(100).map(host => host.os.platform));
    expect(platforms).toEqual(new Set(['ubuntu', 'rhel', 'windows', 'darwin']));
  });

  it('are the same for the same seed, and others for another', () => {
    expect(roster(24)).toEqual(roster(24));
    expect(roster(24, 'other').map(host => host.uuid)).not.toEqual(roster(24).map(host => host.uuid));
  });

  it('hold one odd one, which answers and runs Linux', () => {
    const odd = roster(24).filter(host => host.isOdd);
    expect(odd).toHaveLength(1);
    expect(odd[0]).toMatchObject({ behaviour: 'prompt', platform: 'linux' });
  });
});
