/** Every kind of source, one line each. */
import { direct } from './direct/index.ts';
import { fleetdm } from './fleet/index.ts';
import type { ConnectorModule } from './module.ts';
import { osctrl } from './osctrl/index.ts';

export const CONNECTORS: readonly ConnectorModule[] = [osctrl, fleetdm, direct];
