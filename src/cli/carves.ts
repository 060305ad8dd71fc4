/** `rollcall carves`: what hosts have sent, and the files of one. */
import type { Carve, CarvedFile } from '../core/ports.ts';
import { Problem } from '../core/problem.ts';
import { clean } from '../core/sanitize.ts';
import { isoUtc } from '../core/time.ts';
import { type Carving, createCarving } from '../engine/carving.ts';
import type { Command, CommandContext } from './context.ts';
import { endpointNames } from './endpoint.ts';
import { type ListForm, printList } from './print.ts';
import { withSession } from './session.ts';

const time = (ms: number | null): string | null => (ms === null ? null : isoUtc(ms));
const percent = ({ size, received }: Carve): string => (size === 0 ? '-' : `${Math.floor((received / size) * 100)} %`);

export const carveForm: ListForm<Carve> = {
  json: ({ id, source, hostId, hostname, path: carved, state, runId, requestedAt, completedAt, size, received, sha256, format, file }) => ({
    id,
    source,
    host: hostname,
    host_id: hostId,
    path: carved,
    state,
    run: runId,
    requested_at: time(requestedAt),
    completed_at: time(completedAt),
    size,
    received,
    sha256,
    format,
    file,
  }),
  header: ['id', 'host', 'path', 'state', 'size', 'in', 'sha256'],
  cells: carve => [carve.id, carve.hostname, carve.path, carve.state, String(carve.size), percent(carve), carve.sha256 ?? '-'],
  csv: [
    'id',
    'source',
    'host',
    'host_id',
    'path',
    'state',
    'run',
    'requested_at',
    'completed_at',
    'size',
    'received',
    'sha256',
    'format',
    'file',
  ],
  none: 'Nothing has been carved yet. `rollcall carve PATH --host NAME` fetches a file.',
};

const fileForm: ListForm<CarvedFile> = {
  json: ({ path: name, size, sha256, note }) => ({ path: name, size, sha256: sha256 || null, note: note ?? null }),
  header: ['path', 'size', 'sha256', 'note'],
  cells: ({ path: name, size, sha256, note }) => [name, String(size), sha256 || '-', note ?? ''],
  csv: ['path', 'size', 'sha256', 'note'],
  none: 'The archive holds no file.',
};

async function carveOf(carving: Carving, id: string): Promise<Carve> {
  const carve = (await carving.list()).find(candidate => candidate.id === id);
  if (carve) return carve;
  throw new Problem('usage', `There is no carve '${clean(id, 80)}'. \`rollcall carves\` lists them.`);
}

async function printFiles(context: CommandContext, carving: Carving, id: string): Promise<void> {
  const { common, messages, signal } = context;
  const carve = await carveOf(carving, id);
  if (common.output === undefined) return printList(context, await carving.files(carve, signal), fileForm);
  const { directory, files } = await carving.extract(carve, common.output, signal);
  await printList(context, files, fileForm);
  messages.step(`Extracted to ${directory}. What a host sends is evidence, not to be run.`);
}

export const carves: Command = context =>
  withSession(
    context,
    async ({ engine }) => {
      const carving = createCarving({ engine, clock: context.clock, signal: context.signal });
      const [id] = context.args;
      if (id !== undefined) await printFiles(context, carving, id);
      else if (context.common.output !== undefined)
        throw new Problem('usage', 'Which carve? `rollcall carves ID --output DIR` extracts one.');
      else await printList(context, await carving.list(), carveForm);
      return 0;
    },
    endpointNames(context),
  );
