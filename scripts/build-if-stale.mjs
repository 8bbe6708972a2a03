// Builds dist/ when a source is newer than the last build, so that `npm start`, `npm test` and the demo just work. The
// programs and the page are built apart: a change to one leaves the other as it is.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const packages = ['package.json', 'package-lock.json', 'tsconfig.json'];
const nest = join(root, 'node_modules', '@nestjs', 'cli', 'bin', 'nest.js');
const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');

const parts = [
  {
    name: 'programs',
    stamp: '.built',
    sources: [
      ...packages,
      'apps',
      'libs',
      'migrations',
      'bench',
      'demo',
      'faults',
      'test/support',
      'tsconfig.build.json',
      'nest-cli.json',
    ],
    except: ['apps/web'],
    commands: [[nest, 'build', 'api']],
  },
  {
    name: 'page',
    stamp: '.built-web',
    sources: [...packages, 'apps/web', 'libs'],
    except: ['apps/web/test'],
    commands: ['vite.config.ts', 'vite.verify-file.config.ts'].map((config) => [
      vite,
      'build',
      'apps/web',
      '-c',
      `apps/web/${config}`,
    ]),
  },
];

function newest(path, except) {
  const stat = statSync(join(root, path), { throwIfNoEntry: false });
  if (!stat || except.includes(path)) return 0;
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(
    stat.mtimeMs,
    ...readdirSync(join(root, path)).map((name) => newest(`${path}/${name}`, except)),
  );
}

for (const { name, stamp, sources, except, commands } of parts) {
  const stampPath = join(root, 'dist', stamp);
  const builtMs = existsSync(stampPath) ? statSync(stampPath).mtimeMs : 0;
  const startedAt = new Date();
  if (Math.max(...sources.map((source) => newest(source, except))) <= builtMs) continue;
  console.error(`building the ${name} …`);
  for (const command of commands) {
    const { status } = spawnSync(process.execPath, command, { cwd: root, stdio: 'inherit' });
    if (status !== 0) process.exit(status ?? 1);
  }
  writeFileSync(stampPath, '');
  // The moment the build began: what was edited meanwhile is stale.
  utimesSync(stampPath, startedAt, startedAt);
}
