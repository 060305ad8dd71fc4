import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Host } from '../../src/core/model.ts';
import type { Standing } from '../../src/core/run.ts';
import { failuresText, nextWave, planWaves, wavesText } from '../../src/core/waves.ts';
import { aHost } from '../helpers/model.ts';

const online = (count: number) => Array.from({ length: count }, (_, index) => aHost(`web-${index}`));
const sizes = (cost: 'low' | 'medium' | 'high', hosts: readonly Host[]) => planWaves(cost, hosts).map(wave => wave.length);

describe('the waves of a query', () => {
  it('are few hosts first, then ever more, where it costs them much', () => {
    expect(sizes('high', online(200))).toEqual([5, 20, 80, 95]);
    expect(sizes('high', online(6))).toEqual([5, 1]);
    expect(sizes('medium', online(200))).toEqual([25, 100, 75]);
  });

  it('are one where it costs little, or the hosts are few', () => {
    expect(sizes('low', online(5_000))).toEqual([5_000]);
    expect(sizes('high', online(5))).toEqual([5]);
    expect(sizes('medium', online(100))).toEqual([100]);
    expect(planWaves('high', [])).toEqual([[]]);
  });

  it('begin with hosts from all over the list, not with the first ones', () => {
    const [first = []] = planWaves('high', online(25));
    expect(first.map(({ hostname }) => hostname)).toEqual(['web-0', 'web-5', 'web-10', 'web-15', 'web-20']);
  });

  it('leave the hosts that are away to the last wave of their source', () => {
    const away = [aHost('old-1', { status: 'offline' }), aHost('old-2', { status: 'missing' })];
    const lonely = aHost('far-1', { source: 'prod', status: 'offline' });
    const waves = planWaves('high', [...away, lonely, ...online(10)]);
    expect(waves.map(wave => wave.length)).toEqual([5, 8]);
    expect(waves[0]?.every(({ status }) => status === 'online')).toBe(true);
    const two = planWaves('high', [aHost('web-p', { source: 'prod' }), lonely, ...online(10)]);
    expect(two[0]?.map(({ hostname }) => hostname)).toContain('far-1');
    expect(sizes('high', [...away, ...online(4)])).toEqual([6]);
  });

  it('hold every host exactly once', () => {
    const anyHost = fc.record({
      source: fc.constantFrom('lab', 'prod'),
      status: fc.constantFrom('online', 'offline', 'missing', 'unknown' as const),
    });
    fc.assert(
      fc.property(fc.constantFrom('low', 'medium', 'high' as const), fc.array(anyHost, { maxLength: 300 }), (cost, hosts) => {
        const waves = planWaves(cost, hosts);
        expect(waves.flat()).toHaveLength(hosts.length);
        expect(new Set(waves.flat())).toEqual(new Set(hosts));
        expect(hosts.length === 0 || waves.every(wave => wave.length > 0)).toBe(true);
      }),
    );
  });

  it('are told in words', () => {
    expect(wavesText(planWaves('high', online(200)))).toBe('waves of 5, 20, 80 and 95');
    expect(wavesText(planWaves('low', online(200)))).toBe('');
  });
});

describe('the next wave', () => {
  const stand = (well: number, badly: number, pending = 0): Standing => ({ open: pending, well, badly, pending });

  it('begins once those that are waited for could not stop it any more', () => {
    expect(nextWave([stand(0, 0, 5)])).toBe('hold');
    expect(nextWave([stand(2, 0, 3)])).toBe('hold');
    expect(nextWave([stand(3, 0, 2)])).toBe('go');
    expect(nextWave([stand(3, 2)])).toBe('go');
  });

  it('never begins once more than two, and more than two in ten, failed', () => {
    expect(nextWave([stand(2, 3)])).toBe('stop');
    expect(nextWave([stand(0, 3, 2)])).toBe('stop');
    expect(nextWave([stand(5, 0), stand(15, 5)])).toBe('go');
    expect(nextWave([stand(5, 0), stand(14, 6)])).toBe('stop');
  });

  it('does not wait for hosts that are away', () => {
    expect(nextWave([{ open: 9, well: 0, badly: 0, pending: 0 }])).toBe('go');
  });

  it('says what stopped it', () => {
    expect(failuresText([stand(5, 0), stand(14, 6)])).toBe('6 of 25 hosts failed or stayed silent');
  });
});
