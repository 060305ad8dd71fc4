/** The commands about the direct endpoint, over the real thing: serve, enroll, nodes, carve, carves. */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/adapters/clock.ts';
import { streamOutput } from '../../src/adapters/output.ts';
import { terminalFacts } from '../../src/adapters/terminal.ts';
import { carve } from '../../src/cli/carve.ts';
import { carves } from '../../src/cli/carves.ts';
import type { Command, CommandContext } from '../../src/cli/context.ts';
import { enroll } from '../../src/cli/enroll.ts';
import { createMessages } from '../../src/cli/messages.ts';
import { approveNode, blockNode, forgetNode, listNodes, tagNode } from '../../src/cli/nodes.ts';
import { serve } from '../../src/cli/serve.ts';
import * as wire from '../../src/cli/wire.ts';
import type { DirectAddress } from '../../src/connectors/direct/index.ts';
import { TestNode } from '../connectors/direct/support.ts';
import { temporaryDirectory } from '../helpers/directories.ts';

type Flags = Readonly<Record<string, readonly string[]>>;
type Ran = { readonly code: number; readonly json: never; readonly stderr: string };

const textOf = (stream: PassThrough): string => String(stream.read() ?? '');

/** An installation with one direct endpoint on a free port, where `serve` is running. */
class Place {
  readonly directories = { configDir: temporaryDirectory(), dataDir: temporaryDirectory() };
  readonly #stop = new AbortController();
  #serving: Promise<unknown> = Promise.resolve();
  readonly served = new PassThrough();

  constructor(sources: object = { jump: { kind: 'direct', listen: '127.0.0.1:0' } }) {
    writeFileSync(path.join(this.directories.configDir, 'config.json'), JSON.stringify({ sources }), { mode: 0o600 });
  }

  static async serving(): Promise<Place> {
    const place = new Place();
    place.#serving = serve(place.#context([], {}, undefined, new PassThrough(), place.served, place.#stop.signal));
    await expect.poll(() => place.served.readableLength).toBeGreaterThan(0);
    onTestFinished(async () => void (await place.stop()));
    return place;
  }

  async stop(): Promise<unknown> {
    this.#stop.abort();
    return this.#serving;
  }

  async run(command: Command, args: readonly string[] = [], flags: Flags = {}, output?: string): Promise<Ran> {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const code = await command(this.#context(args, flags, output, stdout, stderr, new AbortController().signal));
    return { code, json: JSON.parse(textOf(stdout)) as never, stderr: textOf(stderr) };
  }

  async enrolled(name: string): Promise<TestNode> {
    const { json } = await this.run(enroll);
    const { tls_hostname, enroll_secret, server_certs_pem, fingerprint } = json as Record<string, string>;
    const [host = '', port] = String(tls_hostname).split(':');
    const address = { url: '', host, port: Number(port), caPem: server_certs_pem, fingerprint, enrollSecret: enroll_secret };
    return TestNode.enroll(address as DirectAddress, name);
  }

  #context(
    args: readonly string[],
    flags: Flags,
    output: string | undefined,
    stdout: PassThrough,
    stderr: PassThrough,
    signal: AbortSignal,
  ): CommandContext {
    const terminal = terminalFacts({}, {}, true);
    const common = {
      configDir: undefined,
      dataDir: undefined,
      sources: [],
      lab: undefined,
      format: undefined,
      output,
      noColor: true,
      plain: true,
      quiet: false,
      timeoutS: 20,
    };
    return {
      args,
      given: new Map(Object.entries(flags)),
      common,
      directories: this.directories,
      format: 'json',
      out: streamOutput(stdout),
      terminal,
      messages: createMessages(stderr, terminal, { quiet: false, plain: true }),
      stdin: new PassThrough(),
      clock: systemClock,
      env: {},
      signal,
      wire: async () => wire,
    };
  }
}

describe('rollcall serve', () => {
  it('says where it listens and with which certificate, and ends when it is told to', async () => {
    const place = await Place.serving();
    const said = textOf(place.served);
    expect(said).toMatch(/^jump: listening on https:\/\/127\.0\.0\.1:\d+, certificate SHA-256 [0-9A-F:]{95}\n$/);
    expect(await place.stop()).toBe(0);
  });

  it('without a direct endpoint says how to add one', async () => {
    const place = new Place({});
    await expect(place.run(serve)).rejects.toMatchObject({ kind: 'usage', message: expect.stringContaining('source add direct') });
  });
});

describe('rollcall enroll', () => {
  it('prints what the host needs, for the endpoint that is being served', async () => {
    const place = await Place.serving();
    const [port] = /(?<=127\.0\.0\.1:)\d+/.exec(textOf(place.served)) ?? [];
    const { code, json } = await place.run(enroll, [], { platform: ['darwin'], ephemeral: [''] });
    expect(code).toBe(0);
    expect(json).toEqual({
      tls_hostname: `127.0.0.1:${port}`,
      enroll_secret: expect.stringMatching(/^[\w-]{43}$/),
      server_certs_pem: expect.stringContaining('BEGIN CERTIFICATE'),
      fingerprint: expect.stringMatching(/^[0-9A-F:]{95}$/),
      flags: expect.arrayContaining([`--tls_hostname=127.0.0.1:${port}`, '--ephemeral']),
      script: expect.stringContaining('mktemp -d'),
    });
  });

  it('writes the files for the host, private, and not over others', async () => {
    const place = await Place.serving();
    const directory = path.join(temporaryDirectory(), 'kit');
    const { json } = await place.run(enroll, [], { write: [directory] });
    for (const name of ['secret', 'cert.pem', 'osquery.flags', 'enroll.sh'])
      expect(statSync(path.join(directory, name)).mode & 0o777).toBe(0o600);
    expect(readFileSync(path.join(directory, 'secret'), 'utf8')).toBe((json as Record<string, string>).enroll_secret);
    await expect(place.run(enroll, [], { write: [directory] })).rejects.toMatchObject({ kind: 'usage' });
  });

  it('makes another secret when it is asked to', async () => {
    const place = await Place.serving();
    const before = (await place.run(enroll)).json as Record<string, string>;
    const after = (await place.run(enroll, [], { rotate: [''] })).json as Record<string, string>;
    expect(after.enroll_secret).not.toBe(before.enroll_secret);
    expect(after.fingerprint).toBe(before.fingerprint);
  });

  it('leaves the secret before good for a while when it is told to, and refuses what is no span', async () => {
    const place = await Place.serving();
    await place.run(enroll, [], { rotate: [''], grace: ['1h'] });
    for (const given of [{ grace: ['1h'] }, { rotate: [''], grace: ['soon'] }])
      await expect(place.run(enroll, [], given)).rejects.toMatchObject({ kind: 'usage' });
  });

  it('for a platform that osquery has not is refused', async () => {
    const place = await Place.serving();
    await expect(place.run(enroll, [], { platform: ['beos'] })).rejects.toMatchObject({ kind: 'usage' });
  });
});

describe('rollcall nodes', () => {
  it('lists, tags, blocks, approves and forgets', async () => {
    const place = await Place.serving();
    const node = await place.enrolled('web-1');
    await place.enrolled('web-1');
    const listed = (await place.run(listNodes)).json as { id: string; standing: string }[];
    expect(listed.map(({ standing }) => standing)).toEqual(['enrolled', 'pending']);
    await expect(place.run(blockNode, ['web-1'])).rejects.toMatchObject({ kind: 'usage', message: expect.stringContaining('by its id') });
    const [id = '', other = ''] = listed.map(one => one.id);
    expect((await place.run(blockNode, [id])).json).toMatchObject([{ standing: 'blocked' }]);
    expect(await node.ask('/config')).toEqual({ error: 'blocked' });
    expect((await place.run(approveNode, [id])).json).toMatchObject([{ standing: 'enrolled' }]);
    expect((await place.run(tagNode, [id, 'dmz,web'])).json).toMatchObject([{ tags: ['dmz', 'web'] }]);
    await expect(place.run(tagNode, [id, 'a b'])).rejects.toMatchObject({ kind: 'usage' });
    await place.run(forgetNode, [other]);
    expect((await place.run(listNodes)).json).toMatchObject([{ id, tags: ['dmz', 'web'] }]);
  });
});

describe('rollcall carve', () => {
  /** Does what osqueryd does when it is asked for a file. */
  async function send(node: TestNode, archive: Buffer): Promise<void> {
    let id: string | undefined;
    await expect
      .poll(async () => {
        [id] = Object.keys((await node.read()).queries ?? {});
        return id;
      })
      .toBeDefined();
    await node.write(id ?? '', [{ carve_guid: 'guid', request_id: 'request', path: '/etc/motd' }]);
    const geometry = { block_count: 1, block_size: 65_536, carve_size: archive.length };
    const { session_id } = await node.ask('/carve/start', { ...geometry, carve_id: 'guid', request_id: 'request' });
    await node.ask('/carve/block', { block_id: 0, session_id, request_id: 'request', data: archive.toString('base64') });
  }

  it('waits until the file is here; `carves` lists and extracts it', async () => {
    const place = await Place.serving();
    const node = await place.enrolled('web-1');
    const archive = Buffer.alloc(1_536);
    archive.write('/tmp/osquery_carve_1/etc/motd');
    archive.write('0000644\0', 100);
    archive.write('00000000005\0', 124);
    archive.write('        0', 148);
    archive.write(
      `${archive
        .subarray(0, 512)
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, '0')}\0 `,
      148,
    );
    archive.write('hello', 512);
    const [ran] = await Promise.all([place.run(carve, ['/etc/motd'], { host: ['web-1'] }), send(node, archive)]);
    expect(ran.code).toBe(0);
    expect(ran.json).toMatchObject([{ host: 'web-1', path: '/etc/motd', state: 'complete', size: 1_536, received: 1_536 }]);
    const { json } = await place.run(carves);
    expect(json).toEqual(ran.json);
    const [{ id }] = json as [{ id: string }];
    const directory = path.join(temporaryDirectory(), 'out');
    expect((await place.run(carves, [id], {}, directory)).json).toMatchObject([{ path: 'etc/motd', size: 5 }]);
    expect(readFileSync(path.join(directory, 'etc/motd'), 'utf8')).toBe('hello');
  });

  it('of a host that refuses says why, and that nobody sent anything', async () => {
    const place = await Place.serving();
    const node = await place.enrolled('web-1');
    const refuse = async () => {
      let id: string | undefined;
      await expect
        .poll(async () => {
          [id] = Object.keys((await node.read()).queries ?? {});
          return id;
        })
        .toBeDefined();
      await node.write(id ?? '', [], 1, 'Carver is disabled');
    };
    const [ran] = await Promise.all([place.run(carve, ['/etc/motd'], { host: ['web-1'] }), refuse()]);
    expect(ran).toMatchObject({ code: 4, json: [], stderr: expect.stringContaining('web-1: Carver is disabled') });
  });

  it('of a path that is none sends nothing and needs no endpoint', async () => {
    const place = new Place();
    await expect(place.run(carve, ['etc/*'], { host: ['web-1'] })).rejects.toMatchObject({ kind: 'refused' });
    expect(existsSync(path.join(place.directories.dataDir, 'direct'))).toBe(false);
    await expect(place.run(carves, ['nothing'])).rejects.toMatchObject({ kind: 'usage' });
  });
});
