/**
 * How osqueryd is started so that it enrols here: flags, and a script to paste (contracts/osquery-remote.md 1.8). The
 * secret goes into a file, never onto a command line. Flags make live queries quick and let files be carved.
 */
import type { EnrolKit, EnrolPlatform } from '../../core/ports.ts';

export type KitFacts = {
  readonly tlsHostname: string;
  readonly enrollSecret: string;
  readonly serverCertsPem: string;
  /** Seconds. */
  readonly distributedInterval: number;
  readonly loggerPeriod: number;
  readonly clientCertificates: boolean;
  readonly secretKey: string | undefined;
};

/** Where the files of an installed osqueryd are; it leaves other osqueryds on the host alone. */
const DIRECTORIES: Readonly<Record<EnrolPlatform, string>> = {
  linux: '/var/osquery/rollcall',
  darwin: '/private/var/osquery/rollcall',
  windows: 'C:\\Program Files\\osquery\\rollcall',
};
const WINDOWS_OSQUERYD = 'C:\\Program Files\\osquery\\osqueryd\\osqueryd.exe';
/** One request has 16 s: a block of this size arrives in time over any line. */
const CARVE_BLOCK_BYTES = 262_144;

type Place = { readonly dir: string; readonly separator: '/' | '\\' };

function flags(facts: KitFacts, platform: EnrolPlatform, { dir, separator }: Place, ephemeral: boolean): string[] {
  const file = (name: string) => `${dir}${separator}${name}`;
  const { tlsHostname, distributedInterval, loggerPeriod, clientCertificates, secretKey } = facts;
  return [
    `--tls_hostname=${tlsHostname}`,
    `--tls_server_certs=${file('cert.pem')}`,
    ...(clientCertificates ? [`--tls_client_cert=${file('client.pem')}`, `--tls_client_key=${file('client.key')}`] : []),
    `--enroll_secret_path=${file('secret')}`,
    '--enroll_tls_endpoint=/enroll',
    ...(secretKey === undefined ? [] : [`--tls_enroll_override=${secretKey}`]),
    '--host_identifier=uuid',
    '--config_plugin=tls',
    '--config_tls_endpoint=/config',
    '--config_refresh=60',
    '--logger_plugin=tls',
    '--logger_tls_endpoint=/log',
    `--logger_tls_period=${loggerPeriod}`,
    '--logger_tls_compress=true',
    '--disable_distributed=false',
    '--distributed_plugin=tls',
    `--distributed_interval=${distributedInterval}`,
    '--distributed_tls_read_endpoint=/distributed/read',
    '--distributed_tls_write_endpoint=/distributed/write',
    '--disable_carver=false',
    '--carver_start_endpoint=/carve/start',
    '--carver_continue_endpoint=/carve/block',
    `--carver_block_size=${CARVE_BLOCK_BYTES}`,
    ...(platform === 'windows' ? ['--enable_ntfs_event_publisher=true'] : ['--enable_file_events=true']),
    '--disable_extensions=true',
    ...(platform === 'windows' ? [] : [`--extensions_socket=${file('osquery.em')}`]),
    `--pidfile=${file('osqueryd.pid')}`,
    ...(ephemeral ? ['--ephemeral', '--disable_database', '--disable_watchdog'] : [`--database_path=${file('osquery.db')}`]),
  ];
}

const heredoc = (file: string, text: string): string[] => [`cat >"$d/${file}" <<'END'`, text, 'END'];

/** Whatever ends the shell ends osqueryd, and then the directory goes, with what the carver gathered in it. */
const LEAVE_NOTHING = [
  'd=$(mktemp -d) || exit',
  'trap \'kill "$p" 2>/dev/null; wait; rm -rf "$d"\' EXIT',
  "trap 'exit 1' INT TERM HUP",
  'export TMPDIR="$d"',
];

/** Lines for a root shell, in a shell of their own: what they set is gone with it. `$d` in a flag is the directory. */
function shellScript(facts: KitFacts, platform: EnrolPlatform, ephemeral: boolean): string {
  const own = flags(facts, platform, { dir: '$d', separator: '/' }, ephemeral);
  const osqueryd = `osqueryd ${own.map(flag => `"${flag}"`).join(' \\\n  ')}`;
  return `${[
    '(',
    'umask 077',
    ...(ephemeral ? LEAVE_NOTHING : [`d=${DIRECTORIES[platform]}; mkdir -p "$d" || exit`]),
    ...heredoc('secret', facts.enrollSecret),
    ...heredoc('cert.pem', facts.serverCertsPem.trim()),
    ...(ephemeral ? [`${osqueryd} & p=$!`, 'wait "$p"'] : [osqueryd]),
    ')',
  ].join('\n')}\n`;
}

/** Lines for PowerShell as Administrator. Only SYSTEM and Administrators may read the directory, by their well-known ids. */
function powerShellScript(facts: KitFacts, ephemeral: boolean): string {
  const own = flags(facts, 'windows', { dir: '$d', separator: '\\' }, ephemeral);
  const run = `& '${WINDOWS_OSQUERYD}' ${own.map(flag => `"${flag}"`).join(' `\n  ')}`;
  return `${[
    ephemeral ? "$d = Join-Path $env:TEMP ('rollcall-' + [guid]::NewGuid())" : `$d = '${DIRECTORIES.windows}'`,
    'New-Item -ItemType Directory -Force -Path $d | Out-Null',
    'icacls $d /inheritance:r /grant "*S-1-5-18:(OI)(CI)F" "*S-1-5-32-544:(OI)(CI)F" | Out-Null',
    "@'",
    facts.enrollSecret,
    '\'@ | Set-Content -NoNewline -Encoding ascii "$d\\secret"',
    "@'",
    facts.serverCertsPem.trim(),
    '\'@ | Set-Content -Encoding ascii "$d\\cert.pem"',
    ...(ephemeral ? [`try {\n${run}\n} finally { Remove-Item -Recurse -Force $d }`] : [run]),
  ].join('\r\n')}\r\n`;
}

/** The kit for one platform. `ephemeral`: keeps everything in memory and a temporary directory that goes with it. */
export function enrolKit(facts: KitFacts, platform: EnrolPlatform, ephemeral: boolean): EnrolKit {
  const separator = platform === 'windows' ? '\\' : '/';
  const dir = ephemeral ? '$d' : DIRECTORIES[platform];
  return {
    platform,
    ephemeral,
    flags: flags(facts, platform, { dir, separator }, ephemeral),
    script: platform === 'windows' ? powerShellScript(facts, ephemeral) : shellScript(facts, platform, ephemeral),
  };
}
