/** Keeps secrets out of what is written down: by value where it is known, by name and by form where it is not. */

export interface Redactor {
  /** From now on this value is written as `[secret]`, wherever it turns up. */
  learn(secret: string): void;
  /** A copy of a JSON value without secrets; what is nested deeper than `MAX_DEPTH` is left out. */
  redact(value: unknown): unknown;
}

const MARK = '[secret]';
const MAX_DEPTH = 16;
/** A shorter one would blot out ordinary words. */
const MIN_LEARNT = 6;

const SECRET_NAME = /token|passw|secret|authorization|cookie|api_?key|private_?key|node_?key|credential/i;
const SECRET_FORMS = [
  /\b(?:bearer|basic)\s+[\w.~+/=-]{8,}/gi,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
  /(?<=:\/\/[^\s/:@]*:)[^\s/@]+(?=@)/g,
  /(?<=[?&][\w-]*(?:token|key|secret|password)=)[^&\s]+/gi,
  /\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g,
];

export function createRedactor(): Redactor {
  const known = new Set<string>();

  const text = (raw: string): string => {
    let safe = raw;
    for (const secret of known) safe = safe.replaceAll(secret, MARK);
    for (const form of SECRET_FORMS) safe = safe.replace(form, MARK);
    return safe;
  };

  const redact = (value: unknown, depth: number): unknown => {
    if (typeof value === 'string') return text(value);
    if (typeof value !== 'object' || value === null) return typeof value === 'bigint' ? String(value) : value;
    if (depth > MAX_DEPTH) return '…';
    if (value instanceof Error) return { name: value.name, message: text(value.message) };
    if (Array.isArray(value)) return value.map(inner => redact(inner, depth + 1));
    const entries = Object.entries(value);
    return Object.fromEntries(entries.map(([name, inner]) => [text(name), SECRET_NAME.test(name) ? MARK : redact(inner, depth + 1)]));
  };

  return {
    learn(secret) {
      if (secret.length >= MIN_LEARNT) known.add(secret);
    },
    redact: value => redact(value, 0),
  };
}
