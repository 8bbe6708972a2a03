/** `cunzheng import`, `receipts` and `notarize --recursive` against the real service, interrupted and gone on with. */
import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from '@test/eventually.js';
import { expectOneLineError, runCli, useFolder, type CliRun } from './run-cli.js';
import { startService, type SupervisedService } from './supervised-service.js';

const PROGRAM = fileURLToPath(new URL('../../../dist/apps/cli/src/main.js', import.meta.url));
const LINES = 3_000;

const cwd = useFolder();
let service: SupervisedService;

const run = (...args: string[]): Promise<CliRun> => runCli(args, { cwd, env: service.env });
const at = (path: string): string => join(cwd, path);
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const work = (n: number): string =>
  JSON.stringify({
    fingerprints: [{ algorithm: 'sha-256', digest: sha256(`work ${n}`) }],
    clientRef: `work-${n}`,
  });
const filesBelow = (folder: string): string[] =>
  readdirSync(at(folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.receipt.json'))
    .sort();

beforeAll(async () => {
  service = await startService(cwd, 'platform');
});

describe('import', () => {
  it('says what became of the lines; 2 when some were refused', async () => {
    writeFileSync(at('few.ndjson'), [work(1), 'nonsense', work(2), work(1)].join('\n'));
    const first = await run('import', 'few.ndjson');
    expect(first.stdout).toMatch(/^4 lines: 2 stored, 1 stored before, 1 refused\n/);
    expectOneLineError(first, 2, /1 lines were refused: few.ndjson.results.ndjson says which/);
    const results = readFileSync(at('few.ndjson.results.ndjson'), 'utf8').trimEnd().split('\n');
    expect(results.map((line) => (JSON.parse(line) as { status?: number }).status)).toEqual([
      202,
      400,
      202,
      200,
      undefined,
    ]);
    expect(existsSync(at('few.ndjson.import.json'))).toBe(false);
    expect((await run('import', 'few.ndjson')).stdout).toMatch(/: 0 stored, 3 stored before, 1 refused\n/);
  });

  it('goes on after Ctrl-C, three times, and stores nothing twice', async () => {
    writeFileSync(at('many.ndjson'), Array.from({ length: LINES }, (_, n) => `${work(n)}\n`).join(''));
    for (let times = 0; times < 3; times += 1) {
      const child = spawn(process.execPath, [PROGRAM, 'import', 'many.ndjson', '--progress'], {
        cwd,
        env: { PATH: process.env['PATH'], ...service.env },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
      await Promise.race([once(child.stderr, 'data'), ended]);
      child.kill('SIGINT');
      // On a fast machine it may have been done.
      expect([0, 3]).toContain(await ended);
    }
    const last = await run('import', 'many.ndjson', '--json');
    expect(last).toMatchObject({ exitCode: 0, stderr: '' });
    const { lines, accepted, existing } = JSON.parse(last.stdout) as Record<string, number>;
    expect([lines, accepted! + existing!]).toEqual([LINES, LINES]);
    const ids = readFileSync(at('many.ndjson.results.ndjson'), 'utf8').match(/"evidence":"[^"]+"/g);
    expect(new Set(ids).size).toBe(LINES);
  });

  it('refuses to go on with a file that has changed', async () => {
    writeFileSync(at('changed.ndjson'), work(1));
    writeFileSync(
      at('changed.ndjson.import.json'),
      JSON.stringify({ format: 'cunzheng/bulk@v1', url: service.url, id: 'x', version: '1 1' }),
    );
    expectOneLineError(await run('import', 'changed.ndjson'), 2, /has changed since its import began/);
    expectOneLineError(await run('import', 'absent.ndjson'), 2, /does not exist/);
  });
});

describe('receipts', () => {
  it('fetches each once, and goes on from there', async () => {
    const all = await eventually('all are final', async () => {
      const { exitCode } = await run('receipts', '--out', 'all');
      expect(exitCode).toBe(0);
      const names = filesBelow('all');
      return names.length >= LINES && names;
    });
    expect(all).toHaveLength(LINES);
    expect((await run('receipts', '--out', 'all')).stdout).toBe('0 receipts saved in all\n');
    const verified = await runCli(
      ['verify', '--receipt', join('all', all[0]!), '--trust', service.trustDir],
      {
        cwd,
      },
    );
    expect(verified.exitCode).toBe(0);
    // The run ended before its state was written: what is there is left alone.
    rmSync(at('all/.cunzheng-receipts.json'));
    rmSync(at(join('all', all[1]!)));
    expect((await run('receipts', '--out', 'all')).exitCode).toBe(0);
    expect(filesBelow('all')).toEqual(all);
  });
});

describe('notarize --recursive', () => {
  const write = (path: string, content: string): void => {
    mkdirSync(at(join(path, '..')), { recursive: true });
    writeFileSync(at(path), content);
  };

  it('gives every file below its receipt, and on the next run those that have none', async () => {
    for (const name of ['a.txt', 'deep/b.txt', 'deep/deeper/合同.txt', '.hidden/c.txt'])
      write(`works/${name}`, name);
    write('works/deep/copy of a.txt', 'a.txt');
    const first = await run('notarize', '--recursive', 'works', '--json');
    expect(first).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(first.stdout)).toEqual({ receipts: 4, skipped: 0, pending: 0, refused: [] });
    expect(filesBelow('works')).toEqual(
      ['a.txt', 'deep/b.txt', 'deep/copy of a.txt', 'deep/deeper/合同.txt']
        .map((name) => `${name}.receipt.json`)
        .sort(),
    );
    const holds = await runCli(
      [
        'verify',
        'works/deep/b.txt',
        '--receipt',
        'works/deep/b.txt.receipt.json',
        '--trust',
        service.trustDir,
      ],
      { cwd },
    );
    expect(holds.exitCode).toBe(0);
    write('works/late.txt', 'late');
    rmSync(at('works/a.txt.receipt.json'));
    const second = await run('notarize', '--recursive', 'works', '--json');
    expect(JSON.parse(second.stdout)).toEqual({ receipts: 2, skipped: 3, pending: 0, refused: [] });
  });

  it('puts the receipts elsewhere with --out, in the same folders', async () => {
    write('other/x/y.txt', 'y');
    expect((await run('notarize', '--recursive', 'other', '--out', 'kept')).exitCode).toBe(0);
    expect(filesBelow('kept')).toEqual(['other/x/y.txt.receipt.json']);
  });
});

test('an import ends when the quota of the month is used up, and the same command goes on when there is more', async () => {
  const limit = (n: string): Promise<CliRun> =>
    runCli(['admin', 'organization', 'limits', 'platform', '--records-per-month', n], {
      cwd,
      env: service.adminEnv,
    });
  writeFileSync(at('beyond.ndjson'), `${work(1)}\n${work(900_001)}\n`);
  expect((await limit('1')).exitCode).toBe(0);
  expectOneLineError(await run('import', 'beyond.ndjson'), 2, /0 were left: ask the operator for more/);
  expect(existsSync(at('beyond.ndjson.import.json'))).toBe(true);
  expect((await limit('none')).exitCode).toBe(0);
  expect((await run('import', 'beyond.ndjson')).stdout).toMatch(
    /^2 lines: 1 stored, 1 stored before, 0 refu/,
  );
});
