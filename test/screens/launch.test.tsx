import { beforeEach, describe, expect, it } from 'vitest';
import { approve, type LaunchRequest } from '../../src/core/launch-policy.ts';
import type { Host } from '../../src/core/model.ts';
import { NO_POLICY } from '../../src/core/policy.ts';
import type { LaunchOptions } from '../../src/core/ports.ts';
import { Run } from '../../src/core/run.ts';
import { parseTemplate } from '../../src/core/template.ts';
import { openOnPaper, type PaperConsole } from '../helpers/frames.tsx';
import { aHost, usersTemplate } from '../helpers/model.ts';

const filesTemplate = parseTemplate({
  name: 'one_file',
  meta: {
    title: 'One file',
    why: 'Is it there',
    platforms: ['linux'],
    params: [{ name: 'path', title: 'Path', type: 'path' }],
    cost: 'low',
  },
  sql: 'SELECT path FROM file WHERE path = :path',
  sample: [],
});
const templates = [filesTemplate, usersTemplate];

let paper: PaperConsole;
let launched: { readonly request: LaunchRequest; readonly hosts: readonly Host[]; readonly options: LaunchOptions }[];

async function openWith(hosts: readonly Host[], policy = NO_POLICY) {
  launched = [];
  paper = await openOnPaper({
    screen: 'launch',
    columns: 100,
    engine: {
      templates,
      policy,
      refused: new Map([['our_updates', 'nobody has approved it. Read it and approve it: rollcall templates approve our_updates']]),
      preview: request => approve(templates, request, 0),
      async launch(request, on, options) {
        launched.push({ request, hosts: on, options });
        const record = {
          id: 'r1',
          template: request.template,
          digest: 'd',
          sql: '',
          params: {},
          sources: ['lab'],
          startedAt: 0,
          timeoutMs: 1,
        };
        const run = new Run(record, on);
        paper.state.observer.run(run);
        return { run, ended: Promise.resolve(), problem: () => undefined };
      },
    },
  });
  paper.state.observer.hosts('lab', hosts, true);
  paper.ui.go('launch', { hosts });
  await paper.press();
}

/** Answers the question that is open, after a quiet moment. */
async function yes(...keys: readonly string[]) {
  await paper.clock.advance(1_000);
  await paper.press(...keys);
}

beforeEach(() => openWith([aHost('web-1'), aHost('web-2', { status: 'offline' })]));

describe('a template', () => {
  it('is shown with its why, its SQL as it will be sent, and whom it reaches', async () => {
    await paper.press('j');
    const frame = paper.frame();
    expect(frame).toContain('Who is known here');
    expect(frame).toContain('SELECT username FROM users LIMIT 10');
    expect(frame).toContain('On 2 hosts');
    expect(frame).toContain('1 of them is not online');
  });

  it('that lacks something required says so and sends nothing', async () => {
    expect(paper.frame()).toContain('requires parameter(s) with no default: path');
    await paper.press('enter', 'enter', 'enter');
    expect(paper.frame()).toContain('Not sent');
    expect(launched).toEqual([]);
  });

  it('is searched by name', async () => {
    await paper.press('/');
    await paper.type('users');
    await paper.press('enter');
    expect(paper.frame()).toContain('Some users');
    expect(paper.frame()).not.toContain('one_file');
    expect(paper.frame()).toContain('/users  esc shows all');
    await paper.press('esc');
    expect(paper.frame()).toContain('one_file');
  });
});

describe('a template that may not be launched', () => {
  it('stands last in the list, with the reason and what to do, and cannot be sent', async () => {
    await paper.press('j', 'j');
    expect(paper.frame()).toContain('! our_updates');
    expect(paper.frame()).toContain('may not be launched');
    expect(paper.frame()).toContain('templates approve our_updates.');
    await paper.press('enter');
    expect(paper.frame()).toContain('Not sent: our_updates is refused: nobody has approved it.');
    expect(launched).toEqual([]);
  });
});

describe('the form', () => {
  it('takes text, says at once what is wrong with it, and puts it into the SQL', async () => {
    await paper.press('enter');
    await paper.type('etc/passwd');
    expect(paper.frame()).toContain('must be an absolute path');
    await paper.press('ctrl+u');
    await paper.type('/etc/passwd');
    expect(paper.frame()).toContain("WHERE path = '/etc/passwd'");
  });

  it('keeps what was typed when another template is looked at', async () => {
    await paper.press('enter');
    await paper.type('/etc/hosts');
    await paper.press('esc', 'j', 'k');
    expect(paper.frame()).toContain("WHERE path = '/etc/hosts'");
  });

  it('letters typed into it are text, not commands', async () => {
    await paper.press('enter');
    await paper.type('/q?5');
    expect(paper.frame()).toContain("'/q?5'");
    expect(paper.exits()).toBe(0);
  });
});

describe('launching', () => {
  it('asks first, names the hosts, and goes to the results', async () => {
    await paper.press('j', 'enter');
    expect(paper.frame()).toContain('Send some_users to 2 hosts?');
    expect(paper.frame()).toContain('web-1, web-2, by lab.');
    await yes('y');
    expect(launched).toMatchObject([{ request: { template: 'some_users', params: {} }, options: { timeoutMs: 60_000, offline: 'wait' } }]);
    expect(paper.frame()).toContain('waiting 2');
  });

  it('tells what the template cost in earlier runs', async () => {
    const { name: template, digest } = usersTemplate;
    const record = { id: 'r0', template, digest, sql: '', params: {}, sources: ['lab'], startedAt: 0, timeoutMs: 1_000 };
    const earlier = new Run(record, [aHost('web-1'), aHost('web-2')]);
    earlier.answer('lab', { hostId: 'web-1', at: 800, state: 'rows', rows: [{ username: 'root' }] });
    earlier.end(1_000, 'ended');
    paper.state.observer.run(earlier);
    await paper.press('j');
    expect(paper.frame()).toContain('Earlier: 1 run, 2 hosts');
    await paper.press('enter');
    expect(paper.frame()).toContain('half answered within 0.8s, 1 row each; 1 timed out.');
  });

  it('sends nothing on no', async () => {
    await paper.press('j', 'enter');
    await yes('n');
    expect(paper.frame()).toContain('Nothing was sent.');
    expect(launched).toEqual([]);
  });

  it('wants the number of hosts typed when there are many', async () => {
    await openWith(Array.from({ length: 40 }, (_, index) => aHost(`web-${index}`)));
    await paper.press('j', 'enter');
    await yes('4', '1', 'enter');
    expect(launched).toEqual([]);
    await paper.press('esc', 'enter');
    await yes('4', '0', 'enter');
    expect(launched).toHaveLength(1);
  });

  it('asks nobody anything about more hosts than the policy allows', async () => {
    await openWith([aHost('web-1'), aHost('web-2')], { ...NO_POLICY, maxHosts: 1 });
    await paper.press('j', 'enter');
    expect(paper.frame()).toContain('The policy of this machine allows 1 hosts at once, not 2');
    expect(paper.frame()).not.toContain('Send some_users');
  });

  it('takes the number as the answer only, not as text of the field that was left', async () => {
    await openWith(Array.from({ length: 40 }, (_, index) => aHost(`web-${index}`)));
    await paper.press('j', 'tab', 'tab', 'enter');
    await yes('4', '0', 'enter');
    expect(launched).toMatchObject([{ options: { timeoutMs: 60_000 } }]);
    paper.ui.go('launch', {});
    await paper.press();
    expect(paper.frame()).toMatch(/wait +60 +1 to 3600 seconds/);
  });

  it('does not wait for offline hosts when told not to', async () => {
    await paper.press('j', 'o', 'enter');
    expect(paper.frame()).toContain('not waited for');
    await yes('y');
    expect(launched[0]?.options.offline).toBe('skip');
  });

  it('waits as long as the console was told to, where nothing else is typed', async () => {
    const told = await openOnPaper({ screen: 'launch', columns: 100, timeoutS: 90, engine: { templates } });
    expect(told.frame()).toMatch(/wait +90/);
  });

  it('does not ask hosts on which the template cannot run', async () => {
    await openWith([aHost('web-1'), aHost('win-1', { platform: 'windows' })]);
    await paper.press('j', 'enter');
    expect(paper.frame()).toContain('Send some_users to 1 host?');
    await yes('y');
    expect(launched[0]?.hosts.map(({ hostname }) => hostname)).toEqual(['web-1']);
    await openWith([aHost('win-1', { platform: 'windows' })]);
    await paper.press('j', 'enter');
    expect(paper.frame()).toContain('it runs on linux only');
  });

  it('without hosts says where to pick them', async () => {
    await openWith([]);
    await paper.press('j', 'enter');
    expect(paper.frame()).toContain('no hosts are picked');
  });
});
