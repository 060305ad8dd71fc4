/** Parses JSON of tens of MB without holding up everything else: in slices, with a turn for others in between. */
import { setImmediate as turn } from 'node:timers/promises';

/** Bytes parsed or looked at in one go: some milliseconds. */
const SLICE = 262_144;
/** A delivery of 1,024 lines of ordinary length: not worth slicing. */
const AT_ONCE = 2 * SLICE;

export type JsonLimits = { readonly maxDepth: number; readonly maxContainers: number };

/** What is not taken. `message` goes into a reply. */
export class JsonError extends Error {
  override readonly name = 'JsonError';
}

const [QUOTE, ESCAPE, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/** A container that is being read. Only one that is larger than a slice gets a `value` here; others stay text. */
type Frame = {
  readonly open: number;
  readonly list: boolean;
  /** Where the text begins that has not been parsed yet, and where its last member does. */
  run: number;
  member: number;
  value: unknown[] | Record<string, unknown> | undefined;
  /** The member before was parsed by itself: its comma comes next. */
  afterValue: boolean;
};

class Reader {
  readonly #bytes: Buffer;
  readonly #limits: JsonLimits;
  readonly #frames: Frame[] = [];
  #containers = 0;
  #root: Frame | undefined;

  constructor(bytes: Buffer, limits: JsonLimits) {
    this.#bytes = bytes;
    this.#limits = limits;
  }

  async read(): Promise<unknown> {
    const bytes = this.#bytes;
    let inString = false;
    let looked = 0;
    for (let at = 0; at < bytes.length; at += 1) {
      if (at - looked >= SLICE) {
        looked = at;
        await turn();
      }
      const byte = bytes[at];
      if (inString) {
        if (byte === ESCAPE) at += 1;
        else if (byte === QUOTE) inString = false;
      } else if (byte === QUOTE) inString = true;
      else if (byte === OPEN_OBJECT || byte === OPEN_LIST) this.#open(at, byte === OPEN_LIST);
      else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) this.#close(at, byte === CLOSE_LIST);
      else if (byte === COMMA) this.#comma(at);
    }
    if (this.#root?.value === undefined || this.#frames.length > 0) return parsed(this.#text(0, bytes.length));
    blank(this.#text(0, this.#root.open));
    blank(this.#text(this.#root.run, bytes.length));
    return this.#root.value;
  }

  #open(at: number, list: boolean): void {
    this.#containers += 1;
    if (this.#frames.length >= this.#limits.maxDepth) throw new JsonError('nested too deeply');
    if (this.#containers > this.#limits.maxContainers) throw new JsonError('too many rows');
    const frame: Frame = { open: at, list, run: at + 1, member: at + 1, value: undefined, afterValue: false };
    if (this.#root && this.#frames.length === 0) throw new JsonError('not JSON');
    this.#root ??= frame;
    this.#frames.push(frame);
  }

  #comma(at: number): void {
    const frame = this.#frames.at(-1);
    if (!frame) throw new JsonError('not JSON');
    if (frame.afterValue) {
      blank(this.#text(frame.run, at));
      frame.run = at + 1;
      frame.afterValue = false;
    } else if (at - frame.run >= SLICE) this.#parseRun(frame, at);
    frame.member = at + 1;
  }

  #close(at: number, list: boolean): void {
    const frame = this.#frames.pop();
    if (frame?.list !== list) throw new JsonError('not JSON');
    if (frame.value === undefined) return;
    if (frame.afterValue) blank(this.#text(frame.run, at));
    else this.#parseRun(frame, at);
    frame.run = at + 1;
    const parent = this.#frames.at(-1);
    if (parent) this.#adopt(parent, frame, at);
  }

  /** Parses the members from `run` to `to` into the frame's value. */
  #parseRun(frame: Frame, to: number): void {
    const text = this.#text(frame.run, to);
    if (text.trim() === '') throw new JsonError('not JSON');
    frame.value ??= frame.list ? [] : {};
    if (Array.isArray(frame.value)) for (const item of parsed(`[${text}]`) as unknown[]) frame.value.push(item);
    else for (const [key, value] of Object.entries(parsed(`{${text}}`) as object)) define(frame.value, key, value);
    frame.run = to + 1;
  }

  /** Puts a container that was parsed by itself where it belongs in its parent. */
  #adopt(parent: Frame, child: Frame, end: number): void {
    if (parent.member > parent.run) this.#parseRun(parent, parent.member - 1);
    parent.value ??= parent.list ? [] : {};
    const before = this.#text(parent.member, child.open).trim();
    if (Array.isArray(parent.value)) {
      blank(before);
      parent.value.push(child.value);
    } else {
      if (!before.endsWith(':')) throw new JsonError('not JSON');
      const key = parsed(before.slice(0, -1));
      if (typeof key !== 'string') throw new JsonError('not JSON');
      define(parent.value, key, child.value);
    }
    parent.run = end + 1;
    parent.afterValue = true;
  }

  #text(from: number, to: number): string {
    return this.#bytes.toString('utf8', from, to);
  }
}

/** Also `__proto__`, which is a name like any other in JSON. */
const define = (target: object, key: string, value: unknown): void => {
  Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
};

function blank(text: string): void {
  if (text.trim() !== '') throw new JsonError('not JSON');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new JsonError('not JSON');
  }
}

/** Throws a `JsonError` when the brackets of a text go deeper, or are more, than the limits allow. Says nothing else about it. */
function withinLimits(bytes: Buffer, { maxDepth, maxContainers }: JsonLimits): void {
  let inString = false;
  let depth = 0;
  let containers = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (inString) {
      if (byte === ESCAPE) at += 1;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
      depth += 1;
      containers += 1;
      if (depth > maxDepth) throw new JsonError('nested too deeply');
      if (containers > maxContainers) throw new JsonError('too many rows');
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) depth -= 1;
  }
}

/**
 * As `JSON.parse`; invalid UTF-8 becomes U+FFFD. Throws a `JsonError` for what is no JSON, nested deeper, or made of
 * more objects and lists than the limits allow.
 */
export async function parseSliced(bytes: Buffer, limits: JsonLimits): Promise<unknown> {
  if (bytes.length > AT_ONCE) return new Reader(bytes, limits).read();
  withinLimits(bytes, limits);
  return parsed(bytes.toString('utf8'));
}
