/** `rollcall enroll`: what enrols a suspect host, as lines to paste, as JSON, or as files. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { EnrolKit, Enrolment, EnrolPlatform } from '../core/ports.ts';
import { Problem } from '../core/problem.ts';
import { clean } from '../core/sanitize.ts';
import { parseSpan } from '../core/time.ts';
import type { Command, CommandContext } from './context.ts';
import { csvLine } from './csv.ts';
import { endpointNames, endpointOf } from './endpoint.ts';
import { jsonLine, writeAll, writeJson } from './print.ts';
import { withSession } from './session.ts';

const PLATFORMS: readonly EnrolPlatform[] = ['linux', 'darwin', 'windows'];

function platformOf({ given }: CommandContext): EnrolPlatform {
  const name = given.get('platform')?.[0] ?? 'linux';
  const known = PLATFORMS.find(platform => platform === name.toLowerCase());
  if (!known) throw new Problem('usage', `There is no platform '${clean(name, 40)}'. There are: ${PLATFORMS.join(', ')}.`);
  return known;
}

/** How long (ms) the secret before a rotation stays good. */
function graceOf({ given }: CommandContext): number {
  const text = given.get('grace')?.[0];
  if (text === undefined) return 0;
  const span = parseSpan(text);
  if (span === undefined) throw new Problem('usage', `--grace '${clean(text, 40)}' is no span of time. Write it as 30m, 24h or 7d.`);
  if (!given.has('rotate')) throw new Problem('usage', '--grace goes with --rotate: it is for the secret before.');
  return span;
}

const record = ({ tlsHostname, enrollSecret, serverCertsPem, fingerprint }: Enrolment, { flags, script }: EnrolKit) => ({
  tls_hostname: tlsHostname,
  enroll_secret: enrollSecret,
  server_certs_pem: serverCertsPem,
  fingerprint,
  flags,
  script,
});

/** The files that the flags name, and the script: for a medium that is carried to the host. 0600 in a directory 0700. */
function writeFiles(
  directory: string,
  { enrollSecret, serverCertsPem }: Enrolment,
  { platform, ephemeral, flags, script }: EnrolKit,
): void {
  const files = {
    secret: enrollSecret,
    'cert.pem': serverCertsPem,
    // Those of a directory that is made when the script runs would name nothing.
    ...(ephemeral ? {} : { 'osquery.flags': `${flags.join('\n')}\n` }),
    [platform === 'windows' ? 'enroll.ps1' : 'enroll.sh']: script,
  };
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    for (const [name, text] of Object.entries(files)) writeFileSync(path.join(directory, name), text, { mode: 0o600, flag: 'wx' });
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw new Problem('usage', `The files cannot be written to ${directory} (${why}). Name a new directory with --write.`, {
      cause: thrown,
    });
  }
}

async function print(context: CommandContext, enrolment: Enrolment, kit: EnrolKit): Promise<void> {
  const whole = record(enrolment, kit);
  if (context.format === 'json') await writeJson(context, whole);
  else if (context.format === 'jsonl') await writeAll(context, [jsonLine(whole)]);
  else if (context.format === 'csv') await writeAll(context, [csvLine(['flag']), ...kit.flags.map(flag => csvLine([flag]))]);
  else await writeAll(context, [kit.script]);
}

export const enroll: Command = context =>
  withSession(
    context,
    async session => {
      const { given, messages, signal } = context;
      const platform = platformOf(context);
      const endpoint = endpointOf(session, 'enrolment');
      const graceMs = graceOf(context);
      if (given.has('rotate')) {
        await endpointOf(session, 'nodes').nodes.rotateSecret(signal, graceMs);
        const before = graceMs > 0 ? `enrols hosts for ${given.get('grace')?.[0]} yet` : 'enrols nobody any more';
        messages.step(`The enroll secret is new; the one before ${before}.`);
      }
      const enrolment = await endpoint.enrolment(signal);
      const kit = enrolment.kit(platform, given.has('ephemeral'));
      const [directory] = given.get('write') ?? [];
      if (directory !== undefined) writeFiles(path.resolve(directory), enrolment, kit);
      await print(context, enrolment, kit);
      messages.step(`Certificate SHA-256 ${enrolment.fingerprint}. Keep the console or \`rollcall serve\` open: hosts enrol to it.`);
      return 0;
    },
    endpointNames(context),
  );
