/** Copying from the list of carves: what a report says of a fetched file. */
import { isoUtc } from '../../src/core/time.ts';
import { copyText, tsvLine, tsvTable } from '../../src/ui/clipboard.ts';
import { counted } from '../../src/ui/format.ts';
import type { Command } from '../../src/ui/keys/command.ts';
import type { CarveRow } from './select.ts';
import type { CarvesScreen } from './state.ts';
import { noRow } from './targets.ts';

const HEADS = ['asked', 'host', 'source', 'path', 'state', 'size', 'sha256', 'file'];

function cellsOf({ at, host, path, state, carve }: CarveRow): readonly string[] {
  const here = state === 'complete' ? carve : undefined;
  return [isoUtc(at), host.hostname, host.source, path, state, String(carve?.size ?? ''), here?.sha256 ?? '', here?.file ?? ''];
}

export const copyCommands: readonly Command<CarvesScreen>[] = [
  {
    id: 'carves.copy',
    keys: ['y'],
    title: 'Copy the row',
    help: 'Copies when and from which host the file was asked for, its size, SHA-256 and place to the clipboard of your terminal (OSC 52) and to a file.',
    where: 'screen',
    blocked: noRow,
    run({ screen, services }) {
      const row = screen.current();
      return row && copyText(services, tsvLine(cellsOf(row)), 'the row');
    },
  },
  {
    id: 'carves.copy-all',
    keys: ['Y'],
    title: 'Copy all rows',
    help: 'Copies the whole list as tab-separated lines with a head.',
    where: 'screen',
    blocked: noRow,
    run({ screen, services }) {
      const rows = screen.rows();
      return copyText(services, tsvTable(HEADS, rows.map(cellsOf)), counted(rows.length, 'file'));
    },
  },
];
