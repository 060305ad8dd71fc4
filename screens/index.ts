/** The screens, in the order of their number keys. A new one is its folder and one line here. */
import type { Screen } from '../src/ui/screen.tsx';
import { carves } from './carves/index.tsx';
import { feed } from './feed/index.tsx';
import { filters } from './filters/index.tsx';
import { help, palette } from './help/index.tsx';
import { histogram } from './histogram/index.tsx';
import { host } from './host/index.tsx';
import { hosts } from './hosts/index.tsx';
import { launch } from './launch/index.tsx';
import { pivot } from './pivot/index.tsx';
import { results } from './results/index.tsx';
import { sources } from './sources/index.tsx';
import { welcome } from './welcome/index.tsx';

export const SCREENS: readonly Screen[] = [
  feed,
  hosts,
  launch,
  results,
  sources,
  host,
  carves,
  pivot,
  filters,
  histogram,
  help,
  palette,
  welcome,
];
