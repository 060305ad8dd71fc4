import { beforeEach, describe, expect, it } from 'vitest';
import type { LaunchOptions } from '../../src/core/ports.ts';
import { Run, type Target } from '../../src/core/run.ts';
import type { Launched } from '../../src/engine/api.ts';
import { clipboardInto, openOnPaper, type PaperConsole } from '../helpers/frames.tsx';
import { aHost, usersTemplate } from '../helpers/model.ts';

const START = Date.UTC(2026, 10, 21, 2, 59, 0);

/** A run of `some_users` on five hosts, all of which have spoken but two. */
function aRun(id = 'r1', startedAt = START): Run {
  const { name: template, digest } = usersTemplate;
  const record = { id, template, digest, sql: 'SELECT 1', params: { limit: 10 }, sources: ['lab'], startedAt, timeoutMs: 60_000 };
  const run = new Run(
    record,
    ['web-1', 'web-2', 'web-3', 'db-1', 'old-1'].map(name => aHost(name)),
  );
  const users = (...names: string[]) => names.map(username => ({ username, shell: '/bin/sh' }));
  run.answer('lab', { hostId: 'web-1', at: startedAt + 400, state: 'rows', rows: users('root', 'ann') });
  run.answer('lab', { hostId: 'web-2', at: startedAt + 500, state: 'rows', rows: users('root', 'ann') });
  run.answer('lab', { hostId: 'web-3', at: startedAt + 600, state: 'rows', rows: users('root', 'ann', 'mallory') });
  run.answer('lab', { hostId: 'db-1', at: startedAt + 900, state: 'error', error: 'no such table: users' });
  return run;
}

let paper: PaperConsole;
let run: Run;
let again: { readonly id: string; readonly targets: readonly Target[]; readonly options: LaunchOptions }[];
let cancelled: string[];
let copied: string[];
let isOurs: boolean;

beforeEach(async () => {
  again = [];
  cancelled = [];
  copied = [];
  isOurs = true;
  run = aRun();
  paper = await openOnPaper({
    screen: 'results',
    columns: 100,
    clipboard: clipboardInto(copied),
    engine: {
      templates: [usersTemplate],
      again: async (id, targets, options): Promise<Launched> => {
        again.push({ id, targets, options });
        return { run, ended: Promise.resolve(), problem: () => undefined };
      },
      cancel: async id => void cancelled.push(id),
      holds: () => isOurs,
    },
  });
  paper.state.observer.run(run);
  await paper.press('enter');
});

describe('the roll', () => {
  it('names every host with what it said, and its numbers add up', () => {
    const frame = paper.frame();
    expect(frame).toContain('answered 3 · errors 1 · timed out 0 · waiting 1  of 5');
    expect(frame).toMatch(/web-3 +rows +3 +0\.6s/);
    expect(frame).toMatch(/db-1 +error +0\.9s +no such table: users/);
    expect(frame).toMatch(/old-1 +waiting/);
  });

  it('shows the hosts of one state after another, and skips states without hosts', async () => {
    await paper.press('tab', 'tab');
    expect(paper.frame()).toContain('[error 1]');
    expect(paper.lines().filter(line => /web-\d/.test(line))).toEqual([]);
    await paper.press('tab');
    expect(paper.frame()).toContain('[waiting 1]');
  });

  it('is live: a late answer is folded in and marked', async () => {
    run.end(START + 60_000, 'ended');
    run.answer('lab', { hostId: 'old-1', at: START + 432_000, state: 'rows', rows: [{ username: 'root' }] });
    paper.state.observer.run(run);
    await paper.press();
    expect(paper.frame()).toMatch(/old-1 +rows +1 +\+7m12s +late/);
  });

  it('says why a host has no rows instead of opening an empty table', async () => {
    await paper.press('G', 'k', 'enter');
    expect(paper.frame()).toContain('db-1: no such table: users');
  });
});

describe('a filter', () => {
  it('narrows the roll by host, state and reason, counts what is shown, and goes with esc', async () => {
    await paper.press('/');
    await paper.type('state:error');
    expect(paper.frame()).toContain('1 of 5 shown');
    expect(paper.frame()).toMatch(/db-1 +error/);
    expect(paper.frame()).not.toMatch(/web-1 +rows/);
    await paper.press('enter');
    expect(paper.frame()).toContain('answered 3 · errors 1 · timed out 0 · waiting 1  of 5');
    await paper.press('esc');
    expect(paper.frame()).toMatch(/web-1 +rows/);
    await paper.press('/');
    await paper.type('no such table');
    expect(paper.frame()).toContain('1 of 5 shown');
  });

  it('leaves out with a backslash', async () => {
    await paper.press('\\');
    await paper.type('host:web-*');
    await paper.press('enter');
    expect(paper.frame()).toContain('2 of 5 shown');
    expect(paper.frame()).toMatch(/db-1 +error/);
    expect(paper.frame()).not.toMatch(/web-1 +rows/);
  });

  it('narrows rows by the text of any column, or by one column', async () => {
    await paper.press('v', '/');
    await paper.type('mallory');
    await paper.press('enter');
    expect(paper.frame()).toContain('1 of 7 shown');
    expect(paper.frame()).toMatch(/web-3 +mallory/);
    await paper.press('/', 'ctrl+u');
    await paper.type('col:username=ann host:web-2');
    await paper.press('enter');
    expect(paper.frame()).toContain('1 of 7 shown');
    await paper.press('esc');
    expect(paper.frame()).toContain('all hosts: 7 rows');
  });

  it('of rows does not hold for the rows of the next host', async () => {
    await paper.press('v', '/');
    await paper.type('mallory');
    await paper.press('enter', 'v', 'g', 'enter');
    expect(paper.frame()).toContain('web-1: 2 rows');
    expect(paper.frame()).not.toContain('shown');
  });

  it('narrows stacked values', async () => {
    await paper.press('v', 'l', 'S', '/');
    await paper.type('mal');
    await paper.press('enter');
    expect(paper.frame()).toContain('1 of 3 shown');
    await paper.press('enter');
    expect(paper.frame()).toMatch(/web-3 +mallory/);
  });

  it('that is wrong is pointed at, and the last good one stays', async () => {
    await paper.press('/');
    await paper.type('state:sleepy ');
    expect(paper.frame()).toContain("there is no state 'sleepy'");
    expect(paper.frame()).toMatch(/web-1 +rows/);
  });
});

describe('a run in waves', () => {
  it('says how far it has come, and lists those that were not asked by themselves', async () => {
    const wave = new Run(
      { ...run.record, id: 'r9', startedAt: START + 1 },
      run.targets.map(({ host }) => host),
    );
    const [first, ...rest] = wave.targets.map(({ host }) => host);
    wave.queue(rest);
    if (first) wave.send([first], START, 60_000);
    wave.waves = { begun: 1, planned: 2, asked: 1, of: 5 };
    paper.state.observer.run(wave);
    await paper.press('esc', 'g', 'enter');
    expect(paper.lines().find(line => line.includes('some_users'))).toContain('wave 1 of 2 · 1 of 5 asked');
    expect(paper.frame()).toContain('waiting 5');
    expect(paper.frame()).toContain('waiting 1   not asked 4');
    wave.end(START + 9_000, 'cancelled');
    paper.state.observer.run(wave);
    await paper.press('tab', 'tab');
    expect(paper.frame()).toContain('[not asked 4]');
    expect(paper.frame()).toContain('the run was cancelled before its');
    await paper.press('enter');
    expect(paper.frame()).toContain('web-2 was not asked: the run was cancelled before its wave');
    await paper.press('r');
    expect(paper.frame()).toContain('Ask 4 shown again, wait (s): 120');
    await paper.press('enter');
    expect(again[0]?.targets).toHaveLength(4);
  });
});

describe('the rows', () => {
  it('of one host open with enter and close with esc', async () => {
    await paper.press('j', 'j', 'enter');
    expect(paper.frame()).toContain('web-3: 3 rows');
    expect(paper.frame()).toContain('mallory');
    await paper.press('esc');
    expect(paper.frame()).toMatch(/old-1 +waiting/);
  });

  it('of all hosts stand in one table with the host first, sorted by any column', async () => {
    await paper.press('v', 'l', 's', 's');
    expect(paper.frame()).toContain('all hosts: 7 rows, by username down');
    expect(paper.lines().find(line => line.includes('mallory'))).toMatch(/web-3/);
  });
});

describe('stacking', () => {
  it('finds the one host that has what no other has', async () => {
    await paper.press('v', 'l', 'S');
    expect(paper.frame()).toContain('3 values on 3 hosts, rarest first');
    const first = paper.lines().find(line => line.startsWith('▌'));
    expect(first).toMatch(/1 +1 +web-3 +mallory/);
    await paper.press('enter');
    expect(paper.frame()).toContain('mallory on 1 host: 1 row');
    expect(paper.frame()).toMatch(/web-3 +mallory/);
    await paper.press('esc');
    expect(paper.frame()).toContain('rarest first');
  });

  it('counts answers that come while it is on screen', async () => {
    await paper.press('S');
    run.answer('lab', { hostId: 'old-1', at: START + 9_000, state: 'rows', rows: [{ username: 'eve', shell: '/bin/sh' }] });
    paper.state.observer.run(run);
    await paper.press();
    expect(paper.frame()).toMatch(/on 4 hosts/);
    expect(paper.frame()).toMatch(/old-1 +eve/);
  });

  it('takes other columns when asked, and points at one that does not exist', async () => {
    await paper.press('S', 'S');
    await paper.press('ctrl+u');
    await paper.type('shell');
    await paper.press('enter');
    expect(paper.frame()).toContain('1 value on 3 hosts');
    await paper.press('S', 'ctrl+u');
    await paper.type('colour');
    await paper.press('enter');
    expect(paper.frame()).toContain('Stack by colour');
    expect(paper.frame()).toContain('no such column; there are username, shell');
  });
});

describe('comparing', () => {
  it('shows what only this host has', async () => {
    await paper.press('j', 'j', 'B');
    expect(paper.frame()).toContain('web-3 against 2 others');
    expect(paper.frame()).toMatch(/only on this host: 1 row/);
    expect(paper.frame()).toMatch(/\+ .*username=mallory/);
  });

  it('takes the host of the row that a stacked value led to', async () => {
    await paper.press('v', 'l', 'S', 'enter', 'B');
    expect(paper.frame()).toContain('web-3 against 2 others');
  });

  it('shows what changed since the last run of the same template', async () => {
    const before = aRun('r0', START - 3_600_000);
    before.answer('lab', { hostId: 'old-1', at: START, state: 'rows', rows: [] });
    const now = aRun('r2', START + 1_000);
    now.answer('lab', { hostId: 'old-1', at: START + 2_000, state: 'rows', rows: [{ username: 'eve' }] });
    paper.state.observer.run(before);
    paper.state.observer.run(now);
    await paper.press('esc', 'g', 'enter', 'D');
    expect(paper.frame()).toContain('changes since the run');
    await paper.press('esc', 'esc', 'j', 'enter');
  });

  it('has nothing to compare with when it is the first run of its template', async () => {
    await paper.press('D');
    expect(paper.frame()).toContain('there is no earlier run of this template');
  });
});

describe('asking again', () => {
  it('waits until the run has ended', async () => {
    await paper.press('r');
    expect(paper.frame()).toContain('the run still waits for answers');
    expect(again).toEqual([]);
  });

  it('asks only the missing ones, with twice the wait on offer', async () => {
    run.end(START + 60_000, 'ended');
    paper.state.observer.run(run);
    await paper.press('r');
    expect(paper.frame()).toContain('Ask 2 hosts again, wait (s): 120');
    await paper.press('enter');
    expect(again.map(({ id, targets, options }) => [id, targets.map(({ key }) => key), options.timeoutMs])).toEqual([
      ['r1', ['db-1', 'old-1'], 120_000],
    ]);
  });

  it('sends nothing for a time to wait that is none, and goes on asking', async () => {
    run.end(START + 60_000, 'ended');
    paper.state.observer.run(run);
    await paper.press('r', 'ctrl+u');
    await paper.type('0x10');
    await paper.press('enter');
    expect(paper.frame()).toContain('wait (s): 0x10');
    expect(paper.frame()).toContain('1 to 3600 seconds');
    expect(again).toEqual([]);
    await paper.press('ctrl+u');
    await paper.type('10');
    await paper.press('enter');
    expect(again[0]?.options.timeoutMs).toBe(10_000);
  });
});

it('ctrl+c asks before it stops waiting, and only a quiet yes does', async () => {
  await paper.press('ctrl+c');
  expect(paper.frame()).toContain('Stop waiting for 1 host?');
  await paper.press('n');
  expect(cancelled).toEqual([]);
  await paper.press('X');
  await paper.clock.advance(1_000);
  await paper.press('y');
  expect(cancelled).toEqual(['r1']);
});

it('a run of another process is cancelled there', async () => {
  isOurs = false;
  await paper.press('X');
  expect(paper.frame()).toContain('another rollcall waits for it: cancel it there');
  expect(cancelled).toEqual([]);
});

describe('copying', () => {
  it('takes the value under the cursor: a host, a cell, what is stacked', async () => {
    await paper.press('j', 'y');
    await paper.press('enter', 'j', 'y');
    await paper.press('S', 'y');
    expect(copied).toEqual(['web-2', 'ann', 'mallory']);
    expect(paper.frame()).toContain('Copied the value to /data/clipboard.txt');
  });

  it('takes the row with a head', async () => {
    await paper.press('v', 'Y');
    await paper.press('S', 'Y');
    expect(copied).toEqual([
      'host\tusername\tshell\nweb-1\troot\t/bin/sh\n',
      'hosts\trows\tfirst host\tusername\tshell\n1\t1\tweb-3\tmallory\t/bin/sh\n',
    ]);
  });

  it('takes a comparison as a whole', async () => {
    await paper.press('j', 'j', 'B', 'y');
    expect(copied[0]).toMatch(/^web-3 against 2 others.*\n only on this host: 1 row\n {2}\+ .*username=mallory/);
    await paper.press('Y');
    expect(paper.frame()).toContain('a comparison has no rows');
  });

  it('says when there is nothing to copy', async () => {
    await paper.press('esc', 'y');
    expect(paper.frame()).toContain('there is nothing under the cursor to copy');
  });
});

it('lists the runs, newest first, and an empty list says what to do', async () => {
  await paper.press('esc');
  expect(paper.frame()).toMatch(/some_users +5 +3 · 1 · 0 · 1 {2}limit=10/);
  const empty = await openOnPaper({ screen: 'results' });
  expect(empty.frame()).toContain('Nothing was asked yet.');
});
