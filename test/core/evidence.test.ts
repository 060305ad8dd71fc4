import { describe, expect, it } from 'vitest';
import { checkFiles, manifestText, parseHash, readManifest, sha256 } from '../../src/core/evidence.ts';
import { AuditChain, chainText } from '../../src/core/evidence-chain.ts';
import { createMasker, NO_MASK } from '../../src/core/evidence-mask.ts';

const A = sha256('a');
const B = sha256('b');

describe('the list of a bundle', () => {
  it('is written in the order of names and read again', () => {
    const text = manifestText(
      new Map([
        ['rows.csv', B],
        ['about.json', A],
      ]),
    );
    expect(text).toBe(`${A}  about.json\n${B}  rows.csv\n`);
    expect([...readManifest(text).files]).toEqual([
      ['about.json', A],
      ['rows.csv', B],
    ]);
    expect(readManifest(text).faults).toEqual([]);
  });

  it('is read as sha256sum writes it for binary files', () => {
    expect(readManifest(`${A} *x/y.json\n`).files.get('x/y.json')).toBe(A);
  });

  it.each([
    ['a line that is none', 'hello', /line 1 of MANIFEST is no line/],
    ['a hash that is too short', `${A.slice(1)}  x`, /no line/],
    ['a name that leads out', `${A}  ../x`, /names no file of the bundle/],
    ['an absolute name', `${A}  /etc/passwd`, /names no file of the bundle/],
    ['a name with a control', `${A}  x\u001b[2J`, /names no file of the bundle/],
    ['itself', `${A}  MANIFEST`, /names no file of the bundle/],
    ['a name that stands twice', `${A}  x\n${B}  x`, /line 2 of MANIFEST names a file for the second time/],
    ['nothing', '', /lists no file/],
  ])('is damaged by %s', (_what, text, fault) => {
    expect(readManifest(text).faults).toEqual([expect.stringMatching(fault)]);
  });

  it('tells changed, missing and unlisted files from good ones', () => {
    const listed = new Map([
      ['changed', A],
      ['good', A],
      ['link', A],
      ['missing', A],
    ]);
    const found = new Map([
      ['changed', B],
      ['good', A],
      ['link', null],
      ['new', B],
    ]);
    expect(checkFiles(listed, found).map(({ name, state }) => `${name}: ${state}`)).toEqual([
      'changed: changed',
      'good: good',
      'link: changed',
      'missing: missing',
      'new: unlisted',
    ]);
  });

  it('is known by its own hash, however that was noted', () => {
    expect([parseHash(`sha256:${A}`), parseHash(` ${A.toUpperCase()}\n`), parseHash('sha256:12'), parseHash('')]).toEqual([
      A,
      A,
      undefined,
      undefined,
    ]);
  });
});

/** A trail as `openAudit` writes it. */
function trail(...actions: string[]): string[] {
  const lines: string[] = [];
  for (const action of actions) {
    const before = lines.at(-1);
    lines.push(JSON.stringify({ seq: lines.length + 1, prev: before === undefined ? '0'.repeat(64) : sha256(before), action }));
  }
  return lines;
}

function reportOf(lines: readonly string[]) {
  const chain = new AuditChain();
  for (const line of lines) chain.add(line);
  return chain.report();
}

describe('the chain of the audit trail', () => {
  const lines = trail('launch', 'triage', 'cancel', 'launch');

  it('holds when nobody touched it', () => {
    expect(reportOf(lines)).toEqual({ lines: 4, torn: 0, breaks: [], head: sha256(lines[3] ?? '') });
    expect(chainText(reportOf(lines))).toBe('4 lines, each follows from the one before it');
    expect(reportOf([])).toEqual({ lines: 0, torn: 0, breaks: [], head: null });
  });

  it.each([
    ['a changed line', lines.with(1, (lines[1] ?? '').replace('triage', 'nothing')), 3],
    ['a line that was taken out', lines.toSpliced(1, 1), 2],
    ['a beginning that was taken out', lines.slice(1), 1],
    ['a line that was put in', lines.toSpliced(2, 0, lines[0] ?? ''), 3],
  ])('breaks at %s', (_what, changed, at) => {
    expect(reportOf(changed).breaks[0]).toBe(at);
    expect(chainText(reportOf(changed))).toContain(`line ${at} does not follow`);
  });

  it('goes on over a line that a killed writer tore', () => {
    const torn = (lines[1] ?? '').slice(0, 40);
    const next = JSON.stringify({ seq: 3, prev: sha256(torn), action: 'launch' });
    expect(reportOf([lines[0] ?? '', torn, next])).toMatchObject({ lines: 3, torn: 1, breaks: [] });
  });
});

describe('masking what is exported', () => {
  const event = {
    title: 'curl --password hunter2secret',
    rows: [{ key: 'DB_PASSWORD', value: 'hunter2' }],
    raw: { cmdline: ['mysql -u root -phunter2'], pid: 7, none: null },
  };

  it('goes as deep as the value, and counts', () => {
    const masker = createMasker();
    expect(JSON.stringify(masker.value(event))).not.toContain('hunter2');
    expect(masker.value({ pid: 7, none: null, list: [true] })).toEqual({ pid: 7, none: null, list: [true] });
    expect(masker.count).toBe(3);
  });

  it('leaves everything as it came unless it is asked for', () => {
    expect(NO_MASK.value(event)).toBe(event);
    expect(NO_MASK.count).toBe(0);
  });
});
