/** Hosts filtered by the words of the filter language: `status:offline platform:linux label:web source:prod "text"`. */
import { globField } from './filter-fields.ts';
import { compileFilter, type Filter, type Vocabulary } from './filter-language.ts';
import { platformFamily } from './host-match.ts';
import type { Host } from './model.ts';

export const HOST_VOCABULARY: Vocabulary<Host> = {
  fields: [
    globField(['host', 'name'], 'host:web-*', host => [host.hostname, host.displayName]),
    globField(['status'], 'status:online', host => host.status),
    globField(['platform', 'os'], 'platform:linux', host => [host.platform, platformFamily(host.platform)]),
    globField(['label'], 'label:simulated', host => host.labels),
    globField(['source'], 'source:prod', host => host.source),
    globField(['ip'], 'ip:10.0.*', host => host.ip),
    globField(['uuid', 'id'], 'uuid:4c4c*', host => [host.uuid, host.id]),
  ],
  anyText: ({ hostname, displayName, uuid, id, ip, platform, osVersion, labels }, test) =>
    [hostname, displayName, uuid, id, ip, platform, osVersion].some(test) || labels.some(test),
};

const VALUES: Readonly<Record<string, (host: Host) => readonly string[]>> = {
  host: ({ hostname }) => [hostname],
  status: ({ status }) => [status],
  platform: ({ platform }) => [platform, platformFamily(platform)],
  label: ({ labels }) => labels,
  source: ({ source }) => [source],
  ip: ({ ip }) => [ip],
  uuid: ({ uuid }) => [uuid],
};

/** What hosts have under a field, by its first name, for completion: each as often as it occurs. */
export function hostValues(hosts: readonly Host[], field: string): readonly string[] {
  const read = VALUES[field];
  return read ? hosts.flatMap(read).filter(value => value !== '') : [];
}

/** Throws a 'usage' Problem that points at the wrong word. */
export const parseHostFilter = (expression: string): Filter<Host> => compileFilter(expression, HOST_VOCABULARY);
