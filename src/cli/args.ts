/**
 * The commands and their flags, as data: parsing, errors, help and the README's tables are made from it. Import-light on
 * purpose: it is read before anything is known to be needed.
 */

import { MAX_WAIT_S } from '../core/wait.ts';

export type Flag = {
  /** Without the dashes. */
  readonly name: string;
  /** What its value is called in help; a flag without one is a switch. */
  readonly value?: string;
  /** `--lab` may stand alone or have a whole number. */
  readonly optional?: true;
  /** May be given more than once. */
  readonly many?: true;
  readonly required?: true;
  /** The connector setting that it sets. */
  readonly setting?: string;
  /** What its value is read as: a path is kept absolute. Text, when absent. */
  readonly type?: 'number' | 'path';
  readonly env?: string;
  readonly help: string;
};

/** What every command can print. */
export const COMMON_FORMATS = ['table', 'json', 'jsonl', 'csv'] as const;
export const FORMATS = [...COMMON_FORMATS, 'tmux'] as const;
export type Format = (typeof FORMATS)[number];

export const DEFAULT_LAB = 24;
export const DEFAULT_TIMEOUT_S = 60;

/** Flags that mean the same everywhere. */
export const COMMON_FLAGS: readonly Flag[] = [
  { name: 'config-dir', value: 'DIR', env: 'ROLLCALL_CONFIG_DIR', help: "settings; default: the platform's config directory" },
  { name: 'data-dir', value: 'DIR', env: 'ROLLCALL_DATA_DIR', help: "events, runs, audit; default: the platform's data directory" },
  { name: 'source', value: 'NAME', many: true, help: 'one configured source; default: all' },
  { name: 'lab', value: 'N', optional: true, help: `this machine and N simulated hosts (default ${DEFAULT_LAB}) instead of the sources` },
  { name: 'format', value: COMMON_FORMATS.join('|'), help: 'default: table on a terminal, else jsonl for feed and json for the rest' },
  { name: 'output', value: 'FILE', help: 'write there (0600, whole or not at all) instead of standard output' },
  { name: 'no-color', env: 'NO_COLOR', help: 'no colour' },
  { name: 'plain', help: 'no alternate screen, no redraw: lines only' },
  { name: 'quiet', help: 'no progress on standard error' },
  { name: 'timeout', value: 'S', help: `seconds that a live query waits; ${DEFAULT_TIMEOUT_S}, 1..${MAX_WAIT_S}` },
  { name: 'help', help: 'what the command does and takes' },
];

/** `many`: as many as there are, the last argument only. */
export type Argument = { readonly name: string; readonly optional?: true; readonly many?: true };

/** An argument as usage lines write it: `NAME`, `[NAME]`, `[NAME...]`. */
export function argumentForm({ name, optional, many }: Argument): string {
  const form = many ? `${name}...` : name;
  return optional ? `[${form}]` : form;
}

export type CommandSpec = {
  /** One to three words: `source add osctrl`. */
  readonly name: string;
  readonly args: readonly Argument[];
  readonly flags: readonly Flag[];
  readonly summary: string;
  /** Beyond those that every command knows. */
  readonly formats?: readonly Format[];
  readonly examples?: readonly string[];
  /** What `--output` names: a file with what would go to standard output, unless it says otherwise. */
  readonly output?: 'directory';
  /** Runs until it is stopped: being stopped is its good end. */
  readonly endless?: true;
  /** What else its help says, a line each. */
  readonly notes?: readonly string[];
};

const NAME: Argument = { name: 'NAME' };

const TOKEN: readonly Flag[] = [
  { name: 'token-env', value: 'VAR', help: 'the API token is in this variable' },
  { name: 'token-file', value: 'FILE', help: 'the API token is in this file, which only you can read' },
  { name: 'token-command', value: 'CMD', help: 'this command prints the API token' },
];

const TLS: readonly Flag[] = [
  { name: 'ca-file', value: 'FILE', help: 'trust only the CAs in this PEM file' },
  { name: 'insecure', help: 'do not verify TLS, allow http:// beyond this machine; a standing warning' },
];

const POLL: Flag = {
  name: 'poll-interval',
  value: 'SECONDS',
  setting: 'poll_interval_seconds',
  type: 'number',
  help: 'between two polls; 300, kept within 30..86400',
};

const BASE_URL: Flag = { name: 'base-url', value: 'URL', required: true, setting: 'base_url', help: 'address of the server' };

/** Whom a query or a carve is for. */
const TARGETS: readonly Flag[] = [
  { name: 'host', value: 'NAME', many: true, help: 'hostname, display name, uuid or id, exactly, in any case; web-* globs' },
  { name: 'hosts-file', value: 'FILE|-', help: 'names, one a line; - reads standard input' },
  { name: 'all', help: 'every host' },
  { name: 'platform', value: 'P', many: true, help: 'only hosts of this platform' },
  { name: 'label', value: 'L', many: true, help: 'only hosts with this label' },
  { name: 'exclude', value: 'NAME', many: true, help: 'not this host' },
];
const YES: Flag = { name: 'yes', help: 'ask nobody: needed for more than 25 hosts in scripts' };
const UNMASKED: Flag = { name: 'unmasked', help: 'in a table: passwords, tokens and keys as they came; other formats never mask' };
const NODE: Argument = { name: 'NODE' };

export const COMMANDS: readonly CommandSpec[] = [
  {
    name: 'hosts',
    args: [{ name: 'HOST', optional: true }],
    flags: [
      { name: 'changes', help: 'what was added and removed on HOST, by table' },
      { name: 'since', value: 'SPAN|TIME', help: 'with --changes: from then on; 24h' },
    ],
    summary: 'list hosts, or show what changed on one',
    examples: ['rollcall hosts --lab', 'rollcall hosts --source prod --format csv', 'rollcall hosts web-1 --changes --since 7d'],
  },
  {
    name: 'templates',
    args: [{ name: 'NAME', optional: true }],
    flags: [],
    summary: 'list templates, or show one: parameters, SQL, platforms, ATT&CK, digest',
    examples: ['rollcall templates', 'rollcall templates running_processes'],
  },
  {
    name: 'templates approve',
    args: [NAME],
    flags: [{ name: 'yes', help: 'ask nobody' }],
    summary: 'show a template of this site and allow it to run, as it is now',
    examples: ['rollcall templates approve our_updates'],
  },
  {
    name: 'query',
    args: [{ name: 'TEMPLATE', optional: true }],
    flags: [
      ...TARGETS,
      { name: 'param', value: 'KEY=VALUE', many: true, help: 'a parameter of the template' },
      { name: 'run', value: 'ID', help: 'instead of TEMPLATE and hosts: those of this run, once more' },
      { name: 'missing', help: 'with --run: only its hosts that failed or did not answer, folded into the same run' },
      YES,
      { name: 'dry-run', help: 'print targets, SQL, digest, waves and the cost of earlier runs; send nothing' },
      UNMASKED,
    ],
    summary: 'run an allowlisted live query and wait for the answers',
    examples: [
      'rollcall query running_processes --lab --all --yes',
      "rollcall query recently_modified_files --host 'web-*' --exclude web-9 --param since=24h",
      'rollcall query listening_ports --hosts-file suspects.txt --format csv --output ports.csv',
      'rollcall query --run 20261121t030000-a1b2c3 --missing --timeout 300',
    ],
  },
  {
    name: 'run',
    args: [{ name: 'STEP.yaml' }],
    flags: [
      {
        name: 'var',
        value: 'KEY=VALUE',
        many: true,
        help: 'what {{ KEY }} stands for; {{ secrets.NAME }} is the variable ROLLCALL_SECRET_NAME',
      },
      { name: 'alert', value: 'FILE', help: 'the alert (JSON): what {{ alert.host }} and its like stand for' },
      YES,
      { name: 'dry-run', help: 'print targets, SQL, digest, waves and the cost of earlier runs; send nothing' },
      UNMASKED,
    ],
    summary: 'run the AiSOC `osquery_live_query` steps of a playbook',
    examples: ['rollcall run triage.yaml --var alert.host=web-1', 'rollcall run triage.yaml --alert alert.json --lab'],
  },
  {
    name: 'feed',
    args: [],
    flags: [
      { name: 'since', value: 'SPAN|TIME', help: 'only events from then on: 30m, 24h, 7d, or RFC 3339' },
      {
        name: 'filter',
        value: 'EXPR',
        help: 'sev>=high host:GLOB table:T source:S since:1h attack:T1543 rule:R new:yes status:open col:path=GLOB "text"; - or ! excludes; or @NAME, saved in the console',
      },
      { name: 'follow', help: 'go on with new events until interrupted' },
      { name: 'limit', value: 'N', help: 'the newest N; default: none, 1000 on a terminal' },
    ],
    summary: 'print the event feed; --follow tails it',
    examples: ['rollcall feed --since 24h --filter sev>=high', "rollcall feed --follow --filter 'host:web-* -table:processes'"],
  },
  {
    name: 'runs',
    args: [{ name: 'ID', optional: true }],
    flags: [UNMASKED],
    summary: 'past and running queries; ID shows one as `query` would print it',
  },
  {
    name: 'triage',
    args: [{ name: 'EVENT_ID', optional: true, many: true }],
    flags: [
      { name: 'state', value: 'STATE', help: 'decide: new, ack, progress, fp, tp, escalate or snooze, or the long names' },
      { name: 'until', value: 'SPAN|TIME', help: 'with --state snooze: 8h, 7d, or RFC 3339' },
      { name: 'comment', value: 'TEXT', help: 'why; without --state: a comment that decides nothing' },
      { name: 'undo', help: 'take the newest decision on each event back' },
      { name: 'filter', value: 'EXPR', help: 'instead of ids: every stored event that passes, as in feed --filter' },
      { name: 'yes', help: 'ask nobody: needed for more than 25 events in scripts' },
      { name: 'dry-run', help: 'list the events; decide nothing' },
    ],
    summary: 'decide on events, or show what was decided on them',
    examples: [
      'rollcall triage 5174f4daabaa205cd9420d70',
      'rollcall triage 5174f4daabaa205cd9420d70 --state fp --comment "backup job"',
      "rollcall triage --filter 'rule:cron-* host:build-* status:open' --state snooze --until 7d --yes",
    ],
  },
  {
    name: 'status',
    args: [],
    flags: [{ name: 'since', value: 'SPAN|TIME', help: 'events from then on: 30m, 24h; default 24h' }],
    formats: ['tmux'],
    summary: 'severe events that nobody has decided on yet, in one line; --format tmux for a status bar',
    examples: ['rollcall status --format tmux'],
  },
  {
    name: 'prune',
    args: [],
    flags: [
      { name: 'older-than', value: 'SPAN|TIME', help: 'events from before go: 30d, 12h, or RFC 3339' },
      { name: 'max-size', value: 'SIZE', help: 'the oldest go until no more is in use: 500MB, 2GB' },
      { name: 'keep', value: 'EXPR', help: 'these stay, as in feed --filter: sev>=high' },
      { name: 'dry-run', help: 'say what would go; take nothing away' },
    ],
    summary: 'take old events away; runs and decisions stay',
    examples: ['rollcall prune --older-than 30d --keep sev>=high --dry-run'],
  },
  { name: 'rules list', args: [], flags: [], summary: 'rules in force: the shipped ones and those of <config-dir>/rules/*.yaml' },
  {
    name: 'rules test',
    args: [{ name: 'FILE', optional: true }],
    flags: [],
    summary: 'check every rule against its own samples; exit 1 when one fails, 2 when a file is broken',
  },
  {
    name: 'rules explain',
    args: [{ name: 'EVENT_ID' }],
    flags: [],
    summary: 'which rule gave an event its severity, and why others did not',
  },
  { name: 'serve', args: [], flags: [], endless: true, summary: 'run the direct endpoint without a screen, until SIGINT or SIGTERM' },
  {
    name: 'enroll',
    args: [],
    flags: [
      { name: 'platform', value: 'P', many: true, help: 'linux, darwin or windows; default: linux' },
      { name: 'ephemeral', help: 'a variant that leaves nothing on the host when it ends' },
      { name: 'write', value: 'DIR', help: 'write certificate and secret as files there (0600)' },
      { name: 'rotate', help: 'make a new enroll secret first; hosts that are enrolled stay so' },
      { name: 'grace', value: 'SPAN', help: 'with --rotate: the secret before is good for so long yet: 1h; default: not at all' },
    ],
    summary: 'print the osqueryd command line, and write the files, that enrol a suspect host',
    examples: ['rollcall enroll --platform linux --ephemeral --write ./kit'],
  },
  { name: 'nodes', args: [], flags: [], summary: 'hosts enrolled to the direct endpoint, with their standing' },
  { name: 'nodes approve', args: [NODE], flags: [], summary: 'approve a host whose identifier was taken' },
  { name: 'nodes block', args: [NODE], flags: [], summary: 'take nothing from this host any more' },
  { name: 'nodes forget', args: [NODE], flags: [], summary: 'forget this host and its key' },
  {
    name: 'nodes tag',
    args: [NODE, { name: 'TAGS', optional: true }],
    flags: [],
    summary: 'set the tags of this host, separated by commas',
  },
  {
    name: 'carve',
    args: [{ name: 'PATH' }],
    flags: [...TARGETS, YES],
    summary: "fetch a file from hosts by osquery's carver",
    examples: ['rollcall carve /etc/ld.so.preload --host web-1'],
  },
  {
    name: 'carves',
    args: [{ name: 'ID', optional: true }],
    flags: [],
    output: 'directory',
    summary: 'list carved files, or extract one into the directory of --output',
  },
  { name: 'source list', args: [], flags: [], summary: 'configured sources' },
  {
    name: 'source add osctrl',
    args: [NAME],
    flags: [
      BASE_URL,
      { name: 'environment', value: 'ENV', required: true, setting: 'environment', help: 'name or UUID' },
      ...TOKEN,
      ...TLS,
      POLL,
    ],
    summary: 'add an osctrl environment',
    examples: ['rollcall source add osctrl prod --base-url https://osctrl.example:9002 --environment prod --token-env OSCTRL_TOKEN'],
  },
  {
    name: 'source add fleetdm',
    args: [NAME],
    flags: [
      BASE_URL,
      { name: 'team-id', value: 'N', setting: 'team_id', type: 'number', help: "only this team's hosts and reports" },
      ...TOKEN,
      { name: 'email', value: 'E', setting: 'email', help: 'log in as this account instead of with a token' },
      { name: 'password-env', value: 'VAR', help: 'the password of the account is in this variable' },
      ...TLS,
      POLL,
    ],
    summary: 'add a FleetDM server',
    examples: ['rollcall source add fleetdm fleet --base-url https://fleet.example --token-file ~/.fleet-token'],
  },
  {
    name: 'source add direct',
    args: [NAME],
    flags: [
      { name: 'listen', value: 'ADDRESS:PORT', setting: 'listen', help: 'default 127.0.0.1:8443' },
      { name: 'hostname', value: 'NAME', many: true, setting: 'hostname', help: 'a name by which hosts reach this machine' },
      {
        name: 'enroll-secret-file',
        value: 'FILE',
        setting: 'enroll_secret_file',
        type: 'path',
        help: 'your own enroll secret; default: one is made',
      },
      { name: 'client-ca', value: 'FILE', setting: 'client_ca', type: 'path', help: 'only hosts with a client certificate of this CA' },
    ],
    summary: 'add the embedded endpoint, to which osqueryd enrols without a server',
  },
  { name: 'source test', args: [NAME], flags: [], summary: 'prove address, TLS and account, and say what the account may do' },
  { name: 'source remove', args: [NAME], flags: [], summary: 'forget a source; its events and runs stay' },
  {
    name: 'evidence export',
    args: [{ name: 'RUN_ID', optional: true }],
    flags: [
      { name: 'events', value: 'EXPR', help: 'stored events that pass, as in feed --filter; with a run, or alone' },
      { name: 'since', value: 'SPAN|TIME', help: 'with --events: from then on; all without' },
      { name: 'mask', help: 'mask what looks like a secret; values are exact without' },
    ],
    output: 'directory',
    summary: 'write a bundle to --output DIR or FILE.tar: answers, events, silent hosts, SQL, audit lines, hashes of all',
    examples: [
      'rollcall evidence export 20261121t030000-a1b2c3 --output case-42',
      "rollcall evidence export --events 'host:web-3' --since 7d --output case-42-web-3.tar",
    ],
    notes: ['The hash of the list of files (MANIFEST) is printed and audited: note it elsewhere too. Nothing is ever written over.'],
  },
  {
    name: 'evidence verify',
    args: [{ name: 'PATH' }],
    flags: [{ name: 'manifest', value: 'HASH', help: 'the hash of the list that was noted when the bundle was made' }],
    summary: 'check a bundle, a directory or a .tar; exit 1 when a file is changed, missing or not listed, 2 when it is no bundle',
    examples: ['rollcall evidence verify case-42 --manifest sha256:...'],
    notes: ['Without rollcall: `sha256sum -c MANIFEST` inside the bundle, which does not see files that were added.'],
  },
  {
    name: 'doctor',
    args: [],
    flags: [{ name: 'clipboard', help: "send a test text to the terminal's clipboard, to be pasted by hand" }],
    summary: 'terminal, locale, clipboard, clock, directories, policy, rules, templates and sources: one report to paste',
    examples: ['rollcall doctor', 'rollcall doctor --format json --timeout 5', 'rollcall doctor --lab'],
    notes: [
      'Each line is ok, warn or bad, the last two with what to do. Sources are checked side by side, 15 s or --timeout at most.',
      'No secret is in the report. Exit 0 when nothing is bad, else the code of the worst: 7 or 6 a source, 2 a setting, 1 the data.',
    ],
  },
  { name: 'help', args: [{ name: 'COMMAND', optional: true }], flags: [], summary: 'this help, or that of a command' },
  { name: 'version', args: [], flags: [], summary: 'the version' },
];

/** Flags that make sense when no command is named and the console opens. */
export const CONSOLE_FLAGS: readonly string[] = [
  'config-dir',
  'data-dir',
  'source',
  'lab',
  'no-color',
  'plain',
  'quiet',
  'timeout',
  'help',
];
