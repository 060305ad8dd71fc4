import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { EventJson } from '../../src/core/judge.ts';
import { aRawEvent } from '../helpers/model.ts';
import { FakeSource, workplace } from './harness.ts';

const RULE = `- id: odd-user
  title: Odd user
  why: To test
  at_least: critical
  attack: [T1078]
  table: users
  when: { username: odd }
  matches: { row: { username: odd } }
  spares: { row: { username: even } }
`;

function placeWith(rules: Readonly<Record<string, string>>, source = new FakeSource('prod')) {
  const place = workplace([source]);
  mkdirSync(path.join(place.configDir, 'rules'), { recursive: true });
  for (const [name, text] of Object.entries(rules)) writeFileSync(path.join(place.configDir, 'rules', name), text);
  return place;
}

describe('rules test', () => {
  it('runs the samples of shipped and own rules', async () => {
    const { code, json } = await placeWith({ 'own.yaml': RULE }).run(['rules', 'test']);
    expect(code).toBe(0);
    expect(json()).toContainEqual({ file: expect.stringContaining('own.yaml'), line: null, id: 'odd-user', ok: true, reason: '' });
    expect(json()).toContainEqual({ file: 'rules/processes.yaml', line: null, id: 'deleted-binary', ok: true, reason: '' });
  });

  it('ends with 1 when a sample fails, of one file where one is named', async () => {
    const place = placeWith({ 'own.yaml': RULE.replace('username: even', 'username: odd') });
    const { code, json } = await place.run(['rules', 'test', path.join(place.configDir, 'rules', 'own.yaml')]);
    expect(code).toBe(1);
    expect(json()).toMatchObject([{ id: 'odd-user', ok: false, reason: 'its sample that must not match does' }]);
  });

  it('ends with 2 when a file is broken, and tests the others', async () => {
    const { code, json, stderr } = await placeWith({ 'bad.yaml': RULE.replace('critical', 'hgh'), 'own.yaml': RULE }).run([
      'rules',
      'test',
    ]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/bad\.yaml:4: at_least/);
    expect(json()).toContainEqual(expect.objectContaining({ line: 4, id: null, ok: false }));
    expect(json()).toContainEqual(expect.objectContaining({ id: 'odd-user', ok: true }));
    expect((await placeWith({}).run(['rules', 'test', 'nowhere.yaml'])).code).toBe(2);
  });
});

describe('rules list', () => {
  it('lists what is in force, with the file; a rule that is switched off is not', async () => {
    const place = placeWith({ 'own.yaml': `${RULE}- { id: deleted-binary, off: true }\n` });
    const listed = (await place.run(['rules', 'list'])).json() as { id: string; file: string }[];
    expect(listed.find(({ id }) => id === 'odd-user')).toMatchObject({ at_least: 'critical', file: expect.stringContaining('own.yaml') });
    expect(listed.map(({ id }) => id)).not.toContain('deleted-binary');
    expect((await place.run(['rules', 'list'], { tty: 100 })).stdout).toContain('>= critical');
  });
});

describe('rules and the feed', () => {
  const source = () => {
    const now = Date.now();
    const made = new FakeSource('prod');
    made.events = [
      aRawEvent({ dedupeKey: 'odd', source: 'prod', tables: ['users'], row: { username: 'odd' }, time: now }),
      aRawEvent({ dedupeKey: 'even', source: 'prod', tables: ['users'], row: { username: 'even' }, time: now - 1 }),
    ];
    return made;
  };

  it('judges by them as events come in, and explains the judgement', async () => {
    const place = placeWith({ 'own.yaml': RULE }, source());
    const [even, odd] = (await place.run(['feed'])).lines() as EventJson[];
    expect(odd).toMatchObject({ severity: 'critical', attack: ['T1078'], rules: ['odd-user'] });
    expect(odd?.severity_reason).toBe('rule odd-user: critical (table users (not listed): medium)');
    expect(even).toMatchObject({ severity: 'medium', attack: [], rules: [] });

    const told = (await place.run(['rules', 'explain', odd?.id ?? ''])).json();
    expect(told).toMatchObject({ severity: 'critical', rules: ['odd-user'], rules_now: ['odd-user'] });
    const spared = await place.run(['rules', 'explain', even?.id ?? '', '--format', 'table']);
    expect(spared.stdout).toContain("- odd-user (>= critical): username is 'even' and has to be 'odd'");
    expect(spared.stdout).toMatch(/\d+ rules are about other tables/);
  });

  it('says that other rules matched when the event came in', async () => {
    const place = placeWith({ 'own.yaml': RULE }, source());
    const [, odd] = (await place.run(['feed'])).lines() as EventJson[];
    writeFileSync(path.join(place.configDir, 'rules', 'own.yaml'), '[]');
    const { stdout } = await place.run(['rules', 'explain', odd?.id ?? '', '--format', 'table']);
    expect(stdout).toContain('when it came in these rules matched: odd-user; today these would: none');
  });

  it('refuses an event that is none', async () => {
    const { code, stderr } = await placeWith({}).run(['rules', 'explain', 'nope']);
    expect(code).toBe(2);
    expect(stderr).toContain("no event 'nope'");
  });
});
