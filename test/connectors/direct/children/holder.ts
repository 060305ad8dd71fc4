/** Holds the direct endpoint of a data directory until it is killed. argv: data directory, settings store, port. */
import { systemClock } from '../../../../src/adapters/clock.ts';
import { openStore } from '../../../../src/adapters/sqlite-store.ts';
import { createDirect } from '../../../../src/connectors/direct/index.ts';

const [dataDir = '', database = '', port = ''] = process.argv.slice(2);
const connector = createDirect({
  id: 'jump',
  dataDir,
  listen: { host: '127.0.0.1', port: Number(port) },
  registry: 'persistent',
  store: openStore(database),
  clock: systemClock,
  log: { write: () => undefined },
});
const address = await connector.start();
process.stdout.write(`${JSON.stringify(address)}\n`);
for await (const _batch of connector.feeds[0]?.read(undefined, 0, new AbortController().signal) ?? []);
