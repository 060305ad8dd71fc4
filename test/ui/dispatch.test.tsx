import { Text } from 'ink';
import { beforeEach, describe, expect, it } from 'vitest';
import { Run } from '../../src/core/run.ts';
import { createStore, type Store } from '../../src/state/store.ts';
import type { Command } from '../../src/ui/keys/command.ts';
import { commandTable } from '../../src/ui/keys/registry.ts';
import { defineScreen } from '../../src/ui/screen.tsx';
import { TextField } from '../../src/ui/TextField.tsx';
import { useStore } from '../../src/ui/use-store.ts';
import { openOnPaper, type PaperConsole } from '../helpers/frames.tsx';
import { aHost } from '../helpers/model.ts';

type Form = {
  readonly done: readonly string[];
  readonly focus: boolean;
  readonly value: string;
  readonly blocked: boolean;
  readonly depth: number;
};

const start: Form = { done: [], focus: false, value: '', blocked: false, depth: 0 };

let form: Store<Form>;

const does = (what: string) => () => form.set(state => ({ ...state, done: [...state.done, what] }));
const command = (over: Partial<Command<undefined>> & Pick<Command<undefined>, 'id' | 'keys'>): Command<undefined> => ({
  title: `Does ${over.id}`,
  help: 'A sentence.',
  where: 'screen',
  run: does(over.id),
  ...over,
});

function View() {
  const { focus, value } = useStore(form);
  return (
    <>
      <Text>the form</Text>
      <TextField value={value} onChange={next => form.set(state => ({ ...state, value: next }))} focus={focus} />
    </>
  );
}

const feed = defineScreen({
  id: 'feed',
  title: 'Form',
  key: '1',
  create: () => undefined,
  View,
  commands: [
    command({ id: 'form.edit', keys: ['i'], footer: 'edit', run: () => form.set(state => ({ ...state, focus: true })) }),
    command({ id: 'form.send', keys: ['enter', 's'], where: 'typing' }),
    command({ id: 'form.down', keys: ['j', 'down'], where: 'typing' }),
    command({ id: 'form.never', keys: ['x'], blocked: () => 'no host is marked' }),
    command({
      id: 'form.breaks',
      keys: ['b'],
      run: () => {
        throw new Error('out of paper');
      },
    }),
    command({ id: 'form.breaks-later', keys: ['B'], run: async () => Promise.reject(new Error('out of ink')) }),
  ],
  back() {
    const { focus, depth } = form.get();
    if (focus) form.set(state => ({ ...state, focus: false }));
    else if (depth > 0) form.set(state => ({ ...state, depth: depth - 1 }));
    else return false;
    return true;
  },
  interrupt() {
    if (!form.get().blocked) return false;
    does('interrupted')();
    form.set(state => ({ ...state, blocked: false }));
    return true;
  },
});

const hosts = defineScreen({
  id: 'hosts',
  title: 'Other',
  key: '2',
  create: () => undefined,
  commands: [],
  View: () => <Text>the other</Text>,
});

let paper: PaperConsole;
let isOurs: boolean;

beforeEach(async () => {
  form = createStore(start);
  isOurs = true;
  paper = await openOnPaper({ screens: [feed, hosts], engine: { holds: () => isOurs } });
});

const done = () => form.get().done;

describe('keys on a screen', () => {
  it('do what its commands say', async () => {
    await paper.press('s', 'j', 'down', 'enter');
    expect(done()).toEqual(['form.send', 'form.down', 'form.down', 'form.send']);
  });

  it('act one by one when they come in one packet', async () => {
    await paper.type('jjs');
    expect(done()).toEqual(['form.down', 'form.down', 'form.send']);
  });

  it('say why when they cannot act', async () => {
    await paper.press('x');
    expect(done()).toEqual([]);
    expect(paper.frame()).toContain('Does form.never: no host is marked');
  });

  it('say so when they mean nothing here', async () => {
    await paper.press('w');
    expect(paper.frame()).toContain('w does nothing here. ? lists the keys.');
    await paper.press('j');
    expect(paper.frame()).not.toContain('does nothing');
  });

  it('tell what went wrong, now or later', async () => {
    await paper.press('b');
    expect(paper.frame()).toContain('out of paper');
    await paper.press('B');
    expect(paper.frame()).toContain('out of ink');
  });

  it('do not act on a screen that is not up', async () => {
    await paper.press('2', 's');
    expect(paper.frame()).toContain('the other');
    expect(done()).toEqual([]);
  });
});

describe('typing into a form', () => {
  beforeEach(() => paper.press('i'));

  it('reaches no command, not even leaving', async () => {
    await paper.type('q');
    await paper.type('s');
    await paper.type('j');
    await paper.type('2');
    expect(form.get().value).toBe('qsj2');
    expect(done()).toEqual([]);
    expect(paper.exits()).toBe(0);
    expect(paper.frame()).toContain('the form');
  });

  it('leaves keys that type nothing to commands that act while typing', async () => {
    await paper.press('down', 'enter');
    expect(done()).toEqual(['form.down', 'form.send']);
    expect(form.get().value).toBe('');
  });

  it('ends with esc, and keys are commands again', async () => {
    await paper.type('a');
    await paper.press('esc', 's');
    expect(form.get().value).toBe('a');
    expect(done()).toEqual(['form.send']);
  });

  it('knows the editing keys that ink-text-input mistakes for letters', async () => {
    for (const letter of 'one two') await paper.type(letter);
    await paper.press('ctrl+w');
    expect(form.get().value).toBe('one ');
    await paper.type('x');
    expect(form.get().value).toBe('one x');
    await paper.press('ctrl+u');
    expect(form.get().value).toBe('');
    await paper.press('ctrl+a', 'ctrl+k');
    await paper.type('z');
    expect(form.get().value).toBe('z');
  });

  it('takes a paste as one insert in which no key acts', async () => {
    await paper.paste('web-1\rq\x1b[31m\nweb-2');
    expect(form.get().value).toBe('web-1 q␛[31m web-2');
    expect(done()).toEqual([]);
  });
});

describe('moving between screens', () => {
  it('goes by number, back by esc and to and fro by -', async () => {
    await paper.press('2');
    expect(paper.frame()).toContain('the other');
    await paper.press('esc');
    expect(paper.frame()).toContain('the form');
    await paper.press('2', '-');
    expect(paper.frame()).toContain('the form');
    await paper.press('-');
    expect(paper.frame()).toContain('the other');
  });

  it('takes the steps back inside a screen first, and never leaves by esc', async () => {
    await paper.press('2', '1');
    form.set(state => ({ ...state, depth: 1 }));
    await paper.press('esc');
    expect(form.get().depth).toBe(0);
    expect(paper.frame()).toContain('the form');
    await paper.press('esc');
    expect(paper.frame()).toContain('the other');
    await paper.press('esc', 'esc', 'esc');
    expect(paper.exits()).toBe(0);
  });

  it('says that there was no other screen yet', async () => {
    await paper.press('-');
    expect(paper.frame()).toContain('No other screen was open yet');
  });
});

describe('leaving', () => {
  const openRun = () => new Run(runRecord, [aHost('web-1'), aHost('web-2')]);
  const runRecord = {
    id: 'run-1',
    template: 'some_users',
    digest: 'sha256:0',
    sql: '',
    params: {},
    sources: ['lab'],
    startedAt: 0,
    timeoutMs: 60_000,
  };

  it('q leaves', async () => {
    await paper.press('q');
    expect(paper.exits()).toBe(1);
  });

  it('q asks while a live query waits', async () => {
    paper.state.observer.run(openRun());
    await paper.press('q');
    expect(paper.exits()).toBe(0);
    expect(paper.frame()).toContain('A live query still waits for 2 hosts. Leave?');
    await paper.press('n');
    expect(paper.frame()).not.toContain('Leave?');
    await paper.press('q');
    await paper.clock.advance(500);
    await paper.press('y');
    expect(paper.exits()).toBe(1);
  });

  it('q leaves at once while only another process waits', async () => {
    isOurs = false;
    paper.state.observer.run(openRun());
    await paper.press('q');
    expect(paper.exits()).toBe(1);
  });

  it('ctrl+c stops what runs, and says how to leave when nothing does', async () => {
    form.set(state => ({ ...state, blocked: true }));
    await paper.press('ctrl+c');
    expect(done()).toEqual(['interrupted']);
    await paper.clock.advance(5_000);
    await paper.press('ctrl+c');
    expect(paper.frame()).toContain('Press ctrl+c again to leave.');
    expect(paper.exits()).toBe(0);
  });

  it('ctrl+c leaves when it is pressed twice, whatever the first one has stopped or asked', async () => {
    form.set(state => ({ ...state, blocked: true }));
    await paper.press('ctrl+c', 'ctrl+c');
    expect(paper.exits()).toBe(1);
    await paper.clock.advance(5_000);
    await paper.press('ctrl+c');
    void paper.ui.confirm({ title: 'Stop?', yes: 'stop' });
    await paper.press('ctrl+c', 'ctrl+c');
    expect(paper.exits()).toBe(2);
  });

  it('does not count two ctrl+c that are far apart', async () => {
    await paper.press('ctrl+c');
    await paper.clock.advance(5_000);
    await paper.press('ctrl+c');
    expect(paper.exits()).toBe(0);
  });
});

describe('the registry', () => {
  it('lists every command once, for help, palette and the key table', () => {
    const table = commandTable([feed, hosts]);
    expect(table.map(({ title }) => title)).toEqual(['Form', 'Other', 'Everywhere']);
    const ids = table.flatMap(({ commands }) => commands.map(({ id }) => id));
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(expect.arrayContaining(['form.send', 'go.hosts', 'app.help', 'app.leave']));
  });

  it('makes the footer', () => {
    expect(paper.lines().at(-1)).toBe(' i edit  ? help  : commands  q leave');
  });
});
