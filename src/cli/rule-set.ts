/** The rules in force: the shipped ones, and those of this site, which may replace or switch off a shipped one. */
import shipped from 'rollcall:rules';
import { type BrokenRules, brokenLine, type RuleFile, readSiteRules } from '../adapters/rule-files.ts';
import { compileRules, type RuleSet } from '../core/rules/compile.ts';
import { inForce } from '../core/rules/rule.ts';

export type LoadedRules = {
  readonly rules: RuleSet;
  /** Shipped files by name (`rules/x.yaml`), then the site's by path. */
  readonly files: readonly RuleFile[];
  /** Files of the site whose rules are not in force. */
  readonly broken: readonly BrokenRules[];
};

/** Reads the site's rules anew. Throws nothing: what is broken is told of. */
export function loadRules(configDir: string): LoadedRules {
  const site = readSiteRules(configDir);
  const files = [...shipped, ...site.files];
  return { rules: compileRules(inForce(files.flatMap(({ entries }) => entries))), files, broken: site.broken };
}

/** The notice of a broken file. */
export const brokenRules = (broken: BrokenRules): string =>
  `${brokenLine(broken)}. None of the rules in this file are in force; mend it, and check it with \`rollcall rules test\`.`;
