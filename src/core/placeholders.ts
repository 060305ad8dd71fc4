/** `{{ name }}` marks in what people write (playbook steps), and their values. Filled in once: a value is never read again for marks. */
import { clean } from './sanitize.ts';

export type Values = {
  /** Of `{{ secrets.NAME }}`. */
  secret(name: string): string | undefined;
  /** Of any other name, such as `alert.host`: text, a number, a boolean, or a list of these. */
  value(name: string): unknown;
};

export type Filled = {
  readonly value: unknown;
  /** Marks without a value, as written, each once. */
  readonly unresolved: readonly string[];
  /** Keys under which a secret would have been shown or sent, as `params.template`. */
  readonly misplaced: readonly string[];
};

const MARK = /\{\{([\s\S]*?)\}\}/g;
const ONE_MARK = /^\s*\{\{([^{}]*)\}\}\s*$/;
const NAME = /^[A-Za-z_][\w-]*(?:\.[\w-]+)*$/;
const SECRET = /^secrets\.([\w-]+)$/;
const MAX_SHOWN = 80;

const isScalar = (value: unknown): value is string | number | boolean => ['string', 'number', 'boolean'].includes(typeof value);
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value that a dotted name leads to, among own keys only. */
export function valueAt(root: unknown, name: string): unknown {
  return name.split('.').reduce<unknown>((at, key) => {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined;
    return (at as Record<string, unknown>)[key];
  }, root);
}

/** Names of the secrets that marks ask for, each once. */
export function secretsIn(value: unknown): string[] {
  const names = new Set<string>();
  const look = (part: unknown): void => {
    if (typeof part === 'string') {
      for (const [, inner = ''] of part.matchAll(MARK)) {
        const name = SECRET.exec(inner.trim())?.[1];
        if (name !== undefined) names.add(name);
      }
    } else if (Array.isArray(part)) part.forEach(look);
    else if (isObject(part)) Object.values(part).forEach(look);
  };
  look(value);
  return [...names];
}

/** One filling-in: what it looks things up in, and what it found wanting. */
class Filling {
  readonly unresolved = new Set<string>();
  readonly misplaced = new Set<string>();
  readonly #values: Values;
  readonly #mayHoldSecrets: readonly string[];

  constructor(values: Values, mayHoldSecrets: readonly string[]) {
    this.#values = values;
    this.#mayHoldSecrets = mayHoldSecrets;
  }

  any(part: unknown, path: readonly string[]): unknown {
    if (typeof part === 'string') return this.#text(part, path);
    if (Array.isArray(part)) return part.map((inner, index) => this.any(inner, [...path, String(index)]));
    if (!isObject(part)) return part;
    for (const key of Object.keys(part)) if (key.includes('{{')) this.#lacks(key);
    return Object.fromEntries(Object.entries(part).map(([key, inner]) => [key, this.any(inner, [...path, key])]));
  }

  #lacks(mark: string): void {
    this.unresolved.add(clean(mark.trim(), MAX_SHOWN));
  }

  /** A text that is nothing but a mark becomes its value, list or not; others take texts, numbers and booleans in. */
  #text(raw: string, path: readonly string[]): unknown {
    const only = ONE_MARK.exec(raw)?.[1];
    if (only !== undefined) {
      const found = this.#lookUp(only, path);
      if (found === undefined) this.#lacks(raw);
      return found;
    }
    const open = raw.replace(MARK, '');
    if (open.includes('{{')) this.#lacks(open.slice(open.indexOf('{{')));
    return raw.replace(MARK, (mark, inner: string) => {
      const found = this.#lookUp(inner, path);
      if (isScalar(found)) return String(found);
      this.#lacks(mark);
      return '';
    });
  }

  #lookUp(inner: string, path: readonly string[]): unknown {
    const name = inner.trim();
    const secret = SECRET.exec(name)?.[1];
    if (secret !== undefined) {
      if (path.length !== 1 || !this.#mayHoldSecrets.includes(path[0] ?? '')) this.misplaced.add(path.join('.'));
      return this.#values.secret(secret);
    }
    const found = NAME.test(name) ? this.#values.value(name) : undefined;
    const usable = isScalar(found) || (Array.isArray(found) && found.every(isScalar));
    return usable && !String(found).includes('{{') ? found : undefined;
  }
}

/** A value with its marks filled in. `mayHoldSecrets` are the keys on top that are neither shown nor sent to hosts. */
export function fillIn(value: unknown, values: Values, mayHoldSecrets: readonly string[]): Filled {
  const filling = new Filling(values, mayHoldSecrets);
  const filled = filling.any(value, []);
  return { value: filled, unresolved: [...filling.unresolved], misplaced: [...filling.misplaced] };
}
