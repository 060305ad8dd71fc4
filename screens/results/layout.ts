/** Who gets which lines of the Results screen. Pure, so that commands know the same sizes as the view. */
import type { Run } from '../../src/core/run.ts';
import type { Size } from '../../src/ui/keys/command.ts';

/** Remarks on a run that are shown at once; the newest ones. */
export const NOTES_SHOWN = 2;

const notesOf = (run: Run | undefined): number => Math.min(NOTES_SHOWN, run?.notes.length ?? 0);

/** What is asked, the counts, the remarks, the tabs of states; the filter where there is one. */
export const runHead = (run: Run | undefined, isFiltered: boolean): number => 3 + notesOf(run) + (isFiltered ? 1 : 0);

const atLeastOne = (lines: number): number => Math.max(1, lines);

/** Lines of the list of runs, under its column heads. */
export const runsHeight = ({ height }: Size): number => atLeastOne(height - 1);

/** Lines of the roll, of rows or of values, under the head of the run and the column heads. */
export const hostsHeight = ({ height }: Size, run: Run | undefined, isFiltered: boolean): number =>
  atLeastOne(height - runHead(run, isFiltered) - 1);
