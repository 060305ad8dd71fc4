/** What an operator decides about nodes, and the trail of it. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createDirect, type DirectAddress, type DirectOptions } from '../../../src/connectors/direct/index.ts';
import type { AuditLog } from '../../../src/core/ports.ts';
import { Problem } from '../../../src/core/problem.ts';
import { temporaryDirectory } from '../../helpers/directories.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';
import { allHosts, collectUpdates, contractQuery } from '../contract.ts';
import { ask, consume, difference, enrolment, memoryStore, optionsFor, startDirect, TestNode } from './support.ts';

const signal = () => new AbortController().signal;

function recordingAudit(): AuditLog & { readonly lines: unknown[] } {
  const lines: unknown[] = [];
  return { lines, write: (action, detail) => void lines.push([action, detail]) };
}

const persistent = (over: Partial<DirectOptions> = {}) => optionsFor({ registry: 'persistent', store: memoryStore(), ...over });

/** Two nodes of one identifier. */
async function twins(over: Partial<DirectOptions> = {}) {
  const started = await startDirect(over);
  const first = await TestNode.enroll(started.address, 'web-1');
  const second = await TestNode.enroll(started.address, 'web-1');
  const [one, two] = await started.connector.nodes.list(signal());
  if (!one || !two) throw new Error('two nodes expected');
  return { ...started, first, second, one, two };
}

describe('a duplicate', () => {
  it('is pending until it is approved; then it is a host as any other', async () => {
    const { connector, one, two } = await twins();
    expect([one.standing, two.standing]).toEqual(['enrolled', 'pending']);
    expect(await connector.nodes.change(two.id, { action: 'approve' }, signal())).toMatchObject({ standing: 'enrolled', labels: [] });
    expect(connector.remarks?.()).toEqual([]);
  });
});

describe('a blocked node', () => {
  it('gets an error everywhere, so that it keeps key and data, and works again once it is approved', async () => {
    const { connector, second, two } = await twins();
    consume(connector);
    expect(await connector.nodes.change(two.id, { action: 'block' }, signal())).toMatchObject({ standing: 'blocked' });
    for (const route of ['/config', '/distributed/read', '/distributed/write'])
      expect(await second.ask(route)).toEqual({ error: 'blocked' });
    expect(await second.log([difference('crontab', { a: '1' })])).toEqual({ error: 'blocked' });
    expect((await allHosts(connector)).map(({ labels }) => labels)).toEqual([[], ['duplicate', 'blocked']]);
    await connector.nodes.change(two.id, { action: 'approve' }, signal());
    expect(await second.log([difference('crontab', { a: '1' })])).toEqual({ node_invalid: false });
  });

  it('is told to be so when a live query is meant for it', async () => {
    const { connector, two } = await twins();
    await connector.nodes.change(two.id, { action: 'block' }, signal());
    const hosts = (await allHosts(connector)).filter(({ id }) => id === two.id);
    const options = { timeoutMs: 60_000, offline: 'wait' } as const;
    const backend = connector.liveQuery;
    if (!backend) throw new Error('no live queries');
    const { remoteId } = await backend.launch(contractQuery(), hosts, options, signal());
    expect(await collectUpdates(backend, remoteId, hosts, () => true)).toMatchObject([
      { kind: 'silent', reason: expect.stringMatching(/^blocked/) },
    ]);
  });
});

describe('a node that is forgotten', () => {
  it('has a key that is worth nothing and may enrol again', async () => {
    const { connector, address, first, one } = await twins();
    await connector.nodes.change(one.id, { action: 'forget' }, signal());
    expect(await first.ask('/config')).toEqual({ node_invalid: true });
    expect(await allHosts(connector)).toHaveLength(1);
    await TestNode.enroll(address, 'web-1');
    expect(await allHosts(connector)).toHaveLength(2);
  });
});

describe('decisions', () => {
  it('outlive a restart', async () => {
    const options = persistent();
    const before = createDirect(options);
    const address = await before.start();
    for (const name of ['a', 'b', 'c']) await TestNode.enroll(address, name);
    const [a, b, c] = await before.nodes.list(signal());
    await before.nodes.change(a?.id ?? '', { action: 'tag', tags: ['dmz', 'web'] }, signal());
    await before.nodes.change(b?.id ?? '', { action: 'block' }, signal());
    await before.nodes.change(c?.id ?? '', { action: 'forget' }, signal());
    await before.close();
    const { connector } = await startDirect(options);
    expect((await allHosts(connector)).map(({ hostname, labels }) => [hostname, labels])).toEqual([
      ['a', ['dmz', 'web']],
      ['b', ['blocked']],
    ]);
  });

  it('are made through the process that holds the port, and audited by the one in which they are made', async () => {
    const options = persistent();
    const [there, here] = [recordingAudit(), recordingAudit()];
    const { address } = await startDirect({ ...options, audit: there });
    const { connector: guest } = await startDirect({ ...options, audit: here });
    const node = await TestNode.enroll(address, 'web-1');
    const [known] = await guest.nodes.list(signal());
    await guest.nodes.change(known?.id ?? '', { action: 'block' }, signal());
    expect(await node.ask('/config')).toEqual({ error: 'blocked' });
    expect([there.lines, here.lines]).toEqual([[], [['node_block', { source: 'jump', node: known?.id }]]]);
    await expect(guest.nodes.change('nobody', { action: 'block' }, signal())).rejects.toMatchObject({ kind: 'usage' });
  });

  it('are not made when they cannot be audited', async () => {
    const audit: AuditLog = {
      write: () => {
        throw new Problem('storage', 'full');
      },
    };
    const { connector, one, first } = await twins({ audit });
    await expect(connector.nodes.change(one.id, { action: 'block' }, signal())).rejects.toMatchObject({ kind: 'storage' });
    expect(await first.ask('/config')).toHaveProperty('schedule');
  });
});

describe('another enroll secret', () => {
  it('shuts the old one out at once; nodes stay, and the audit trail does not hold it', async () => {
    const audit = recordingAudit();
    const options = persistent({ audit });
    const { connector, address } = await startDirect(options);
    const node = await TestNode.enroll(address, 'web-1');
    await connector.nodes.rotateSecret(signal());
    const now = await connector.enrolment(signal());
    expect(now.enrollSecret).not.toBe(address.enrollSecret);
    expect(await ask(address, '/enroll', enrolment(address.enrollSecret, 'web-2'))).toEqual({ node_invalid: true });
    expect(await ask(address, '/enroll', enrolment(now.enrollSecret, 'web-2'))).toHaveProperty('node_key');
    expect(await node.ask('/config')).toHaveProperty('schedule');
    expect(readFileSync(path.join(options.dataDir, 'direct', 'jump', 'enroll_secret'), 'utf8').trim()).toBe(now.enrollSecret);
    expect(audit.lines).toEqual([['rotate_enroll_secret', { source: 'jump', grace_s: 0 }]]);
  });

  it('leaves the old one good for as long as was said, over a restart too, and no longer', async () => {
    const clock = new FakeClock();
    const options = persistent({ clock });
    const { connector, address: old } = await startDirect(options);
    await connector.nodes.rotateSecret(signal(), 60_000);
    const enrols = (address: DirectAddress, secret: string, name: string) => ask(address, '/enroll', enrolment(secret, name));
    expect(await enrols(old, old.enrollSecret, 'web-1')).toHaveProperty('node_key');
    await connector.close();
    const { connector: again, address } = await startDirect(options);
    expect(address.enrollSecret).not.toBe(old.enrollSecret);
    expect(await enrols(address, old.enrollSecret, 'web-2')).toHaveProperty('node_key');
    await clock.advance(60_000);
    expect(await enrols(address, old.enrollSecret, 'web-3')).toEqual({ node_invalid: true });
    expect(await enrols(address, address.enrollSecret, 'web-3')).toHaveProperty('node_key');
    await again.nodes.rotateSecret(signal(), 60_000);
    await again.nodes.rotateSecret(signal());
    expect(await enrols(address, address.enrollSecret, 'web-4')).toEqual({ node_invalid: true });
  });

  it('of the operator’s own file is read from there', async () => {
    const enrollSecretFile = path.join(temporaryDirectory(), 'secret');
    writeFileSync(enrollSecretFile, 'first');
    const { connector, address } = await startDirect({ enrollSecretFile });
    writeFileSync(enrollSecretFile, 'second\n');
    expect(await ask(address, '/enroll', enrolment('second', 'web-1'))).toEqual({ node_invalid: true });
    await connector.nodes.rotateSecret(signal());
    expect(await ask(address, '/enroll', enrolment('second', 'web-1'))).toHaveProperty('node_key');
    onTestFinished(() => connector.close());
  });
});
