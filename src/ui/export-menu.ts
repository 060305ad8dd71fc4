/** Key `x` on every screen that has something to take away: a format, then a path, then a file. */

import { wrapCells } from './cells.ts';
import { copyText } from './clipboard.ts';
import type { ExportEvidence, ExportedLines, Exporter, ExportFormat, ExportLines } from './exporter.ts';
import { counted } from './format.ts';
import { attempt } from './keys/execute.ts';
import type { Services } from './services.ts';

/** What a screen offers. Looked up when the menu opens: it stays meant, whatever arrives. */
export type ExportOffer = {
  /** "812 rows": what the lines are. */
  readonly what: string;
  /** Of the file that is proposed, without its ending. */
  readonly name: string;
  readonly lines: ExportLines;
  readonly evidence: ExportEvidence;
  /** Secrets in the lines are masked; in evidence they never are. */
  readonly mask: boolean;
};

/** Cells that a confirmation leaves at its left and right. */
const CONFIRM_MARGIN = 3;

const askPath = ({ ui }: Services, label: string, value: string, accept: (path: string) => Promise<void>): void =>
  ui.prompt({
    id: 'export.path',
    label,
    value,
    onAccept(typed) {
      if (typed.trim() === '') ui.say('Nothing was written.');
      else void attempt(ui, () => accept(typed.trim()));
    },
  });

function told({ path, lines, masked }: ExportedLines, mask: boolean): string {
  const secrets = masked > 0 ? `, ${counted(masked, 'secret')} masked` : mask ? '' : ', nothing masked';
  return `Wrote ${counted(lines, 'line')} to ${path}${secrets}.`;
}

async function writeLines(services: Services, exporter: Exporter, offer: ExportOffer, format: ExportFormat, typed: string): Promise<void> {
  const { ui } = services;
  const { path, taken } = exporter.place(typed);
  if (taken === 'other') return ui.say(`${path} is no file: name another. Nothing was written.`, 'warn');
  if (taken === 'file' && !(await ui.confirm({ title: `There is a file ${path}. Replace it?`, yes: 'replace' })))
    return ui.say('Nothing was written.');
  ui.say(`Writing ${path} …`);
  ui.say(told(await exporter.write(offer.lines, format, path, offer), offer.mask));
}

async function writeBundle(services: Services, exporter: Exporter, { evidence }: ExportOffer, typed: string): Promise<void> {
  const { ui } = services;
  const { path } = exporter.place(typed);
  ui.say(`Writing ${path} …`);
  const { files, manifest } = await exporter.bundle(evidence, path);
  ui.say(`Evidence is in ${path}.`);
  // As few lines as there must be: on the smallest screen all of the hash is to be seen.
  const lines = ['Note the hash of their list elsewhere:', ...wrapCells(manifest, ui.get().columns - CONFIRM_MARGIN)];
  if (await ui.confirm({ title: `${counted(files, 'file')}, values exact.`, lines, yes: 'copy the hash' }))
    await copyText(services, manifest, 'the hash');
}

/** Opens the menu: j JSON lines, c CSV, e evidence bundle. Nothing where `cannotExport` says why. */
export function openExportMenu(services: Services, offer: ExportOffer): void {
  const { ui, exporter } = services;
  if (!exporter) return;
  const lines = (format: ExportFormat, label: string) => () =>
    askPath(services, `${label} to: `, `${offer.name}.${format}`, path => writeLines(services, exporter, offer, format, path));
  ui.menu({
    title: `export ${offer.what}`,
    items: [
      { key: 'j', word: 'JSON lines', short: 'jsonl', run: lines('jsonl', 'JSON lines') },
      { key: 'c', word: 'CSV', short: 'csv', run: lines('csv', 'CSV') },
      {
        key: 'e',
        word: 'evidence bundle',
        short: 'evidence',
        run: () =>
          askPath(services, 'Evidence (a directory, or FILE.tar) to: ', `evidence-${offer.name}`, path =>
            writeBundle(services, exporter, offer, path),
          ),
      },
    ],
  });
}

/** Why nothing can be exported; undefined when it can. */
export const cannotExport = ({ exporter }: Services): string | undefined => (exporter ? undefined : 'rollcall is still starting');
