/** Files with what a screen shows, and evidence bundles, as the console asks for them. */
import type { Run } from '../core/run.ts';

export type ExportFormat = 'jsonl' | 'csv';

/** A table of a screen, or events by their ids. */
export type ExportLines =
  | { readonly kind: 'table'; readonly columns: readonly string[]; readonly rows: Iterable<readonly (string | null)[]> }
  | { readonly kind: 'events'; readonly ids: readonly string[] };

/** What is to be frozen; `chosen`: in words, how the events were chosen. */
export type ExportEvidence =
  | { readonly kind: 'run'; readonly run: Run }
  | { readonly kind: 'events'; readonly ids: readonly string[]; readonly chosen: string };

/** `path` is absolute. */
export type ExportPlace = { readonly path: string; readonly taken: 'free' | 'file' | 'other' };

/** `masked`: how many secrets were. */
export type ExportedLines = { readonly path: string; readonly lines: number; readonly masked: number };

/** `manifest`: the hash of the bundle's list, as people note it. */
export type ExportedEvidence = { readonly path: string; readonly files: number; readonly manifest: string };

export interface Exporter {
  /** Where a path leads that somebody typed, and what stands there; `~` is the home directory. */
  place(typed: string): ExportPlace;
  /** Writes a file, 0600, whole or not at all; a file that stands there is replaced. Audited first. Throws `Problem`. */
  write(lines: ExportLines, format: ExportFormat, path: string, options: { readonly mask: boolean }): Promise<ExportedLines>;
  /** Makes a bundle, exact values in it; replaces nothing. Audited first. Throws `Problem`. */
  bundle(evidence: ExportEvidence, path: string): Promise<ExportedEvidence>;
}
