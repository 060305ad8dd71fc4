import { describe, expect, it } from 'vitest';
import { AllowlistError, Problem } from '../../src/core/problem.ts';
import { clampTimeout, findSteps, namedValues, readStep, type StepOptions, secretsOf, secretVariable } from '../../src/core/step.ts';

const SECRETS: Readonly<Record<string, string>> = { osctrl_token: 't0ken-of-osctrl', fleet_password: 'hunter2hunter2' };
const alert = { host: 'web-1', hosts: ['web-1', 'web-2'], score: 7, nested: { user: 'eve' }, sly: '{{ secrets.osctrl_token }}', all: '*' };

function options(over: Partial<StepOptions> & { vars?: Record<string, string> } = {}): StepOptions {
  const { vars = {}, ...rest } = over;
  const values = { value: namedValues(new Map(Object.entries(vars)), alert), secret: (name: string) => SECRETS[name] };
  return { values, withoutBackend: false, maxTimeout: undefined, ...rest };
}

const documented = {
  id: 'triage-running-procs',
  name: 'Get running processes from affected host',
  type: 'osquery_live_query',
  params: {
    backend: 'osctrl',
    base_url: 'https://osctrl.corp.example.com',
    environment: 'production',
    api_token: '{{ secrets.osctrl_token }}',
    template: 'running_processes',
    template_params: { limit: 100 },
    target_hosts: ['{{ alert.host }}'],
    timeout_seconds: 60,
  },
};
const withParams = (params: Record<string, unknown>, step: Record<string, unknown> = {}) => ({
  ...documented,
  ...step,
  params: { ...documented.params, ...params },
});

function read(step: unknown, over?: Parameters<typeof options>[0]) {
  const [found] = findSteps(step);
  if (!found) throw new Error('no step was found');
  return readStep(found, options(over));
}

function complaint(step: unknown, over?: Parameters<typeof options>[0]): Problem {
  try {
    read(step, over);
  } catch (thrown) {
    if (thrown instanceof Problem) return thrown;
    throw thrown;
  }
  throw new Error('the step was taken');
}

describe('finding steps', () => {
  const other = { id: 'notify', type: 'notify', params: { message: '{{ nobody.asks }}' } };
  const named = (id: string) => ({ ...documented, id });

  it.each([
    ['a bare step', documented, ['triage-running-procs']],
    ['a list', [named('a'), other, named('b')], ['a', 'b']],
    ['a playbook', { id: 'p', steps: [other, named('a'), named('b')] }, ['a', 'b']],
    ['steps within a step', { steps: [{ type: 'parallel', steps: [named('a')] }, named('b')] }, ['a', 'b']],
    ['names where there are no ids', [{ ...documented, id: undefined }, { type: 'osquery_live_query' }], [documented.name, 'step 2']],
    ['other types only', { steps: [other] }, []],
    ['nothing', null, []],
    ['text', 'osquery_live_query', []],
  ])('in %s', (_what, document, labels) => {
    expect(findSteps(document).map(({ label }) => label)).toEqual(labels);
  });

  it('names the secrets of our steps only, each once', () => {
    const steps = [named('a'), { ...other, params: { x: '{{ secrets.other }}' } }, withParams({ password: '{{secrets.fleet-pw}}' })];
    expect(secretsOf(findSteps(steps))).toEqual(['osctrl_token', 'fleet-pw']);
    expect(secretVariable('fleet-pw')).toBe('ROLLCALL_SECRET_FLEET_PW');
  });
});

describe('a step', () => {
  it('is read as documented', () => {
    expect(read(documented)).toEqual({
      label: 'triage-running-procs',
      request: { template: 'running_processes', params: { limit: '100' } },
      hosts: ['web-1'],
      timeoutS: 60,
      goesOn: false,
      backend: {
        kind: 'osctrl',
        baseUrl: 'https://osctrl.corp.example.com',
        environment: 'production',
        secret: 't0ken-of-osctrl',
        verifyTls: true,
      },
      remarks: [],
    });
  });

  it('has the defaults of the original', () => {
    const bare = {
      type: 'osquery_live_query',
      params: { base_url: 'https://o.example', api_token: 'x', template: 't', target_hosts: 'web-1' },
    };
    expect(read(bare)).toMatchObject({
      hosts: ['web-1'],
      timeoutS: 60,
      backend: { kind: 'osctrl', environment: 'default', verifyTls: true },
    });
  });

  it('logs in to Fleet with a token, else with an account', () => {
    const fleet = { backend: 'fleetdm', username: 'ir@example.com', password: '{{ secrets.fleet_password }}', verify_tls: false };
    expect(read(withParams(fleet)).backend).toMatchObject({
      kind: 'fleetdm',
      email: undefined,
      secret: 't0ken-of-osctrl',
      verifyTls: false,
    });
    expect(read(withParams({ ...fleet, api_token: null })).backend).toEqual({
      kind: 'fleetdm',
      baseUrl: 'https://osctrl.corp.example.com',
      email: 'ir@example.com',
      secret: 'hunter2hunter2',
      verifyTls: false,
    });
  });

  it.each(['direct', 'aisoc_direct'])('of backend %s asks the endpoint of this machine', backend => {
    expect(read(withParams({ backend, base_url: null, api_token: null })).backend).toEqual({ kind: 'direct' });
  });

  it('says what it passes over', () => {
    const { remarks } = read(withParams({ backend: 'aisoc_direct', target_host: 'x' }, { condition: 'severity == high' }));
    expect(remarks).toEqual([
      expect.stringContaining('params.target_host'),
      expect.stringContaining('condition'),
      expect.stringContaining('base_url is not used'),
    ]);
  });

  it('warns where it does not verify TLS', () => {
    const step = withParams({ verify_tls: 'false' });
    expect([read(step).remarks, read(step, { withoutBackend: true }).remarks]).toEqual([
      [expect.stringContaining('TLS is not verified')],
      [],
    ]);
  });

  it('falls back to the host of the alert', () => {
    expect(read(withParams({ target_hosts: null })).hosts).toEqual(['web-1']);
    expect(read(withParams({ target_hosts: null }), { vars: { 'alert.host_id': 'h-1' } }).hosts).toEqual(['h-1']);
  });

  it('takes a list from the alert, each host once', () => {
    expect(read(withParams({ target_hosts: '{{alert.hosts}}' })).hosts).toEqual(['web-1', 'web-2']);
    expect(read(withParams({ target_hosts: ['{{ alert.hosts }}', ' web-2 '] })).hosts).toEqual(['web-1', 'web-2']);
  });

  it('fills in names wherever they stand, `--var` before the alert', () => {
    const params = { template_params: { limit: '{{ alert.score }}', name: 'of {{alert.nested.user}} on {{ alert.host }}' } };
    expect(read(withParams(params), { vars: { 'alert.host': 'db-9' } })).toMatchObject({
      request: { params: { limit: '7', name: 'of eve on db-9' } },
      hosts: ['db-9'],
    });
  });

  it('goes on after a failure only where it says so', () => {
    expect(read(withParams({}, { on_failure: 'continue' })).goesOn).toBe(true);
    expect(read(withParams({}, { on_failure: 'retry', retry_max: 3 })).goesOn).toBe(false);
  });

  it('needs no backend where another takes its place', () => {
    const step = withParams({ backend: 'nonesuch', base_url: null, api_token: null });
    expect(read(step, { withoutBackend: true }).backend).toBeUndefined();
  });
});

describe('a step is refused', () => {
  it.each([
    ['an unknown secret', withParams({ api_token: '{{ secrets.nope }}' }), /\{\{ secrets\.nope \}\}.*ROLLCALL_SECRET_NOPE/],
    ['an unknown name', withParams({ target_hosts: ['{{ alert.nope }}'] }), /\{\{ alert\.nope \}\}.*--var/],
    ['several', withParams({ environment: '{{ a }}-{{ b }}' }), /\{\{ a \}\}, \{\{ b \}\}/],
    ['a name in a key', withParams({ template_params: { '{{ k }}': 1 } }), /\{\{ k \}\}/],
    ['a name in what is passed over', withParams({ instance_id: '{{ connector.id }}' }), /\{\{ connector\.id \}\}/],
    ['an inherited name', withParams({ environment: '{{ alert.constructor }}' }), /alert\.constructor/],
    ['an expression', withParams({ environment: '{{ alert.host | upper }}' }), /alert\.host \| upper/],
    ['a mark that does not end', withParams({ environment: 'x {{ alert.host' }), /\{\{ alert\.host/],
    ['an object for a value', withParams({ environment: '{{ alert.nested }}' }), /alert\.nested/],
    ['a list inside a text', withParams({ environment: 'x{{ alert.hosts }}' }), /alert\.hosts/],
    ['a value that is a mark itself', withParams({ environment: '{{ alert.sly }}' }), /alert\.sly/],
    ['a secret for a host', withParams({ target_hosts: ['{{ secrets.osctrl_token }}'] }), /a secret may stand in api_token/],
    ['a secret in a template', withParams({ template_params: { x: 'a{{ secrets.osctrl_token }}' } }), /params\.template_params\.x/],
    ['a secret deep in a token', withParams({ api_token: ['{{ secrets.osctrl_token }}'] }), /params\.api_token\.0/],
    ['every host by an alert', withParams({ target_hosts: ['{{ alert.all }}'] }), /'\*' is a pattern/],
    ['an empty host', withParams({ target_hosts: [''] }), /empty name/],
    ['no host', withParams({ target_hosts: [] }), /target_hosts is missing/],
    ['no template', withParams({ template: '' }), /'template' param is required/],
    ['an unknown backend', withParams({ backend: 'nonexistent_backend' }), /Unknown osquery backend: 'nonexistent_backend'/],
    ['no address', withParams({ base_url: null }), /base_url is missing/],
    ['no token', withParams({ api_token: null, username: 'a', password: 'b' }), /api_token is missing: osctrl/],
    ['half an account', withParams({ backend: 'fleetdm', api_token: null, username: 'a' }), /api_token, or username and password/],
    ['an unquoted mark', withParams({ environment: { '{ alert.host: null }': null } }), /params\.environment: .*quote/],
    ['an odd verify_tls', withParams({ verify_tls: 'no' }), /verify_tls: must be true or false/],
    ['a time limit out of bounds', withParams({}, { timeout_seconds: 3601 }), /timeout_seconds/],
    ['no params', { type: 'osquery_live_query', template: 'x' }, /params are missing/],
  ])('with %s', (_what, step, words) => {
    const problem = complaint(step);
    expect(problem).toMatchObject({ kind: 'usage', message: expect.stringMatching(words) });
    for (const secret of Object.values(SECRETS)) expect(problem.message).not.toContain(secret);
  });

  it('when a secret is none that can be sent, without repeating it', () => {
    expect(complaint(withParams({ api_token: 'two\nlines' })).message).toMatch(/^(?!.*two)[\s\S]*control characters/);
  });

  it.each([
    ['raw SQL', withParams({ query: 'SELECT 1' })],
    ['a parameter that is a list', withParams({ template_params: { limit: [1] } })],
  ])('by the allowlist for %s', (_what, step) => {
    expect(complaint(step)).toBeInstanceOf(AllowlistError);
  });
});

describe('the time limit of a step', () => {
  it.each([
    [undefined, undefined, 60],
    [120, undefined, 120],
    ['90', undefined, 90],
    [86_400, undefined, 300],
    [-5, undefined, 1],
    [true, undefined, 60],
    ['soon', undefined, 60],
    [30.5, undefined, 60],
    [100_000, '100000', 900],
    [600, '700', 600],
    [600, 'nonsense', 300],
    [60, '0', 1],
  ])('of %j, where the most is %j, is %d s', (value, most, seconds) => {
    expect(clampTimeout(value, most)).toBe(seconds);
  });
});
