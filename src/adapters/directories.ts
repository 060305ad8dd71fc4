/** Where settings and data live: flag, then environment, then the platform's own place. */
import { homedir } from 'node:os';
import path from 'node:path';

export type Directories = { readonly configDir: string; readonly dataDir: string };

export type DirectoryOptions = { readonly configDir?: string | undefined; readonly dataDir?: string | undefined };

const NAME = 'rollcall';

type Environment = Readonly<Record<string, string | undefined>>;

/** XDG on Linux and other Unixes, Library on macOS, AppData on Windows. */
function platformDirectories(env: Environment, platform: NodeJS.Platform, home: string): Directories {
  const under = (variable: string, ...fallback: string[]) => path.join(env[variable] || path.join(home, ...fallback), NAME);
  if (platform === 'darwin') {
    return { configDir: path.join(home, 'Library', 'Preferences', NAME), dataDir: path.join(home, 'Library', 'Application Support', NAME) };
  }
  if (platform === 'win32') {
    return { configDir: under('APPDATA', 'AppData', 'Roaming'), dataDir: under('LOCALAPPDATA', 'AppData', 'Local') };
  }
  return { configDir: under('XDG_CONFIG_HOME', '.config'), dataDir: under('XDG_DATA_HOME', '.local', 'share') };
}

/** The two directories as absolute paths. Nothing is made here: whoever writes makes them, 0700. An empty variable counts as unset. */
export function resolveDirectories(
  options: DirectoryOptions,
  env: Environment,
  platform: NodeJS.Platform = process.platform,
  home: string = homedir(),
): Directories {
  const standard = platformDirectories(env, platform, home);
  return {
    configDir: path.resolve(options.configDir ?? (env.ROLLCALL_CONFIG_DIR || standard.configDir)),
    dataDir: path.resolve(options.dataDir ?? (env.ROLLCALL_DATA_DIR || standard.dataDir)),
  };
}
