import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import path from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { openSettings } from '../../src/adapters/config-file.ts';
import { createForwarder, type ForwardTarget, gelfAddress } from '../../src/adapters/forward.ts';
import { gelfPackets } from '../../src/adapters/forward-sinks.ts';
import { judge } from '../../src/core/judge.ts';
import type { RawEvent } from '../../src/core/model.ts';
import type { Problem } from '../../src/core/problem.ts';
import { temporaryDirectory } from '../helpers/directories.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { aRawEvent } from '../helpers/model.ts';
import { storeOn } from '../helpers/stores.ts';

let folder: string;
let clock: FakeClock;
beforeEach(() => {
  folder = temporaryDirectory();
  clock = new FakeClock();
});

const event = (key: string, over: Partial<RawEvent> = {}) => judge(aRawEvent({ dedupeKey: key, title: key, ...over }), 1_000);

function opened() {
  const store = storeOn(path.join(folder, 'rollcall.db'));
  return store;
}

function forwarder(targets: readonly ForwardTarget[], store = opened(), owner = 'me') {
  const failures: Problem[] = [];
  const made = createForwarder(targets, { store, clock, owner, failed: problem => void failures.push(problem) });
  onTestFinished(() => made.close());
  return { ...made, store, failures };
}

const lines = (file: string) =>
  readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line).title as string);

describe('forwarding to a file', () => {
  const target = () => ({ to: 'jsonl', file: path.join(folder, 'events.jsonl') }) as const;

  it('begins with what comes after the target was named, and goes on where it was', async () => {
    const store = opened();
    await store.append([event('before')], undefined);
    const { file } = target();
    const first = forwarder([target()], store);
    await store.append([event('a'), event('b')], undefined);
    expect(await first.flush()).toBeUndefined();
    expect(lines(file)).toEqual(['a', 'b']);
    first.close();
    await store.append([event('c')], undefined);
    await forwarder([target()], store).flush();
    expect(lines(file)).toEqual(['a', 'b', 'c']);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('lets through what the filter does, and may be rotated', async () => {
    const { file } = target();
    const { flush, store } = forwarder([{ ...target(), filter: 'sev>=high' }]);
    await store.append([event('low'), event('cron', { tables: ['crontab'] })], undefined);
    await flush();
    renameSync(file, `${file}.1`);
    await store.append([event('cron 2', { tables: ['crontab'] })], undefined);
    await flush();
    expect([lines(`${file}.1`), lines(file)]).toEqual([['cron'], ['cron 2']]);
  });

  it('keeps what could not be written, says so once, and writes it later', async () => {
    const place = path.join(folder, 'share');
    const { run, store, failures } = forwarder([{ to: 'jsonl', file: path.join(place, 'events.jsonl') }]);
    await store.append([event('a')], undefined);
    const stop = new AbortController();
    const running = run(stop.signal);
    await expect.poll(() => clock.sleeping).toBe(1);
    await clock.advance(10_000);
    expect(failures.map(({ kind }) => kind)).toEqual(['storage']);
    mkdirSync(place);
    await clock.advance(60_000);
    await expect.poll(() => lines(path.join(place, 'events.jsonl'))).toEqual(['a']);
    stop.abort();
    await running;
  });

  it('is done by one of several processes', async () => {
    const { file } = target();
    const store = opened();
    const [one, other] = [forwarder([target()], store, 'one'), forwarder([target()], opened(), 'other')];
    await store.append([event('a')], undefined);
    await one.flush();
    await store.append([event('b')], undefined);
    await other.flush();
    expect(lines(file)).toEqual(['a']);
    one.close();
    await other.flush();
    expect(lines(file)).toEqual(['a', 'b']);
  });
});

describe('forwarding to Graylog', () => {
  it('sends messages over TCP, each ended by a zero byte, and again to a server that comes back', async () => {
    let received = '';
    const sockets = new Set<Socket>();
    const listen = async (port: number) => {
      const server = createServer(socket => {
        sockets.add(socket);
        socket
          .on('error', () => undefined)
          .on('data', data => {
            received += data.toString('utf8');
          });
      }).listen(port, '127.0.0.1');
      await once(server, 'listening');
      return server;
    };
    const server = await listen(0);
    const { port } = server.address() as AddressInfo;
    const { flush, store } = forwarder([{ to: 'gelf', address: `tcp://127.0.0.1:${port}` }]);
    const told = () =>
      received
        .split('\0')
        .filter(Boolean)
        .map(text => JSON.parse(text).short_message);
    await store.append([event('a'), event('b')], undefined);
    expect(await flush()).toBeUndefined();
    await expect.poll(() => told()).toEqual(['a', 'b']);

    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
    const nextFlush = async () => {
      await store.append([event(`lost ${Math.random()}`)], undefined);
      return flush();
    };
    const lost = { kind: 'unreachable', message: expect.stringContaining(`tcp://127.0.0.1:${port}`) };
    await expect.poll(nextFlush).toMatchObject(lost);
    await store.append([event('c')], undefined);
    const again = await listen(port);
    onTestFinished(() => void again.close());
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
    });
    expect(await flush()).toBeUndefined();
    await expect.poll(() => told().at(-1)).toBe('c');
  });

  it('sends packets over UDP', async () => {
    const socket = createSocket('udp4');
    onTestFinished(() => void socket.close());
    const received: string[] = [];
    socket.on('message', data => received.push(JSON.parse(data.toString('utf8')).short_message));
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const { flush, store } = forwarder([{ to: 'gelf', address: `udp://127.0.0.1:${socket.address().port}` }]);
    await store.append([event('a')], undefined);
    await flush();
    await expect.poll(() => received).toEqual(['a']);
  });

  it('cuts a long message into chunks that belong together, 128 at most', () => {
    const payload = Buffer.from('x'.repeat(5_000));
    const packets = gelfPackets(payload);
    expect(packets).toHaveLength(4);
    expect(packets.map(packet => [packet[0], packet[1], packet[10], packet[11]])).toEqual([0, 1, 2, 3].map(n => [0x1e, 0x0f, n, 4]));
    expect(new Set(packets.map(packet => packet.subarray(2, 10).toString('hex'))).size).toBe(1);
    expect(Buffer.concat(packets.map(packet => packet.subarray(12)))).toEqual(payload);
    expect(gelfPackets(Buffer.from('small'))).toEqual([Buffer.from('small')]);
    expect(gelfPackets(Buffer.alloc(300_000))).toEqual([]);
  });
});

describe('the settings', () => {
  const settings = (forward: unknown) => {
    writeFileSync(path.join(folder, 'config.json'), JSON.stringify({ sources: {}, forward }));
    return openSettings(folder).forward();
  };

  it('name targets', () => {
    const targets = [
      { to: 'jsonl', file: path.join(folder, 'x.jsonl'), filter: 'sev>=high' },
      { to: 'gelf', address: 'udp://graylog.example:12201' },
    ];
    expect(settings(targets)).toEqual(targets);
    expect(openSettings(temporaryDirectory()).forward()).toEqual([]);
  });

  it.each<[string, unknown, RegExp]>([
    ['a relative file', [{ to: 'jsonl', file: 'x.jsonl' }], /forward\.0\.file: must be an absolute path/],
    ['an odd address', [{ to: 'gelf', address: 'http://x' }], /forward\.0\.address: must be udp/],
    ['a wrong filter', [{ to: 'gelf', address: 'udp://x:1', filter: 'sev>=hihg' }], /forward\.0\.filter: .*column 1/],
    ['an unknown target', [{ to: 'kafka' }], /forward\.0/],
  ])('refuse %s', (_, forward, words) => {
    expect(() => settings(forward)).toThrow(words);
  });

  it.each([
    ['udp://graylog.example', { transport: 'udp', host: 'graylog.example', port: 12_201 }],
    ['TCP://10.0.0.1:12202', { transport: 'tcp', host: '10.0.0.1', port: 12_202 }],
    ['udp://[::1]:1', { transport: 'udp', host: '::1', port: 1 }],
    ['udp://x:0', undefined],
    ['udp://x:70000', undefined],
    ['udp://a b', undefined],
  ])('read the address %s', (text, address) => {
    expect(gelfAddress(text)).toEqual(address);
  });
});
