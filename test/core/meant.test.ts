import { describe, expect, it } from 'vitest';
import { didYouMean, meant } from '../../src/core/meant.ts';

const hosts = ['web-1', 'web-2', 'web-3', 'web-10', 'db-1.corp.example', 'Mail'];

describe('what a name was meant to be', () => {
  it('is the names that hold it as a part, three at most', () => {
    expect(meant('web', hosts)).toEqual(['web-1', 'web-2', 'web-3']);
    expect(meant('DB-1', hosts)).toEqual(['db-1.corp.example']);
    expect(meant('we', ['owed', 'sweep'])).toEqual([]);
  });

  it('is else the one that is a typing slip away, more of them in a longer name', () => {
    expect(meant('wbe-1', hosts)).toEqual(['web-1']);
    expect(meant('running_proceses', ['running_processes', 'process_tree'])).toEqual(['running_processes']);
    expect(meant('cat', ['dog'])).toEqual([]);
    expect(meant('nothing-like-it', hosts)).toEqual([]);
  });

  it('is nothing for nothing', () => {
    expect(meant('', hosts)).toEqual([]);
    expect(meant('--', hosts)).toEqual([]);
    expect(meant('x', [])).toEqual([]);
  });

  it('is asked for in a sentence, or not at all', () => {
    expect(didYouMean('mial', ['mail'])).toBe("Did you mean 'mail'? ");
    expect(didYouMean('web', hosts)).toBe("Did you mean 'web-1', 'web-2' or 'web-3'? ");
    expect(didYouMean('token', ['token-env', 'token-file'], name => `--${name}`)).toBe('Did you mean --token-env or --token-file? ');
    expect(didYouMean('zzz', hosts)).toBe('');
  });
});
