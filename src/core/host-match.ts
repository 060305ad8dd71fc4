/** Which hosts a person means: names, globs, platforms, labels. Pure and exact: nobody is reached by accident. */
import { globTest, isGlob } from './glob.ts';
import { didYouMean } from './meant.ts';
import type { Host } from './model.ts';
import { clean } from './sanitize.ts';
import type { Platform } from './template.ts';

/** What was asked for. Repeats of one flag widen the choice, different flags narrow it. */
export type WantedHosts = {
  /** Hostname, display name, uuid or id, exactly, in any case; `web-*` globs over hostnames and display names. */
  readonly names: readonly string[];
  readonly all: boolean;
  readonly platforms: readonly string[];
  readonly labels: readonly string[];
  /** As `names`; one that stands for several hosts excludes them all. */
  readonly exclude: readonly string[];
};

/** `problems` are sentences for people; when there is one, nothing may be sent. */
export type SelectedHosts = { readonly hosts: readonly Host[]; readonly problems: readonly string[] };

const LINUX =
  /^(?:linux|.*linux|ubuntu|debian|raspbian|rhel|centos|fedora|amzn|amazon|arch|archarm|manjaro.*|opensuse.*|suse|sle[sd].*|gentoo|alpine|kali|pop|linuxmint|nixos|rocky|almalinux|ol|oracle|void|flatcar|coreos|photon|mariner|azurelinux|endeavouros|neon|tuxedo|zorin|elementary)$/;

/** The platform as templates name it. Servers say "ubuntu", "rhel" or "amzn" where osquery's `os_version.platform` does. */
export function platformFamily(platform: string): Platform | 'other' {
  const name = platform.trim().toLowerCase();
  if (name === 'darwin' || name === 'macos' || name === 'osx' || name === 'mac os x') return 'darwin';
  if (/^(?:microsoft )?windows\b/.test(name)) return 'windows';
  return LINUX.test(name) ? 'linux' : 'other';
}

type Named = { readonly name: string; readonly index: number };

/** Names in lower case -> indexes of hosts; and the names that globs look at, in order, to find a prefix by bisection. */
class NameIndex {
  readonly #exact = new Map<string, Set<number>>();
  readonly #sorted: Named[] = [];

  constructor(hosts: readonly Host[]) {
    hosts.forEach((host, index) => {
      for (const text of [host.hostname, host.displayName, host.uuid, host.id]) this.#add(text.toLowerCase(), index);
      for (const text of new Set([host.hostname.toLowerCase(), host.displayName.toLowerCase()])) {
        if (text !== '') this.#sorted.push({ name: text, index });
      }
    });
    this.#sorted.sort((left, right) => (left.name < right.name ? -1 : Number(left.name > right.name)));
  }

  #add(name: string, index: number): void {
    if (name === '') return;
    const found = this.#exact.get(name);
    if (found) found.add(index);
    else this.#exact.set(name, new Set([index]));
  }

  /** Index of the first sorted name that is not below `prefix`. */
  #firstFrom(prefix: string): number {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#sorted[middle]?.name ?? '') < prefix) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  find(wanted: string): ReadonlySet<number> {
    const name = wanted.toLowerCase();
    const exact = this.#exact.get(name);
    if (exact || !isGlob(name)) return exact ?? new Set();
    const prefix = name.slice(0, name.search(/[*?]/));
    const test = globTest(name);
    const found = new Set<number>();
    for (let at = this.#firstFrom(prefix); at < this.#sorted.length; at += 1) {
      const candidate = this.#sorted[at];
      if (!candidate?.name.startsWith(prefix)) break;
      if (test(candidate.name)) found.add(candidate.index);
    }
    return found;
  }
}

const quoted = (names: readonly string[]): string => names.map(name => `'${clean(name, 120)}'`).join(', ');

/** How to tell hosts of one name apart: by uuid, or where they share even that, by source and id. */
function candidates(hosts: readonly Host[]): string {
  const distinct = new Set(hosts.map(host => host.uuid.toLowerCase())).size === hosts.length;
  return hosts.map(host => (distinct && host.uuid !== '' ? host.uuid : `${host.source}/${host.id}`)).join(', ');
}

const at = (hosts: readonly Host[], indexes: Iterable<number>): Host[] =>
  [...indexes].map(index => hosts[index]).filter(host => host !== undefined);

/** For a single name; a list of them is read better without. */
const hint = ([name = '', ...others]: readonly string[], hosts: readonly Host[]): string =>
  others.length > 0 ? '' : didYouMean(clean(name), [...new Set(hosts.map(({ hostname }) => hostname))]);

/** Hosts by name, with a sentence for the names that stand for none, and one for those that stand for several. */
function byName(hosts: readonly Host[], index: NameIndex, names: readonly string[], problems: string[]): Set<number> {
  const chosen = new Set<number>();
  const unknown: string[] = [];
  const empty: string[] = [];
  const ambiguous: string[] = [];
  for (const name of names) {
    const found = index.find(name);
    if (found.size === 0) (isGlob(name) ? empty : unknown).push(name);
    else if (found.size > 1 && !isGlob(name)) ambiguous.push(`${quoted([name])} (${candidates(at(hosts, found))})`);
    else for (const host of found) chosen.add(host);
  }
  if (unknown.length > 0) problems.push(`No host is called ${quoted(unknown)}. ${hint(unknown, hosts)}`.trimEnd());
  if (empty.length > 0) problems.push(`No host matches ${quoted(empty)}.`);
  if (ambiguous.length > 0) problems.push(`More than one host is called ${ambiguous.join('; ')}. Name the uuid instead.`);
  return chosen;
}

function excluded(index: NameIndex, names: readonly string[], problems: string[]): Set<number> {
  const unknown = names.filter(name => index.find(name).size === 0);
  if (unknown.length > 0) problems.push(`Nothing to exclude: no host is called ${quoted(unknown)}.`);
  return new Set(names.flatMap(name => [...index.find(name)]));
}

function onPlatform(wanted: readonly string[]): (host: Host) => boolean {
  if (wanted.length === 0) return () => true;
  const names = new Set(wanted.map(name => name.toLowerCase()));
  const families = new Set<string>(wanted.filter(name => /^(?:linux|darwin|macos|windows)$/i.test(name)).map(platformFamily));
  return host => names.has(host.platform.toLowerCase()) || families.has(platformFamily(host.platform));
}

function withLabel(wanted: readonly string[]): (host: Host) => boolean {
  if (wanted.length === 0) return () => true;
  const names = new Set(wanted.map(name => name.toLowerCase()));
  return host => host.labels.some(label => names.has(label.toLowerCase()));
}

const trimmed = (texts: readonly string[]): string[] => [...new Set(texts.map(text => text.trim()))].filter(text => text !== '');

/** The hosts that are meant, in the order of `hosts`, each once. Without a name, `all`, platform or label nobody is meant. */
export function selectHosts(hosts: readonly Host[], wanted: WantedHosts): SelectedHosts {
  const [names, platforms, labels] = [trimmed(wanted.names), trimmed(wanted.platforms), trimmed(wanted.labels)];
  if (names.length === 0 && !wanted.all && platforms.length === 0 && labels.length === 0) {
    return { hosts: [], problems: ['No host was chosen. Name hosts, or choose by platform or label, or take all.'] };
  }
  const problems: string[] = [];
  const index = new NameIndex(hosts);
  const named = byName(hosts, index, names, problems);
  const left = excluded(index, trimmed(wanted.exclude), problems);
  const lost = labels.filter(label => !hosts.some(withLabel([label])));
  if (lost.length > 0) problems.push(`No host has the label ${quoted(lost)}.`);
  const [platform, label] = [onPlatform(platforms), withLabel(labels)];
  const everyone = wanted.all || names.length === 0;
  const seen = new Set<string>();
  const chosen = hosts.filter((host, place) => {
    if (!(everyone || named.has(place)) || left.has(place) || !platform(host) || !label(host)) return false;
    const key = JSON.stringify([host.source, host.id]);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
  if (chosen.length === 0 && problems.length === 0)
    problems.push('No host is left to ask after the choice of platform, label and exclusion.');
  return { hosts: chosen, problems };
}
