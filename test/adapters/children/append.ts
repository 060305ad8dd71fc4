/** Appends numbered batches to a data file until it is killed or done. Prints `<batch> <added>` after each. */
import { writeSync } from 'node:fs';
import { openStore } from '../../../src/adapters/sqlite-store.ts';
import { judge } from '../../../src/core/judge.ts';
import { aRawEvent } from '../../helpers/model.ts';

const [file = '', batches = '1', perBatch = '10'] = process.argv.slice(2);
const store = openStore(file);
for (let batch = 0; batch < Number(batches); batch += 1) {
  const events = Array.from({ length: Number(perBatch) }, (_, n) => judge(aRawEvent({ dedupeKey: `${batch}/${n}` }), batch));
  const added = await store.append(events, { feed: 'f', cursor: String(batch) });
  writeSync(1, `${batch} ${added.length}\n`);
}
store.close();
