// Builds dist/ when a source is newer than the last build, so that `npm start`, `npm test` and the demo just work.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const stamp = join(root, 'dist', '.built');
const sources = [
  'apps',
  'libs',
  'migrations',
  'bench',
  'demo',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'nest-cli.json',
];

function newest(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return 0;
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

const builtMs = existsSync(stamp) ? statSync(stamp).mtimeMs : 0;
const startedAt = new Date();
if (Math.max(...sources.map((source) => newest(join(root, source)))) > builtMs) {
  console.error('building …');
  const nest = join(root, 'node_modules', '@nestjs', 'cli', 'bin', 'nest.js');
  const { status } = spawnSync(process.execPath, [nest, 'build', 'api'], { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
  writeFileSync(stamp, '');
  // The moment the build began: what was edited meanwhile is stale.
  utimesSync(stamp, startedAt, startedAt);
}
