/** The policy of a machine that a team shares: `/etc/rollcall/policy.yaml`. Only its owner, root, may have a say in it. */
import { readFileSync, type Stats, statSync } from 'node:fs';
import path from 'node:path';
import { parseDocument } from 'yaml';
import { NO_POLICY, type Policy, parsePolicy } from '../core/policy.ts';
import { Problem } from '../core/problem.ts';
import { clean } from '../core/sanitize.ts';

export type PolicyPlace = {
  readonly file: string;
  /** User id that must own the file and its directory. */
  readonly owner: number;
};

export const POLICY_PLACE: PolicyPlace = { file: '/etc/rollcall/policy.yaml', owner: 0 };

const off = (file: string, what: string): Problem =>
  new Problem('usage', `The policy ${file} cannot be followed: ${what}. Nothing is done until whoever runs this machine mends it.`);

function checkOwner(file: string, what: string, { uid, mode }: Stats, owner: number): void {
  if (uid !== owner) throw off(file, `${what} belongs to user ${uid}, not to ${owner === 0 ? 'root' : `user ${owner}`}`);
  if ((mode & 0o022) !== 0) throw off(file, `others may write to ${what} (mode ${(mode & 0o777).toString(8)})`);
}

function read({ file, owner }: PolicyPlace): string | undefined {
  try {
    // Whoever may write to the directory could have taken the file away.
    checkOwner(file, 'its directory', statSync(path.dirname(file)), owner);
    checkOwner(file, 'it', statSync(file), owner);
    return readFileSync(file, 'utf8');
  } catch (thrown) {
    if (thrown instanceof Problem) throw thrown;
    const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw off(file, `it cannot be read (${clean(thrown instanceof Error ? thrown.message : String(thrown), 200)})`);
  }
}

/**
 * The policy of this machine; `NO_POLICY` where there is none. Throws a 'usage' Problem for one that others could have
 * written, that cannot be read or that is not understood: a policy is never passed over.
 */
export function readPolicy(place: PolicyPlace = POLICY_PLACE): Policy {
  const text = read(place);
  if (text === undefined) return NO_POLICY;
  const document = parseDocument(text, { prettyErrors: false });
  const [error] = document.errors;
  if (error) throw off(place.file, `it is no YAML (${clean(error.message, 200)})`);
  const policy = parsePolicy(document.toJS({ maxAliasCount: 100 }));
  if ('problem' in policy) throw off(place.file, clean(policy.problem, 300));
  return policy;
}
