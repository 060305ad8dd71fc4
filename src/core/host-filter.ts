/** Hosts filtered by the words of the filter language: `status:offline platform:linux label:web source:prod "text"`. */
import { compileFilter, type Field, type Filter, type Vocabulary } from './filter.ts';
import { globTest } from './glob.ts';
import { platformFamily } from './host-match.ts';
import type { Host } from './model.ts';

/** A host has the field when one of the texts that `read` gives is the wanted one, `*` and `?` being wild. */
function anyOf(names: readonly string[], example: string, read: (host: Host) => readonly string[]): Field<Host> {
  return {
    names,
    operators: [':', '='],
    example,
    compile(value) {
      const test = globTest(value);
      return host => read(host).some(test);
    },
  };
}

export const HOST_VOCABULARY: Vocabulary<Host> = {
  fields: [
    anyOf(['host', 'name'], 'host:web-*', host => [host.hostname, host.displayName]),
    anyOf(['status'], 'status:online', host => [host.status]),
    anyOf(['platform', 'os'], 'platform:linux', host => [host.platform, platformFamily(host.platform)]),
    anyOf(['label'], 'label:simulated', host => host.labels),
    anyOf(['source'], 'source:prod', host => [host.source]),
    anyOf(['ip'], 'ip:10.0.*', host => [host.ip]),
    anyOf(['uuid', 'id'], 'uuid:4c4c*', host => [host.uuid, host.id]),
  ],
  anyText: ({ hostname, displayName, uuid, id, ip, platform, osVersion, labels }, test) =>
    [hostname, displayName, uuid, id, ip, platform, osVersion].some(test) || labels.some(test),
};

/** Throws a 'usage' Problem that points at the wrong word. */
export const parseHostFilter = (expression: string): Filter<Host> => compileFilter(expression, HOST_VOCABULARY);
