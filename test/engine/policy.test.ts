import { expect, it } from 'vitest';
import { NO_POLICY } from '../../src/core/policy.ts';
import { AllowlistError } from '../../src/core/problem.ts';
import { FakeSource } from '../cli/harness.ts';
import { aHost } from '../helpers/model.ts';
import { engineWith } from './harness.ts';

const request = { template: 'some_users', params: {} };
const options = { timeoutMs: 60_000, offline: 'wait' } as const;
const hosts = ['web-1', 'web-2', 'web-3'].map(name => aHost(name, { source: 'prod' }));

it('launches on no more hosts than the policy allows, and asks no more again', async () => {
  const source = new FakeSource('prod', hosts, { 'web-1': 'offline', 'web-2': 'offline' });
  const { engine, runs } = engineWith([source], { policy: { ...NO_POLICY, maxHosts: 2 } });
  await expect(engine.launch(request, hosts, options)).rejects.toThrow(AllowlistError);
  expect([source.sentTo, runs()]).toEqual([[], []]);
  const { run, ended } = await engine.launch(request, hosts.slice(0, 2), options);
  await ended;
  await expect(engine.again(run.id, [...run.targets, ...run.targets.slice(0, 1)], options)).rejects.toThrow(/allows 2 hosts/);
  expect([engine.policy.maxHosts, run.open, source.sentTo]).toEqual([2, false, ['web-1', 'web-2']]);
  await engine.stop();
});

it('refuses a template that may not run with the reason, at sight and at launch', async () => {
  const source = new FakeSource('prod', hosts);
  const { engine } = engineWith([source], { refused: new Map([['some_users', 'nobody has approved it']]) });
  expect(() => engine.preview(request)).toThrow(/'some_users' is refused: nobody has approved it/);
  await expect(engine.launch(request, hosts, options)).rejects.toThrow(AllowlistError);
  expect(source.sentTo).toEqual([]);
  await engine.stop();
});
