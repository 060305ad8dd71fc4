/** Rules on every text file of the project, whatever its language. */
import { at, type Rule, type Violation } from './source.ts';

/** Written in parts, because this file is checked as well. */
const dotted = (...parts: string[]) => parts.join('.');
const REGISTRIES = [
  dotted('registry', 'npmjs', 'org'),
  dotted('registry', 'yarnpkg', 'com'),
  dotted('registry', 'npmmirror', 'com'),
  dotted('npm', 'pkg', 'github', 'com'),
  dotted('pypi', 'org'),
  dotted('proxy', 'golang', 'org'),
];

/** The registry that this machine installs from, unless it is a local one. */
function ownRegistry(): string[] {
  const address = process.env.npm_config_registry;
  if (address === undefined || !URL.canParse(address)) return [];
  const { hostname } = new URL(address);
  return /^(localhost|127\.|\[::1\])/.test(hostname) ? [] : [hostname];
}

function occurrences(text: string, part: string): number[] {
  const found: number[] = [];
  for (let index = text.indexOf(part); index >= 0; index = text.indexOf(part, index + part.length)) found.push(index);
  return found;
}

/** Where packages come from is the business of the machine that installs them. */
export const noRegistry: Rule = file => {
  const found: Violation[] = [];
  for (const host of [...REGISTRIES, ...ownRegistry()]) {
    for (const offset of occurrences(file.text, host)) found.push(at(file, offset, `names the package registry ${host}`));
  }
  for (const { index } of file.text.matchAll(/"resolved":\s*"http/g)) found.push(at(file, index, 'pins a package to a registry'));
  return found;
};

/** Files that tell of paths on hosts under investigation, real or made up. */
const TELLS_OF_HOSTS = /^(templates|test|src\/(agent|lab|core|connectors))\//;
const WORKSHOP = /(?<![\w./~-])\/(work)\//g;
const HOME = /(?<![\w./~-])\/(root|home\/[a-z][\w-]*)\//g;

/** A path of the machine that a file was written on says nothing to anybody else. */
export const noMachinePath: Rule = file => {
  const patterns = TELLS_OF_HOSTS.test(file.path) ? [WORKSHOP] : [WORKSHOP, HOME];
  return patterns
    .flatMap(pattern => [...file.text.matchAll(pattern)])
    .map(match => at(file, match.index, `holds the machine's path ${match[0]}`));
};
