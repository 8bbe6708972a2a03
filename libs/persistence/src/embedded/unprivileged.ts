/**
 * PostgreSQL refuses to run as root. Where this process is root (a container, a CI machine) its programs are started
 * in a user namespace that maps root to `nobody`, or, where the kernel forbids that, under the uid of `nobody`.
 */
import { spawnSync, type SpawnOptions } from 'node:child_process';
import { chownSync } from 'node:fs';

const NOBODY = 65_534;

/** How to start a PostgreSQL program here. */
export interface Launcher {
  readonly prefix: readonly string[];
  readonly options: SpawnOptions;
  /** Makes a file or folder of ours the program's own. */
  handOver(path: string): void;
}

const asIs: Launcher = { prefix: [], options: {}, handOver: () => undefined };

const inUserNamespace: Launcher = {
  ...asIs,
  prefix: ['unshare', '--user', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`, '--'],
};

const asNobody: Launcher = {
  prefix: [],
  options: { uid: NOBODY, gid: NOBODY },
  handOver: (path) => {
    chownSync(path, NOBODY, NOBODY);
  },
};

/** Chooses the way that works on this machine. */
export function chooseLauncher(): Launcher {
  if (process.getuid?.() !== 0) return asIs;
  const [command, ...args] = [...inUserNamespace.prefix, 'true'];
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0 ? inUserNamespace : asNobody;
}
