import { beforeEach, describe, expect, it } from 'vitest';
import { clipboardInto, openOnPaper, type PaperConsole } from '../helpers/frames.tsx';
import { aHost, usersTemplate } from '../helpers/model.ts';

const fleet = [
  aHost('web-1'),
  aHost('web-2', { status: 'offline', lastSeen: Date.UTC(2026, 10, 21, 0, 0, 0) }),
  aHost('web-10'),
  aHost('db-1', { platform: 'rhel' }),
  aHost('win-1', { platform: 'windows' }),
];

let paper: PaperConsole;
let copied: string[];
beforeEach(async () => {
  copied = [];
  paper = await openOnPaper({
    screen: 'hosts',
    clipboard: clipboardInto(copied),
    engine: { templates: [usersTemplate], hosts: () => fleet },
  });
  paper.state.observer.hosts('lab', fleet, true);
  await paper.press();
});

const listed = () => paper.lines().flatMap(line => /^[▌ ][* ](\S+) +(?:online|offline|missing)/.exec(line)?.[1] ?? []);
const marked = () => paper.lines().flatMap(line => /^[▌ ]\*(\S+)/.exec(line)?.[1] ?? []);

describe('the hosts', () => {
  it('are listed with status, age and platform, in the order in which people count', () => {
    expect(listed()).toEqual(['db-1', 'web-1', 'web-2', 'web-10', 'win-1']);
    expect(paper.frame()).toContain('5 hosts, 4 online');
    expect(paper.frame()).toMatch(/web-2 +offline +3h +ubuntu/);
  });

  it('are narrowed while one types, and whole again after esc', async () => {
    await paper.press('/');
    await paper.type('status:offline');
    expect(listed()).toEqual(['web-2']);
    await paper.press('esc');
    expect(listed()).toHaveLength(5);
  });

  it('are all back after a search that was wrong, and the wrong word is named', async () => {
    await paper.press('/');
    await paper.type('colour:red');
    expect(paper.frame()).toContain('there is no field');
    await paper.press('esc');
    expect(listed()).toHaveLength(5);
  });

  it('are searched with completion of what they are, and the wrong word is pointed at among fuzzy ones', async () => {
    await paper.press('/');
    await paper.type('platform:');
    expect(paper.lines().at(-1)).toBe(' tab: linux  ubuntu  windows  rhel');
    await paper.type('r');
    await paper.press('tab', 'enter');
    expect(listed()).toEqual(['db-1']);
    await paper.press('\\');
    await paper.type('web colour:red');
    expect(paper.lines().at(-1)).toMatch(/^ {20}\^ there is no field 'colour'/);
  });

  it('keep the cursor on its host when others come', async () => {
    await paper.press('j', 'j');
    paper.state.observer.hosts('lab', [aHost('aaa'), ...fleet], true);
    await paper.press();
    expect(paper.lines().find(line => line.startsWith('▌'))).toContain('web-2');
  });

  it('say that no source has listed any', async () => {
    const empty = await openOnPaper({ screen: 'hosts' });
    expect(empty.frame()).toContain('No hosts yet');
  });
});

describe('marking', () => {
  it('goes host by host, by range, by search, and away again', async () => {
    await paper.press('space');
    expect(marked()).toEqual(['db-1']);
    await paper.press('V', 'j', 'j', 'V');
    expect(marked()).toEqual(['db-1', 'web-1', 'web-2', 'web-10']);
    expect(paper.frame()).toContain('4 marked');
    await paper.press('U');
    expect(marked()).toEqual([]);
    await paper.press('/');
    await paper.type('win');
    await paper.press('enter', 'A');
    expect(marked()).toEqual(['win-1']);
  });

  it('takes a pasted list of names and says which of them it does not know', async () => {
    await paper.paste('web-1\nweb-2\nnope-7\n');
    expect(paper.frame()).toContain('2 marked from the list, 1 of them not online.');
    expect(paper.frame()).toContain("'nope-7'");
    expect(marked()).toEqual(['web-1', 'web-2']);
  });

  it('hands the marked hosts to the launcher', async () => {
    await paper.press('space', 'space', 'enter');
    expect(paper.frame()).toContain('Launch');
    expect(paper.frame()).toContain('On 2 hosts');
  });
});

describe('copying hosts', () => {
  it('takes the name under the cursor', async () => {
    await paper.press('j', 'y');
    expect(copied).toEqual(['web-1']);
    expect(paper.frame()).toContain('Copied the name to /data/clipboard.txt');
  });

  it('takes the marked ones as a table, or the one under the cursor', async () => {
    await paper.press('Y');
    await paper.press('space', 'space', 'Y');
    expect(
      copied.map(text =>
        text
          .trimEnd()
          .split('\n')
          .map(line => line.split('\t')[0]),
      ),
    ).toEqual([
      ['hostname', 'db-1'],
      ['hostname', 'db-1', 'web-1'],
    ]);
    const [heads = [], ...rows] =
      copied[1]
        ?.trimEnd()
        .split('\n')
        .map(line => line.split('\t')) ?? [];
    expect(Object.fromEntries(heads.map((head, at) => [head, rows[0]?.[at]]))).toMatchObject({
      platform: 'rhel',
      status: 'online',
      source: 'lab',
    });
    expect(new Set([heads, ...rows].map(({ length }) => length)).size).toBe(1);
    expect(paper.frame()).toContain('Copied 2 hosts');
  });

  it('has nothing to take where no host is shown', async () => {
    await paper.press('/');
    await paper.type('nobody');
    await paper.press('enter', 'y', 'Y');
    expect(copied).toEqual([]);
    expect(paper.frame()).toContain('there is no host to choose');
  });
});
