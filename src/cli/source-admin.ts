/** Sources added from the console: the flags of `rollcall source add` as forms, read the same way. */
import type { SettingsFile, SourceSettings } from '../adapters/config-file.ts';
import type { Connector } from '../core/ports.ts';
import { Problem } from '../core/problem.ts';
import type { SourceAdmin, SourceDraft, SourceField, SourceForm } from '../ui/source-admin.ts';
import { COMMANDS, type Flag } from './args.ts';
import { readSource } from './source-add.ts';

const KINDS = [
  { kind: 'osctrl', title: 'osctrl' },
  { kind: 'fleetdm', title: 'FleetDM' },
  { kind: 'direct', title: 'Direct endpoint, for osqueryd with no server' },
] as const;

const flagsOf = (kind: string): readonly Flag[] => COMMANDS.find(({ name }) => name === `source add ${kind}`)?.flags ?? [];

const fieldOf = ({ name, value, help, required }: Flag): SourceField => ({
  name,
  help,
  type: value === undefined ? 'switch' : 'text',
  required: required === true,
});

/** What was typed, as if it had been given as flags. */
function settingsOf({ kind, name, values }: SourceDraft): SourceSettings {
  const given = new Map(Object.entries(values).map(([flag, value]) => [flag, [value]] as const));
  return readSource(name, kind, given);
}

export type SourceAdminDeps = {
  readonly settings: SettingsFile;
  connect(source: SourceSettings): Connector;
  /** Takes the source up in the running console. */
  open(connector: Connector): void;
};

export function createSourceAdmin({ settings, connect, open }: SourceAdminDeps): SourceAdmin {
  const forms: SourceForm[] = KINDS.map(({ kind, title }) => ({ kind, title, fields: flagsOf(kind).map(fieldOf) }));
  const free = ({ name }: SourceSettings) => {
    if (!settings.sources().some(source => source.name === name)) return;
    throw new Problem('usage', `There is a source called '${name}' already. Take another name.`);
  };
  return {
    forms,
    async test(draft, signal) {
      const source = settingsOf(draft);
      free(source);
      const connector = connect(source);
      try {
        return await connector.check(signal);
      } finally {
        await connector.close?.();
      }
    },
    async save(draft) {
      const source = settingsOf(draft);
      await settings.add(source);
      open(connect(source));
    },
  };
}
