/** What the Sources screen needs to add a source: forms by kind, a test before anything is saved. */
import type { ConnectorKind } from '../core/model.ts';
import type { SourceReport } from '../core/ports.ts';

export type SourceField = {
  readonly name: string;
  readonly help: string;
  /** `switch`: yes or nothing. */
  readonly type: 'text' | 'switch';
  readonly required: boolean;
};

export type SourceForm = { readonly kind: ConnectorKind; readonly title: string; readonly fields: readonly SourceField[] };

/** A form as filled in: `name` is the source's name; fields that were left empty are left out. */
export type SourceDraft = { readonly kind: ConnectorKind; readonly name: string; readonly values: Readonly<Record<string, string>> };

/** Both throw a `Problem` that says what is wrong with the draft or the source. */
export interface SourceAdmin {
  readonly forms: readonly SourceForm[];
  /** Connects as the source would, and saves nothing. */
  test(draft: SourceDraft, signal: AbortSignal): Promise<SourceReport>;
  /** Writes it to the settings and opens it in this console. */
  save(draft: SourceDraft): Promise<void>;
}
