/** `rollcall carves`: what hosts have sent, and the files of one. */
import path from 'node:path';
import type { Carve, CarveArchive, CarvedFile } from '../core/ports.ts';
import { Problem } from '../core/problem.ts';
import { clean } from '../core/sanitize.ts';
import { isoUtc } from '../core/time.ts';
import type { Command, CommandContext } from './context.ts';
import { endpointNames } from './endpoint.ts';
import { type ListForm, printList } from './print.ts';
import { type Session, withSession } from './session.ts';

const time = (ms: number | null): string | null => (ms === null ? null : isoUtc(ms));
const percent = ({ size, received }: Carve): string => (size === 0 ? '-' : `${Math.floor((received / size) * 100)} %`);

export const carveForm: ListForm<Carve> = {
  json: ({ id, source, hostId, hostname, path: carved, state, runId, requestedAt, completedAt, size, received, sha256, format }) => ({
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
  }),
  header: ['id', 'host', 'path', 'state', 'size', 'in', 'sha256'],
  cells: carve => [carve.id, carve.hostname, carve.path, carve.state, String(carve.size), percent(carve), carve.sha256 ?? '-'],
  csv: ['id', 'source', 'host', 'host_id', 'path', 'state', 'run', 'requested_at', 'completed_at', 'size', 'received', 'sha256', 'format'],
  none: 'Nothing has been carved yet. `rollcall carve PATH --host NAME` fetches a file.',
};

const fileForm: ListForm<CarvedFile> = {
  json: ({ path: name, size, sha256, note }) => ({ path: name, size, sha256: sha256 || null, note: note ?? null }),
  header: ['path', 'size', 'sha256', 'note'],
  cells: ({ path: name, size, sha256, note }) => [name, String(size), sha256 || '-', note ?? ''],
  csv: ['path', 'size', 'sha256', 'note'],
  none: 'The archive holds no file.',
};

/** The archives of all endpoints. */
const archives = ({ engine }: Session): readonly CarveArchive[] => engine.connectors.flatMap(({ carves }) => carves ?? []);

async function holderOf(session: Session, id: string): Promise<CarveArchive> {
  for (const archive of archives(session)) if ((await archive.list()).some(carve => carve.id === id)) return archive;
  throw new Problem('usage', `There is no carve '${clean(id, 80)}'. \`rollcall carves\` lists them.`);
}

async function printFiles(context: CommandContext, session: Session, id: string): Promise<void> {
  const { common, messages, signal } = context;
  const directory = common.output === undefined ? undefined : path.resolve(common.output);
  const files = await (await holderOf(session, id)).files(id, directory, signal);
  await printList(context, files, fileForm);
  if (directory !== undefined) messages.step(`Extracted to ${directory}. What a host sends is evidence, not to be run.`);
}

export const carves: Command = context =>
  withSession(
    context,
    async session => {
      const [id] = context.args;
      if (id !== undefined) await printFiles(context, session, id);
      else if (context.common.output !== undefined)
        throw new Problem('usage', 'Which carve? `rollcall carves ID --output DIR` extracts one.');
      else await printList(context, (await Promise.all(archives(session).map(archive => archive.list()))).flat(), carveForm);
      return 0;
    },
    endpointNames(context),
  );
