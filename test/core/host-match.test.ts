import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { globTest } from '../../src/core/glob.ts';
import { platformFamily, selectHosts, type WantedHosts } from '../../src/core/host-match.ts';
import type { Host } from '../../src/core/model.ts';
import { aHost } from '../helpers/model.ts';

const hosts: readonly Host[] = [
  aHost('web-1', { id: '11', displayName: 'Front One', labels: ['dmz', 'Web'] }),
  aHost('web-2', { id: '12', labels: ['web'] }),
  aHost('db-1', { id: '13', platform: 'rhel' }),
  aHost('MAC-7', { id: '14', platform: 'darwin' }),
  aHost('twin', { id: '15', uuid: 'AAAA-1' }),
  aHost('twin', { id: '16', uuid: 'bbbb-2', platform: 'windows' }),
];

const want = (over: Partial<WantedHosts>): WantedHosts => ({ names: [], all: false, platforms: [], labels: [], exclude: [], ...over });
const ids = (over: Partial<WantedHosts>) => {
  const { hosts: chosen, problems } = selectHosts(hosts, want(over));
  expect(problems).toEqual([]);
  return chosen.map(host => host.id);
};
const problems = (over: Partial<WantedHosts>, of = hosts) => selectHosts(of, want(over)).problems;

describe('selectHosts', () => {
  it('finds a host by hostname, display name, uuid or id, in any case', () => {
    for (const name of ['web-1', 'WEB-1', 'front one', 'web-1-0000-4000-8000-000000000000', '11', ' web-1 '])
      expect(ids({ names: [name] })).toEqual(['11']);
  });

  it('takes each host once, in the order of the inventory', () => {
    expect(ids({ names: ['db-1', 'web-1', 'WEB-1', '11', 'web-*', ''] })).toEqual(['11', '12', '13']);
  });

  it('matches names exactly unless they are globs', () => {
    expect(problems({ names: ['web'] })).toEqual(["No host is called 'web'. Did you mean 'web-1' or 'web-2'?"]);
    expect(ids({ names: ['web-?'] })).toEqual(['11', '12']);
    expect(ids({ names: ['*'] })).toEqual(['11', '12', '13', '14', '15', '16']);
    expect(ids({ names: ['*-1'] })).toEqual(['11', '13']);
    expect(ids({ names: ['front*'] })).toEqual(['11']);
  });

  it('does not match uuids and ids by glob, which nobody reads', () => {
    expect(problems({ names: ['bbbb*', '1?'] })).toEqual(["No host matches 'bbbb*', '1?'."]);
  });

  it('names all unknown names at once', () => {
    expect(problems({ names: ['nope', 'web-1', 'no\u001bpe'] })).toEqual(["No host is called 'nope', 'no␛pe'."]);
  });

  it('refuses a name of several hosts and tells them apart by uuid', () => {
    expect(problems({ names: ['twin'] })).toEqual(["More than one host is called 'twin' (AAAA-1, bbbb-2). Name the uuid instead."]);
    expect(ids({ names: ['BBBB-2'] })).toEqual(['16']);
  });

  it('tells hosts that share even the uuid apart by source and id', () => {
    const clones = [aHost('a', { uuid: 'X', source: 's1' }), aHost('a', { uuid: 'x', source: 's2' })];
    expect(problems({ names: ['a'] }, clones)[0]).toContain('s1/a, s2/a');
  });

  it('narrows by platform, as a family or as the server says it', () => {
    expect(ids({ all: true, platforms: ['linux'] })).toEqual(['11', '12', '13', '15']);
    expect(ids({ all: true, platforms: ['RHEL', 'darwin'] })).toEqual(['13', '14']);
    expect(ids({ names: ['web-*', 'db-1'], platforms: ['ubuntu'] })).toEqual(['11', '12']);
  });

  it('chooses from everybody by platform or label alone', () => {
    expect(ids({ platforms: ['macos'] })).toEqual(['14']);
    expect(ids({ labels: ['WEB'] })).toEqual(['11', '12']);
    expect(ids({ labels: ['web'], platforms: ['linux'], exclude: ['web-2'] })).toEqual(['11']);
  });

  it('excludes names and globs, and all hosts of a shared name', () => {
    expect(ids({ all: true, exclude: ['web-*', 'twin'] })).toEqual(['13', '14']);
  });

  it('refuses to exclude what is not there', () => {
    expect(problems({ all: true, exclude: ['web-9', 'zz-*'] })).toEqual(["Nothing to exclude: no host is called 'web-9', 'zz-*'."]);
  });

  it('refuses a label that no host has', () => {
    expect(problems({ all: true, labels: ['web', 'wbe'] })).toEqual(["No host has the label 'wbe'."]);
  });

  it('refuses when nobody was chosen, or nobody is left', () => {
    expect(problems({})).toHaveLength(1);
    expect(problems({ names: [' '], exclude: ['web-1'] })).toHaveLength(1);
    expect(problems({ names: ['web-1'], exclude: ['web-1'] })).toHaveLength(1);
    expect(problems({ platforms: ['beos'] })).toHaveLength(1);
    expect(problems({ all: true }, [])).toHaveLength(1);
  });

  it('takes a name literally that holds an asterisk', () => {
    const odd = [aHost('a*'), aHost('ab')];
    expect(selectHosts(odd, want({ names: ['a*'] })).hosts.map(host => host.hostname)).toEqual(['a*']);
  });

  it('does not take an empty uuid or display name for a name', () => {
    const bare = [aHost('a', { uuid: '', displayName: '' }), aHost('b', { uuid: '', displayName: '' })];
    expect(selectHosts(bare, want({ names: ['a', 'b*'] })).hosts).toHaveLength(2);
  });

  it('looks up 1,000 names and 200 globs among 10,000 hosts without going through all of them for each', () => {
    const reads = { count: 0 };
    const many = Array.from({ length: 10_000 }, (_, index) => {
      const host = aHost(`host-${index}`);
      return Object.defineProperty({ ...host }, 'hostname', {
        get: () => {
          reads.count += 1;
          return host.hostname;
        },
      }) as Host;
    });
    const names = [
      ...Array.from({ length: 1_000 }, (_, index) => `host-${index * 7}`),
      ...Array.from({ length: 200 }, (_, index) => `host-99${index}*`),
    ];
    selectHosts(many, want({ names }));
    expect(reads.count).toBeLessThan(10 * many.length);
  });
});

describe('globTest', () => {
  it('agrees with the regular expression of the same meaning', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'A', '.', '-'), maxLength: 12 });
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '?'), maxLength: 8 });
    fc.assert(
      fc.property(pattern, letters, (glob, text) => {
        const expression = glob.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.');
        expect(globTest(glob)(text)).toBe(new RegExp(`^${expression}$`, 'is').test(text));
      }),
    );
  });

  it('is not slowed down by many stars', () => {
    expect(globTest(`${'a*'.repeat(40)}b`)('a'.repeat(5_000))).toBe(false);
  });
});

describe('platformFamily', () => {
  it.each([
    ['ubuntu', 'linux'],
    ['rhel', 'linux'],
    ['debian', 'linux'],
    ['CentOS', 'linux'],
    ['amzn', 'linux'],
    ['arch', 'linux'],
    ['opensuse-leap', 'linux'],
    ['linux', 'linux'],
    ['darwin', 'darwin'],
    ['macOS', 'darwin'],
    ['windows', 'windows'],
    ['Windows 11', 'windows'],
    ['Microsoft Windows Server 2022', 'windows'],
    ['chrome', 'other'],
    ['freebsd', 'other'],
    ['', 'other'],
  ])('%s is %s', (platform, family) => {
    expect(platformFamily(platform)).toBe(family);
  });
});
