import { describe, expect, it } from 'vitest';
import { approve, findTemplate } from '../../src/core/launch-policy.ts';
import { AllowlistError } from '../../src/core/problem.ts';
import { parseTemplate } from '../../src/core/template.ts';
import { usersTemplate } from '../helpers/model.ts';

const files = parseTemplate({
  name: 'files',
  meta: {
    title: 'Files',
    why: 'To see',
    platforms: ['linux'],
    params: [
      { name: 'since', title: 'Since', type: 'time' },
      { name: 'path', title: 'Path', type: 'path', default: '/tmp' },
    ],
    cost: 'low',
  },
  sql: 'SELECT * FROM file WHERE path = :path AND mtime > :since',
  sample: [],
});
const templates = [usersTemplate, files];
const NOW = Date.UTC(2026, 6, 29, 12, 0, 0);

const refusal = (template: string, params: Record<string, string> = {}): string => {
  try {
    approve(templates, { template, params }, NOW);
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(AllowlistError);
    return (thrown as Error).message;
  }
  throw new Error('was approved');
};

describe('approve', () => {
  it('renders a known template with valid parameters', () => {
    expect(approve(templates, { template: 'files', params: { since: '1h', path: "/o'b" } }, NOW)).toEqual({
      template: 'files',
      digest: files.digest,
      sql: "SELECT * FROM file WHERE path = '/o''b' AND mtime > 1785322800",
      params: { since: 1_785_322_800, path: "/o'b" },
    });
  });

  it('refuses what is not on the allowlist and names what is', () => {
    expect(refusal('nope')).toBe("Unknown template 'nope'. Available: files, some_users.");
    expect(refusal('Files')).toMatch(/^Unknown template 'Files'/);
    expect(refusal('')).toMatch(/^Unknown template ''/);
  });

  it('refuses raw SQL, and says that it never sends any', () => {
    expect(refusal('SELECT * FROM users')).toBe(
      "Unknown template 'SELECT * FROM users'. Available: files, some_users. Raw SQL is never sent: only these templates are.",
    );
  });

  it('shows a hostile or endless name on one short line', () => {
    expect(refusal(`x\u001b[2J\n${'y'.repeat(1_000)}`)).toMatch(/^Unknown template 'x␛\[2J⏎y{1,80}…'\. Available: /);
  });

  it.each<[string, Record<string, string>, string]>([
    ['some_users', { since: '1h' }, "Template 'some_users' does not accept parameter(s): since. Allowed: limit"],
    ['files', {}, "Template 'files' requires parameter(s) with no default: since"],
    ['some_users', { limit: '1 OR 1=1' }, "Parameter 'limit' of 'some_users' must be a whole number from 1 to 100, not '1 OR 1=1'."],
  ])('refuses wrong parameters: %s %o', (template, params, message) => {
    expect(refusal(template, params)).toBe(message);
  });
});

describe('findTemplate', () => {
  it('finds a template by its exact name only', () => {
    expect(findTemplate(templates, 'files')).toBe(files);
    expect(() => findTemplate([], 'files')).toThrow(AllowlistError);
  });
});
