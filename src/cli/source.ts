/** `rollcall source list`, `test` and `remove`. */
import { openSettings, type SourceSettings } from '../adapters/config-file.ts';
import type { SecretPlace } from '../adapters/secrets.ts';
import type { SourceReport } from '../core/ports.ts';
import { isAbort, Problem } from '../core/problem.ts';
import type { Command, CommandContext } from './context.ts';
import { csvLine } from './csv.ts';
import { PATIENCE_MS, within } from './limits.ts';
import { csvRecord, jsonLine, type ListForm, printList, writeAll, writeJson } from './print.ts';
import { type Session, withSession } from './session.ts';
import { alignedLine } from './table.ts';

const placeText = (place: SecretPlace | undefined): string =>
  place ? (Object.entries(place).map(([where, what]) => `${where} ${what}`)[0] ?? '') : '-';

const addressOf = ({ own }: SourceSettings): string => String(own.base_url ?? own.listen ?? '');

const form: ListForm<SourceSettings> = {
  json: ({ name, kind, own, secret, caFile, insecure }) => ({
    name,
    kind,
    settings: own,
    secret: secret ?? null,
    ca_file: caFile ?? null,
    insecure,
  }),
  header: ['name', 'kind', 'address', 'secret', 'tls'],
  cells: source => [
    source.name,
    source.kind,
    addressOf(source),
    placeText(source.secret),
    source.insecure ? 'not verified' : (source.caFile ?? 'verified'),
  ],
  csv: ['name', 'kind', 'settings', 'secret', 'ca_file', 'insecure'],
  none: 'No source is configured yet. Add one with `rollcall source add`, or look around with --lab.',
};

export const listSources: Command = async context => {
  await printList(context, openSettings(context.directories.configDir).sources(), form);
  return 0;
};

export const removeSource: Command = async ({ args, directories, messages }) => {
  const [name = ''] = args;
  const settings = openSettings(directories.configDir);
  await settings.remove(name);
  messages.step(`Source '${name}' removed from ${settings.path}. Its events and runs stay in the data directory.`);
  return 0;
};

const REPORT_COLUMNS = ['source', 'ok', 'version', 'account', 'can', 'cannot', 'remarks'] as const;

async function printReport(context: CommandContext, source: string, report: SourceReport): Promise<void> {
  const { version, account, can, cannot, remarks } = report;
  const whole = { source, ok: true, version, account, can, cannot, remarks };
  if (context.format === 'json') await writeJson(context, whole);
  else if (context.format === 'jsonl') await writeAll(context, [jsonLine(whole)]);
  else if (context.format === 'csv') {
    const lists = { can: can.join('; '), cannot: cannot.join('; '), remarks: remarks.join('; ') };
    await writeAll(context, [csvLine(REPORT_COLUMNS), csvRecord(REPORT_COLUMNS, { ...whole, ...lists })]);
  } else {
    const rows = [
      ['source', `${source}: reached`],
      ['version', version],
      ['account', account],
      ['can', can.join(', ') || '-'],
      ['cannot', cannot.join(', ') || '-'],
      ...remarks.map(remark => ['remark', remark]),
    ];
    // A sentence is not cut: it may wrap.
    const terminal = { ...context.terminal, tty: false };
    await writeAll(
      context,
      rows.map(row => `${alignedLine(row, [8, 0], terminal)}\n`),
    );
  }
}

async function check({ common, clock, signal, messages }: CommandContext, { engine }: Session, name: string): Promise<SourceReport> {
  const ms = common.timeoutS === undefined ? PATIENCE_MS : common.timeoutS * 1_000;
  messages.progress(`asking ${name}`);
  try {
    return (await within(ms, clock, signal, limited => engine.check(name, limited))).value;
  } catch (thrown) {
    if (!isAbort(thrown) || signal.aborted) throw thrown;
    throw new Problem(
      'unreachable',
      `Source '${name}' did not answer within ${Math.round(ms / 1_000)} s. Check address and network, then try again.`,
    );
  } finally {
    messages.rest();
  }
}

export const testSource: Command = context => {
  const [name = ''] = context.args;
  const test = async (session: Session) => {
    await printReport(context, name, await check(context, session, name));
    return 0;
  };
  return withSession(context, test, [name]);
};
