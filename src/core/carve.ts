/** Files that hosts send by osquery's carver (contracts/osquery-remote.md 1.7). */

/** 'announced': asked for, nothing has come. 'complete': all of it is on disk and its digest known. */
export type CarveState = 'announced' | 'receiving' | 'complete';

/** A file that a host sends: an archive, as osqueryd's carver makes it. */
export type Carve = {
  readonly id: string;
  readonly source: string;
  readonly hostId: string;
  readonly hostname: string;
  /** As it was asked for. */
  readonly path: string;
  readonly state: CarveState;
  readonly runId: string;
  /** Epoch ms. */
  readonly requestedAt: number;
  readonly completedAt: number | null;
  /** Bytes of the archive; 0 until it begins to come. */
  readonly size: number;
  readonly received: number;
  /** Of the archive, hex. */
  readonly sha256: string | null;
  readonly format: 'tar' | 'tar.zst' | null;
  /** Where the archive lies on this machine, once it is complete. */
  readonly file: string | null;
};

/** A member of the archive. `note`: why it was not extracted. */
export type CarvedFile = { readonly path: string; readonly size: number; readonly sha256: string; readonly note?: string };

export interface CarveArchive {
  /** Newest first. Asks no host and no other process. */
  list(): Promise<readonly Carve[]>;
  /** What is in a complete one. With `directory`, which must be new or empty, its files are written there. Throws a 'usage' Problem. */
  files(id: string, directory: string | undefined, signal: AbortSignal): Promise<readonly CarvedFile[]>;
}
