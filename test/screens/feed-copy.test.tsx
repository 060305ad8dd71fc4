import { beforeEach, describe, expect, it } from 'vitest';
import { anEvent, clipboardInto, openOnPaper, type PaperConsole, processEvents } from '../helpers/frames.tsx';

let paper: PaperConsole;
let copied: string[];

beforeEach(async () => {
  copied = [];
  paper = await openOnPaper({ clipboard: clipboardInto(copied), columns: 160 });
  await paper.happen(
    ...processEvents(1, 3),
    anEvent({ dedupeKey: 'x', title: 'processes added: curl', row: { cmdline: 'curl --password hunter2secret', note: 'a b' } }),
  );
});

describe('copying', () => {
  it('takes the row, without the secrets in it, and says what became of it', async () => {
    await paper.press('y');
    expect(copied[0]?.split('\t').slice(0, 5)).toEqual(['2026-11-21T02:59:30.000Z', 'medium', 'new', 'web-1', 'lab']);
    expect(copied[0]).not.toContain('hunter2');
    expect(paper.frame()).toMatch(
      /Copied the row, 1 secret masked, to \/data\/clipboard\.txt, and \d+ bytes to the terminal's clipboard, which cannot confirm it\./,
    );
  });

  it('takes the value under the cursor in the details', async () => {
    await paper.press('enter', 'G', 'k', 'k', 'k', 'y');
    expect(copied).toEqual(['listening_ports']);
  });

  it('takes the marked rows as a table', async () => {
    await paper.press('g', 'space', 'space', 'Y');
    const lines = copied[0]?.trimEnd().split('\n') ?? [];
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^time\tseverity\tstatus\thost\t/);
    expect(lines.map(line => line.split('\t').length)).toEqual([12, 12, 12]);
    expect(lines[2]).toContain('{"pid":"2","name":"proc-2"}');
  });

  it('says when it was too much for a terminal', async () => {
    await paper.happen(...processEvents(4, 60));
    await paper.press('A', 'Y');
    expect(paper.frame()).toContain("are too many for the terminal's clipboard");
  });
});
