/** The chain of the audit trail: each line holds the hash of the line before it, so that a changed or missing line shows. */
import { sha256 } from './evidence.ts';

/** `prev` of the first line. */
const NOTHING = '0'.repeat(64);

export type ChainReport = {
  /** Lines, the torn ones among them. */
  readonly lines: number;
  /** Lines that are no JSON: their writer was killed. They are chained like all others. */
  readonly torn: number;
  /** Numbers (from 1) of lines that do not follow from the line before them. */
  readonly breaks: readonly number[];
  /** Hexadecimal SHA-256 of the last line; null without lines. Noted elsewhere, it shows that lines were cut off the end. */
  readonly head: string | null;
};

export type AuditEntry = Readonly<Record<string, unknown>>;

/** A line as an object; undefined for a torn one. */
export function auditEntry(line: string): AuditEntry | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as AuditEntry) : undefined;
  } catch {
    return undefined;
  }
}

/** Takes the lines in their order, without their line breaks. */
export class AuditChain {
  #lines = 0;
  #torn = 0;
  #breaks: number[] = [];
  #head: string | undefined;

  add(line: string): AuditEntry | undefined {
    this.#lines += 1;
    const entry = auditEntry(line);
    if (!entry) this.#torn += 1;
    else if (entry.prev !== (this.#head ?? NOTHING)) this.#breaks.push(this.#lines);
    this.#head = sha256(line);
    return entry;
  }

  report(): ChainReport {
    return { lines: this.#lines, torn: this.#torn, breaks: this.#breaks, head: this.#head ?? null };
  }
}

/** The report in words: what is wrong, or that nothing is. */
export function chainText({ lines, torn, breaks }: ChainReport): string {
  const [first] = breaks;
  const more = breaks.length > 1 ? ` (and ${breaks.length - 1} more like it)` : '';
  if (first !== undefined) return `line ${first} does not follow from the line before it${more}: lines were changed or taken out`;
  const size = `${lines} ${lines === 1 ? 'line' : 'lines'}`;
  return `${size}, each follows from the one before it${torn > 0 ? `; ${torn} torn by a killed writer` : ''}`;
}
