/** Who a node says it is, from its enrol request. Self-reported and hostile: cleaned here, proof of nothing. */
import { clean } from '../../core/sanitize.ts';
import { type EnrollBody, hostDetail } from './protocol.ts';

export type HostDetails = {
  readonly hostname: string;
  readonly displayName: string;
  readonly uuid: string;
  readonly platform: string;
  readonly osVersion: string;
  readonly osqueryVersion: string;
  /** One of the lab's hosts: its details name a table `rollcall_lab`. */
  readonly simulated: boolean;
};

const MAX_NAME = 255;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** osquery's own masks of builds (contracts/osquery-remote.md 1.2). A last resort: other clients send what they like. */
const PLATFORM_BY_TYPE: Readonly<Record<string, string>> = { '9': 'linux', '21': 'darwin', '2': 'windows' };

const firstOf = (...texts: readonly (string | undefined)[]): string => clean(texts.find(text => text?.trim())?.trim() ?? '', MAX_NAME);

/** The identifier itself where all else is missing, so a host always has a name. */
export function hostDetails(body: EnrollBody): HostDetails {
  const table = (name: string) => hostDetail.parse(body.host_details[name]);
  const [system, os, osquery] = [table('system_info'), table('os_version'), table('osquery_info')];
  const identifier = body.host_identifier;
  return {
    hostname: firstOf(system.hostname, system.computer_name, identifier),
    displayName: firstOf(system.computer_name, system.hostname, identifier),
    uuid: firstOf(system.uuid, osquery.uuid, UUID.test(identifier) ? identifier : ''),
    platform: firstOf(os.platform, osquery.build_platform, PLATFORM_BY_TYPE[body.platform_type]),
    osVersion: firstOf(`${os.name ?? ''} ${os.version ?? ''}`),
    osqueryVersion: firstOf(osquery.version),
    simulated: Object.hasOwn(body.host_details, 'rollcall_lab'),
  };
}
