import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type GuardOptions, guardStdin, type TtyInput } from '../../src/ui/stdin-guard.ts';

const ESC = '\x1b[27u';
const PASTE = (text: string) => `\x1b[200~${text}\x1b[201~`;

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

/** A keyboard whose packets go through the guard; `keys` is what Ink would read, one entry a read. */
function keyboard(options: GuardOptions = {}) {
  const tty = new PassThrough() as TtyInput & PassThrough;
  const raw: boolean[] = [];
  tty.setRawMode = mode => raw.push(mode);
  const guarded = guardStdin(tty, options);
  const keys: string[] = [];
  guarded.on('readable', () => {
    for (let key = guarded.read(); key !== null; key = guarded.read()) keys.push(key);
  });
  const settle = async () => {
    for (let turn = 0; turn < 40; turn += 1) await new Promise(resolve => setImmediate(resolve));
  };
  return {
    keys,
    raw,
    guarded,
    hangUp: () => tty.end(),
    async send(...packets: readonly string[]) {
      for (const packet of packets) {
        tty.write(packet);
        await settle();
      }
    },
    async silence(ms: number) {
      vi.advanceTimersByTime(ms);
      await settle();
    },
  };
}

describe('the stdin guard', () => {
  it('makes Enter in the same packet as text a key of its own', async () => {
    const { keys, send } = keyboard();
    await send('abc\r');
    expect(keys).toEqual(['a', 'b', 'c', '\r']);
  });

  it('takes any line end for one Enter', async () => {
    const { keys, send } = keyboard();
    await send('a\r\nb\n');
    expect(keys).toEqual(['a', '\r', 'b', '\r']);
  });

  it('hands over keys, arrows and letters one at a time', async () => {
    const { keys, send } = keyboard();
    await send('j\x1b[B\x1b[BG\x7f\x7f\t');
    expect(keys).toEqual(['j', '\x1b[B', '\x1b[B', 'G', '\x7f', '\x7f', '\t']);
  });

  it('keeps an emoji of several code points in one piece', async () => {
    const { keys, send } = keyboard();
    await send('a👨‍👩‍👧b');
    expect(keys).toEqual(['a', '👨‍👩‍👧', 'b']);
  });

  it('hands over a paste as one insert, whatever is in it', async () => {
    const { keys, send } = keyboard();
    await send(`x${PASTE('web-1\rweb-2\x03q')}y`);
    expect(keys.join('')).toBe(`x${PASTE('web-1\rweb-2\x03q')}y`);
    expect(keys).toContain(PASTE('web-1\rweb-2\x03q'));
  });

  it('puts a paste together that comes in pieces, its marks torn apart', async () => {
    const { keys, send } = keyboard();
    await send('\x1b[20', '0~web', '-1\x1b[2', '01~j');
    expect(keys).toEqual([PASTE('web-1'), 'j']);
  });

  it('closes a paste that never ends', async () => {
    const { keys, send, silence } = keyboard({ idleMs: 400 });
    await send('\x1b[200~web-1');
    expect(keys).toEqual([]);
    await silence(400);
    expect(keys).toEqual([PASTE('web-1')]);
    await send('q');
    expect(keys.at(-1)).toBe('q');
  });

  it('lets ctrl+c out of a paste that never ends', async () => {
    const { keys, send } = keyboard();
    await send('\x1b[200~web-1', '\x03');
    expect(keys.at(-1)).toBe('\x03');
  });

  it('takes a long burst of plain text for a paste', async () => {
    const { keys, send } = keyboard();
    const list = Array.from({ length: 20 }, (_, index) => `web-${index}`).join('\r');
    await send(list);
    expect(keys).toEqual([PASTE(list)]);
  });

  it('does not take a held key for a paste', async () => {
    const { keys, send } = keyboard();
    await send('j'.repeat(30));
    expect(keys).toEqual(Array(30).fill('j'));
  });

  it.each([
    ['a colour report', '\x1b]11;rgb:0000/0000/0000\x07'],
    ['a colour report with the other end', '\x1b]11;rgb:0000/0000/0000\x1b\\'],
    ['a device control string', '\x1bP1$r0m\x1b\\'],
    ['an application command', '\x1b_Gi=1;OK\x1b\\'],
  ])('drops %s', async (_, reply) => {
    const { keys, send } = keyboard();
    await send(`a${reply}b`);
    expect(keys).toEqual(['a', 'b']);
  });

  it('drops a reply that comes in pieces', async () => {
    const { keys, send } = keyboard();
    await send('\x1b]11;rgb:00', '00/0000/0000', '\x1b', '\\j');
    expect(keys).toEqual(['j']);
  });

  it('gives up on a reply that never ends', async () => {
    const { keys, send, silence } = keyboard({ idleMs: 400 });
    await send('\x1b]11;rgb:00');
    await silence(400);
    await send('j');
    expect(keys).toEqual(['j']);
  });

  it('tells Esc from the beginning of a sequence by the silence after it', async () => {
    const { keys, send, silence } = keyboard({ escapeMs: 50 });
    await send('\x1b');
    expect(keys).toEqual([]);
    await silence(50);
    expect(keys).toEqual([ESC]);
  });

  it('waits for a sequence that a slow link has torn apart', async () => {
    const { keys, send, silence } = keyboard({ escapeMs: 50, idleMs: 400 });
    await send('\x1b[');
    await silence(200);
    await send('A');
    expect(keys).toEqual(['\x1b[A']);
  });

  it('takes Esc and a letter in one packet for two keys', async () => {
    const { keys, send } = keyboard();
    await send('\x1bj');
    expect(keys).toEqual([ESC, 'j']);
  });

  it('names function keys', async () => {
    const pressed: string[] = [];
    const { keys, send } = keyboard({ onFunctionKey: name => pressed.push(name) });
    await send('\x1bOP\x1b[15~\x1b[[Ej\x1b[21~');
    expect(pressed).toEqual(['f1', 'f5', 'f5', 'f10']);
    expect(keys).toEqual(['j']);
  });

  it('passes raw mode on to the terminal', () => {
    const { guarded, raw } = keyboard();
    guarded.setRawMode(true);
    guarded.setRawMode(false);
    expect(raw).toEqual([true, false]);
  });

  it('ends when the terminal does', async () => {
    const { guarded, hangUp } = keyboard();
    const ended = new Promise(resolve => guarded.once('end', resolve));
    hangUp();
    await ended;
  });
});
