/** `README.txt` of an evidence bundle: for whoever opens it a year later and has never heard of rollcall. */
import { MANIFEST } from './evidence.ts';
import { isoUtc } from './time.ts';

export type ReadmeFacts = {
  readonly version: string;
  /** Epoch ms. */
  readonly at: number;
  readonly who: string;
  readonly machine: string;
  /** What the bundle is about, a sentence each. */
  readonly subjects: readonly string[];
  /** Each file and what is in it, in the order of reading. */
  readonly files: ReadonlyArray<readonly [name: string, what: string]>;
  /** How many secrets were masked; undefined where values are as they came. */
  readonly masked: number | undefined;
};

const WIDTH = 78;

/** Lines of at most `WIDTH` characters, broken at blanks. */
function wrap(text: string, indent = ''): string[] {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(' ')) {
    if (line.trim() !== '' && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = indent;
    }
    line += line === indent ? word : ` ${word}`;
  }
  return [...lines, line];
}

const EXACT =
  'Nothing is masked. The JSON files hold the values as rollcall stored them: passwords, tokens and keys that stood in command ' +
  'lines, environments or histories are in them. Keep this bundle as you would keep those.';
const masked = (count: number): string =>
  `Secrets are masked: ${count} ${count === 1 ? 'place' : 'places'} that looked like a password, token or key ${count === 1 ? 'reads' : 'read'} [masked] ` +
  'instead. No list of forms is complete, so others may have been missed; and what is masked cannot be had back from this bundle.';

const LIMITS: readonly string[] = [
  'osquery answers questions about the live state of a machine, as the machine itself tells it. It is no image of memory and no image of a disk: what was deleted, encrypted or hidden by a rootkit may not be in it, and who controls a host can make it lie.',
  'A host that did not answer has said nothing: that is not the same as a host that answered with no rows. The roll names each.',
  'Times are UTC. Times inside rows are those of the clock of the host, which may be wrong.',
  'Escapes, controls and invisible characters in the text of hosts were made visible when it arrived (an escape is shown as ␛). The key "raw" of an event is the record as the server sent it; JSON writes its controls as \\uXXXX. In CSV, a cell that a spreadsheet would run as a formula has a \' in front: take the JSON for exact values.',
];

const CHECKS: readonly string[] = [
  `${MANIFEST} lists every file with its SHA-256. In this directory, \`sha256sum -c ${MANIFEST}\` checks them; \`rollcall evidence verify PATH\` also finds files that were put in later.`,
  `Whoever can change a file can change ${MANIFEST} as well. So its own hash was shown when the bundle was made, and stands in the audit log of the machine that made it: compare it with what was noted elsewhere, by \`sha256sum ${MANIFEST}\` or \`rollcall evidence verify PATH --manifest HASH\`.`,
];

export function readmeText(facts: ReadmeFacts): string {
  const { version, at, who, machine, subjects, files, masked: count } = facts;
  const width = Math.max(...files.map(([name]) => name.length));
  const paragraphs = (texts: readonly string[]) => texts.flatMap(text => ['', ...wrap(text)]);
  return `${[
    'EVIDENCE BUNDLE',
    '===============',
    '',
    ...wrap(`Made by ${who} on ${machine} at ${isoUtc(at)} with rollcall ${version}, a console for osquery fleets.`),
    ...paragraphs(subjects),
    '',
    'What is in it',
    '-------------',
    '',
    ...files.map(([name, what]) => `${name.padEnd(width)}  ${what}`),
    '',
    'What to know of the values',
    '--------------------------',
    ...paragraphs([count === undefined ? EXACT : masked(count), ...LIMITS]),
    '',
    'How to check it',
    '---------------',
    ...paragraphs(CHECKS),
  ].join('\n')}\n`;
}
