/** The field process as a program of its own. */
import { runField } from '../../src/lab/field-process.ts';

await runField();
