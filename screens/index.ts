/** The screens, in the order of their number keys. A new one is its folder and one line here. */
import type { Screen } from '../src/ui/screen.tsx';
import { feed } from './feed/index.tsx';
import { help, palette } from './help/index.tsx';
import { hosts } from './hosts/index.tsx';
import { launch } from './launch/index.tsx';
import { pivot } from './pivot/index.tsx';
import { results } from './results/index.tsx';
import { sources } from './sources/index.tsx';
import { welcome } from './welcome/index.tsx';

export const SCREENS: readonly Screen[] = [feed, hosts, launch, results, sources, pivot, help, palette, welcome];
