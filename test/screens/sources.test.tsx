import { beforeEach, describe, expect, it } from 'vitest';
import type { Connector, SourceReport } from '../../src/core/ports.ts';
import { Problem } from '../../src/core/problem.ts';
import { aHealth, openOnPaper, type PaperConsole } from '../helpers/frames.tsx';

const report: SourceReport = {
  version: '0.5.4',
  account: 'ir-bot',
  can: ['list hosts', 'run queries'],
  cannot: ['expire queries'],
  remarks: ['its clock is 3 s behind'],
};

type Answer = { readonly source: string; readonly signal: AbortSignal; pass(): void; fail(problem: Problem): void };

let paper: PaperConsole;
let asked: Answer[];

const check = (source: string, signal: AbortSignal) =>
  new Promise<SourceReport>((resolve, reject) => {
    signal.addEventListener('abort', () => reject(new DOMException('stopped', 'AbortError')));
    asked.push({ source, signal, pass: () => resolve(report), fail: reject });
  });

beforeEach(async () => {
  asked = [];
  paper = await openOnPaper({ screen: 'sources', rows: 40, engine: { check } });
  paper.state.observer.health(aHealth());
  paper.state.observer.health(
    aHealth({
      source: 'prod',
      kind: 'osctrl',
      level: 'degraded',
      reason: '429: waiting 30 s as the server asks.',
      remarks: ['TLS is not verified'],
      skipped: 2,
      reconnects: 1,
      version: '0.5.4',
    }),
  );
  await paper.press();
});

describe('the sources', () => {
  it('are listed with how they are, since when, and why', () => {
    expect(paper.lines().slice(3, 5)).toEqual(
      [
        '▌ ● lab                ok        direct      02:59:58   2s',
        '  ● prod               degraded  osctrl      02:59:58   2s  429: waiting 30 s',
      ].map(line => expect.stringContaining(line)),
    );
  });

  it('lag behind by what is not read yet, not by when they were heard of', async () => {
    paper.state.observer.health(aHealth({ delay: 240_000 }));
    await paper.press();
    expect(paper.lines()[3]).toMatch(/lab +ok +direct +02:59:58 +4m/);
    expect(paper.frame()).toContain('4m: what happened since may not be here yet');
  });

  it('have counters where there is room', async () => {
    await paper.resize(140, 40);
    expect(paper.lines()[4]).toMatch(/prod +degraded +osctrl +02:59:58 +2s +02:59:30 +1,204 +2 +1 +429: waiting/);
  });

  it('tell all that is known about the selected one', async () => {
    await paper.press('j');
    const frame = paper.frame();
    expect(frame).toContain('degraded: 429: waiting 30 s as the server asks.');
    expect(frame).toContain('TLS is not verified');
    expect(frame).toContain('osctrl, version 0.5.4');
    expect(frame).toContain('1,204, 2 records skipped as unreadable, 1 reconnects');
    expect(frame).toContain('2026-11-21 02:59:58.000 UTC (2s ago)');
    expect(frame).toMatch(/last error +429: waiting 30 s as the server asks\. Last at 2026-11-21\s+03:00:00\.000 UTC \(0s ago\)/);
  });

  it('are there before they have reported', async () => {
    paper = await openOnPaper({
      screen: 'sources',
      engine: { connectors: [{ id: 'dmz', kind: 'fleetdm', feeds: [] } as unknown as Connector] },
    });
    expect(paper.frame()).toMatch(/dmz +starting +fleetdm +never/);
  });

  it('say how to get one when there is none', async () => {
    paper = await openOnPaper({ screen: 'sources' });
    expect(paper.frame()).toContain('No sources are configured.');
    await paper.press('ctrl+t');
    expect(paper.frame()).toContain('Test the source: there is no source');
  });
});

describe('a test', () => {
  it('shows what the account may do and may not', async () => {
    await paper.press('j', 'ctrl+t');
    expect(asked.map(({ source }) => source)).toEqual(['prod']);
    expect(paper.frame()).toContain('running since');
    asked[0]?.pass();
    await paper.press();
    const frame = paper.frame();
    expect(frame).toContain('prod works.');
    expect(frame).toMatch(/account +ir-bot/);
    expect(frame).toMatch(/may +│ may not/);
    expect(frame).toMatch(/list hosts +│ expire queries/);
    expect(frame).toMatch(/run queries +│/);
    expect(frame).toContain('its clock is 3 s behind');
    expect(paper.lines()).toHaveLength(40);
  });

  it('says the same in words where there is no room for a table', async () => {
    await paper.resize(80, 24);
    await paper.press('j', 'ctrl+t');
    asked[0]?.pass();
    await paper.press('tab', 'G');
    expect(paper.frame()).toMatch(/may +list hosts, run queries/);
    expect(paper.frame()).toMatch(/may not +expire queries/);
  });

  it('shows what is wrong', async () => {
    await paper.press('ctrl+t');
    asked[0]?.fail(new Problem('auth', 'lab: 401. The token is not known. Give it another one.'));
    await paper.press();
    expect(paper.frame()).toContain('error: lab: 401.');
    expect(paper.frame()).toMatch(/test +failed at/);
  });

  it('is not begun twice', async () => {
    await paper.press('ctrl+t', 'ctrl+t');
    expect(asked).toHaveLength(1);
    expect(paper.frame()).toContain('it is being tested already');
  });

  it('is stopped by ctrl+c', async () => {
    await paper.press('ctrl+t', 'ctrl+c');
    expect(asked[0]?.signal.aborted).toBe(true);
    expect(paper.frame()).toContain('Check of lab stopped.');
    expect(paper.exits()).toBe(0);
  });
});

describe('what was said', () => {
  it('is kept, newest first, and can be scrolled to', async () => {
    await paper.resize(80, 24);
    for (let number = 1; number <= 30; number += 1) paper.state.observer.notice({ level: 'warn', text: `note ${number}` });
    await paper.press('tab', 'G');
    expect(paper.frame()).toMatch(/note 2\n.*note 1\n/);
    await paper.press('g', 'esc');
    await paper.press('j');
    expect(paper.frame()).toContain('── prod');
  });
});

describe('from a source', () => {
  it('goes to its events', async () => {
    await paper.press('j', '.');
    expect(paper.lines()[0]).toContain('rollcall Feed');
    expect(paper.frame()).toContain('/source:"prod"');
  });

  it('is found when another screen asks for it', async () => {
    paper.ui.go('feed');
    paper.ui.go('sources', { source: 'prod' });
    await paper.press();
    expect(paper.frame()).toContain('── prod');
  });
});
