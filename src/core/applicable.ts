/** On which hosts a template can run at all. */
import { platformFamily } from './host-match.ts';
import type { Host } from './model.ts';
import type { Template } from './template.ts';

/** Whether the template can run there; on a platform that is not known it is tried. */
export function runsOn({ platforms }: Pick<Template, 'platforms'>, { platform }: Pick<Host, 'platform'>): boolean {
  const family = platformFamily(platform);
  return family === 'other' || (platforms as readonly string[]).includes(family);
}

/** Hosts on which the template can run. The others are not applicable. */
export const applicable = (template: Pick<Template, 'platforms'>, hosts: readonly Host[]): readonly Host[] =>
  hosts.filter(host => runsOn(template, host));
