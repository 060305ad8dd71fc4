/** Who is in the lab: names and behaviours (interface.md, "The lab"), and what each host is. */
import type { Platform } from '../core/template.ts';
import { Random } from './random.ts';

export const BEHAVIOURS = ['silent', 'error', 'slow', 'offline', 'hostile', 'prompt'] as const;
/**
 * `silent` reads a query and never answers, `error` answers with a status, `slow` answers after 20 s, `offline` enrolled
 * once and is gone, `hostile` sends terminal escapes and odd columns, `prompt` answers at once.
 */
export type Behaviour = (typeof BEHAVIOURS)[number];

export type Role = 'web' | 'database' | 'build' | 'mail' | 'desktop';

/** A simulated host. Everything follows from the lab's seed and the host's name, but for times, which follow from its start. */
export type LabHost = {
  readonly name: string;
  readonly behaviour: Behaviour;
  readonly uuid: string;
  readonly instanceId: string;
  readonly ip: string;
  readonly mac: string;
  readonly platform: Platform;
  readonly os: OperatingSystem;
  readonly osqueryVersion: string;
  readonly role: Role;
  /** The seed of everything else about it. */
  readonly seed: string;
  /** Epoch s. */
  readonly bootedAt: number;
  /** The one host that has what no other has: a listener of a program that hides. */
  readonly isOdd: boolean;
};

export type OperatingSystem = {
  readonly platform: string;
  readonly platformLike: string;
  readonly name: string;
  readonly version: string;
  readonly major: string;
  readonly minor: string;
  readonly patch: string;
  readonly build: string;
  readonly codename: string;
  readonly arch: string;
};

type System = {
  readonly platform: Platform;
  readonly weight: number;
  readonly roles: readonly [Role, ...Role[]];
  readonly os: OperatingSystem;
};

const SYSTEMS: readonly System[] = [
  {
    platform: 'linux',
    weight: 40,
    roles: ['web', 'web', 'database', 'build', 'mail'],
    os: {
      platform: 'ubuntu',
      platformLike: 'debian',
      name: 'Ubuntu',
      version: '24.04.3 LTS (Noble Numbat)',
      major: '24',
      minor: '4',
      patch: '0',
      build: '',
      codename: 'noble',
      arch: 'x86_64',
    },
  },
  {
    platform: 'linux',
    weight: 15,
    roles: ['web', 'database', 'build'],
    os: {
      platform: 'ubuntu',
      platformLike: 'debian',
      name: 'Ubuntu',
      version: '22.04.5 LTS (Jammy Jellyfish)',
      major: '22',
      minor: '4',
      patch: '0',
      build: '',
      codename: 'jammy',
      arch: 'x86_64',
    },
  },
  {
    platform: 'linux',
    weight: 20,
    roles: ['web', 'database', 'mail'],
    os: {
      platform: 'rhel',
      platformLike: 'rhel',
      name: 'Red Hat Enterprise Linux',
      version: 'Red Hat Enterprise Linux release 9.4 (Plow)',
      major: '9',
      minor: '4',
      patch: '0',
      build: '',
      codename: '',
      arch: 'x86_64',
    },
  },
  {
    platform: 'windows',
    weight: 15,
    roles: ['desktop', 'desktop', 'database'],
    os: {
      platform: 'windows',
      platformLike: 'windows',
      name: 'Microsoft Windows 11 Enterprise',
      version: '10.0.22631',
      major: '10',
      minor: '0',
      patch: '',
      build: '22631',
      codename: 'Microsoft Windows 11 Enterprise',
      arch: '64-bit',
    },
  },
  {
    platform: 'darwin',
    weight: 10,
    roles: ['desktop'],
    os: {
      platform: 'darwin',
      platformLike: 'darwin',
      name: 'macOS',
      version: '15.6.1',
      major: '15',
      minor: '6',
      patch: '1',
      build: '24G90',
      codename: '',
      arch: 'arm64',
    },
  },
];

const OSQUERY_VERSIONS = ['5.19.0', '5.19.0', '5.18.1', '5.12.2'] as const;
/** Documentation ranges (RFC 5737); more hosts than those hold are in 10.0.0.0/8. */
const NETWORKS = ['192.0.2', '198.51.100', '203.0.113'] as const;
const PER_NETWORK = 250;
const FEWEST_FOR_ALL = 8;
/** One host in so many has each of the behaviours that are not `prompt`. */
const ONE_IN = 50;

/** The hosts of a lab of `count`. `startedAt` is epoch ms. The same seed and count give the same hosts. */
export function rosterOf(count: number, seed: string, startedAt: number): readonly LabHost[] {
  const each = count < FEWEST_FOR_ALL ? 0 : Math.max(1, Math.floor(count / ONE_IN));
  const names = BEHAVIOURS.flatMap(behaviour => {
    const prefix = behaviour === 'prompt' ? 'lab' : `lab-${behaviour}`;
    const length = behaviour === 'prompt' ? count - each * (BEHAVIOURS.length - 1) : each;
    return Array.from({ length }, (_, index) => ({ behaviour, name: `${prefix}-${index + 1}` }));
  });
  const hosts = names.map(({ behaviour, name }, index) => hostOf(name, behaviour, index, seed, startedAt));
  const candidates = hosts.filter(host => host.behaviour === 'prompt' && host.platform === 'linux');
  const odd = candidates[new Random(`${seed} odd`).int(0, Math.max(0, candidates.length - 1))];
  return hosts.map(host => (host === odd ? { ...host, isOdd: true } : host));
}

function hostOf(name: string, behaviour: Behaviour, index: number, seed: string, startedAt: number): LabHost {
  const random = new Random(`${seed} ${name}`);
  const system = random.weighted(SYSTEMS.map(one => [one.weight, one] as const)) ?? SYSTEMS[0];
  if (!system) throw new Error('the lab knows no operating system');
  return {
    name,
    behaviour,
    uuid: random.uuid(),
    instanceId: random.uuid().toLowerCase(),
    ip: addressOf(index),
    mac: `02:${Array.from({ length: 5 }, () => random.hex(2)).join(':')}`,
    platform: system.platform,
    os: system.os,
    osqueryVersion: random.pick(OSQUERY_VERSIONS),
    role: random.pick(system.roles),
    seed: `${seed} ${name}`,
    bootedAt: Math.floor(startedAt / 1000) - random.int(3_600, 60 * 86_400),
    isOdd: false,
  };
}

function addressOf(index: number): string {
  const network = NETWORKS[Math.floor(index / PER_NETWORK)];
  if (network) return `${network}.${(index % PER_NETWORK) + 2}`;
  return `10.${Math.floor(index / 62_500) % 256}.${Math.floor(index / PER_NETWORK) % 250}.${(index % PER_NETWORK) + 2}`;
}
