import { describe, expect, it } from 'vitest';
import { isLoopback, namesOf, parseListen } from '../../../src/connectors/direct/address.ts';
import { createDirect, direct } from '../../../src/connectors/direct/index.ts';
import { DEFAULT_LIMITS, limitsFrom } from '../../../src/connectors/direct/limits.ts';
import { optionsFor, startDirect } from './support.ts';

describe('the settings', () => {
  it('bind to loopback unless told otherwise', () => {
    expect(direct.settings.parse({})).toEqual({ listen: { host: '127.0.0.1', port: 8443 }, hostname: [], packs: {} });
  });

  it('take names, a secret file and a client CA', () => {
    const settings = { listen: '0.0.0.0:9000', hostname: 'jump.example', enroll_secret_file: '/run/secret', client_ca: '/run/ca.pem' };
    expect(direct.settings.parse(settings)).toEqual({
      ...settings,
      listen: { host: '0.0.0.0', port: 9000 },
      hostname: ['jump.example'],
      packs: {},
    });
  });

  it.each(['8443', 'x:y', ':1', '127.0.0.1:70000', '::1:8443', 'a b:1', ''])('refuse %j as an address', listen => {
    expect(() => direct.settings.parse({ listen })).toThrow(/ADDRESS:PORT/);
  });
});

describe('limits', () => {
  it('are those of the operator, the others the defaults', () => {
    const { limits } = direct.settings.parse({ limits: { enroll_per_minute: 600, carve_mib: 2 } });
    expect(limitsFrom(limits ?? {})).toEqual({
      ...DEFAULT_LIMITS,
      enrollPerAddress: { burst: 600, perSecond: 10 },
      enroll: { burst: 600, perSecond: 10 },
      carveBytes: 2_097_152,
    });
  });

  it.each([{ enroll_per_minute: 0 }, { log_mib: -1 }, { carve_mib: 1.5 }, { enrol: 5 }])('such as %j are refused', limits => {
    expect(() => direct.settings.parse({ limits })).toThrow();
  });
});

describe('further names', () => {
  it.each(['jump.example', 'jump_box', '10.0.0.5', 'fd00::5'])('such as %s are taken', hostname => {
    expect(direct.settings.parse({ hostname: [hostname] })).toMatchObject({ hostname: [hostname] });
  });

  it.each(['', 'a b', 'x\u0000', 'https://jump', 'fe80::1%eth0'])('such as %j are refused', hostname => {
    expect(() => direct.settings.parse({ hostname })).toThrow();
    expect(() => direct.settings.parse({ hostname: [hostname] })).toThrow();
  });
});

describe('addresses', () => {
  it.each([
    ['127.0.0.1:0', { host: '127.0.0.1', port: 0 }],
    ['[::1]:8443', { host: '::1', port: 8443 }],
    ['jump.example:443', { host: 'jump.example', port: 443 }],
  ])('%s is read', (text, expected) => {
    expect(parseListen(text)).toEqual(expected);
  });

  it('that hosts may use are all named, each once', () => {
    expect(namesOf({ host: '10.0.0.5', port: 1 }, ['jump', '127.0.0.1'])).toEqual(['localhost', '127.0.0.1', '::1', '10.0.0.5', 'jump']);
    expect(namesOf({ host: '0.0.0.0', port: 1 }, [])).not.toContain('0.0.0.0');
  });

  it('of loopback are known', () => {
    expect(['localhost', '127.0.0.1', '127.8.8.8', '::1', '0.0.0.0', '10.0.0.1', 'jump'].filter(isLoopback)).toEqual([
      'localhost',
      '127.0.0.1',
      '127.8.8.8',
      '::1',
    ]);
  });
});

describe('the connector', () => {
  it('touches neither port nor disk before it is needed', async () => {
    const { connector } = await startDirect();
    const busy = await connector.start();
    expect(() => createDirect(optionsFor({ listen: { host: '127.0.0.1', port: busy.port } }))).not.toThrow();
  });

  it('tells hosts the operator’s name, and remarks that it listens beyond loopback', async () => {
    const { connector, address } = await startDirect({ listen: { host: '0.0.0.0', port: 0 }, hostnames: ['jump.example'] });
    expect(address.url).toBe(`https://jump.example:${address.port}`);
    expect(connector.remarks?.()).toEqual([expect.stringContaining('listens on 0.0.0.0')]);
    await expect(connector.check(new AbortController().signal)).resolves.toMatchObject({ remarks: [expect.stringContaining('0.0.0.0')] });
  });

  it('can be started again after it failed to', async () => {
    const first = await startDirect();
    const { port } = first.address;
    const second = createDirect(optionsFor({ listen: { host: '127.0.0.1', port } }));
    await expect(second.start()).rejects.toMatchObject({ kind: 'unreachable' });
    await first.connector.close();
    await expect(second.start()).resolves.toMatchObject({ port });
    await second.close();
  });

  it('without the client CA that is named does not start', async () => {
    await expect(startDirect({ clientCaFile: '/nowhere/ca.pem' })).rejects.toMatchObject({ kind: 'usage' });
  });
});
