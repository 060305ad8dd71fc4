/** A source's own settings, checked by its connector: when it is added and when it is opened. */
import { type SourceSettings, settingsProblem } from '../adapters/config-file.ts';
import { CONNECTORS } from '../connectors/index.ts';
import type { ConnectorModule } from '../connectors/module.ts';

/** The only peers to which plain HTTP goes unasked. */
const isLoopback = (hostname: string): boolean => hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);

/** `http://` is for this machine; elsewhere the token would travel in the clear. */
function sendsInTheClear({ own, insecure }: SourceSettings): boolean {
  const { base_url: url } = own;
  if (insecure || typeof url !== 'string' || !URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' && !isLoopback(hostname);
}

/** The source's connector and its settings as that reads them, or which setting is wrong and why. */
export type OwnSettings =
  | { readonly module: ConnectorModule; readonly settings: unknown }
  | { readonly field: readonly PropertyKey[]; readonly why: string };

export function checkOwnSettings(source: SourceSettings): OwnSettings {
  const module = CONNECTORS.find(({ kind }) => kind === source.kind);
  if (!module) return { field: ['kind'], why: `there is no kind '${source.kind}'` };
  const parsed = module.settings.safeParse(source.own);
  const issue = parsed.error?.issues[0];
  if (issue) return { field: issue.path, why: issue.message };
  if (sendsInTheClear(source)) {
    return {
      field: ['base_url'],
      why: 'http:// beyond this machine would send the secret in the clear; use https://, or allow it with --insecure',
    };
  }
  return { module, settings: parsed.data };
}

/** As `checkOwnSettings`, for a source that stands in `file`. Throws a 'usage' Problem that names file and field. */
export function readOwnSettings(source: SourceSettings, file: string): { readonly module: ConnectorModule; readonly settings: unknown } {
  const checked = checkOwnSettings(source);
  if ('why' in checked) throw settingsProblem(file, ['sources', source.name, ...checked.field], checked.why);
  return checked;
}
