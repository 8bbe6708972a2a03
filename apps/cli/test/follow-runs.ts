/** What the tests of `cunzheng follow` share: a folder with trust and states, logs that lie, and what a run leaves behind. Not a test. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { parsePolicy, type VerifiedCheckpoint, verifyCheckpoint } from '@cunzheng/receipt';
import { History, LogServer, trustFiles } from './follow-log.js';
import { runCli, useFolder, type CliRun } from './run-cli.js';

export const PROGRAM = fileURLToPath(new URL('../../../dist/apps/cli/src/main.js', import.meta.url));

export const main = History.of([3, 200, 90, 300, 5, 1]);
/** Has block 0 in common with {@link main} and no other. */
export const other = History.of([3, 200, 90, 300, 5, 1], 7);

export interface Found {
  readonly finding: string;
  readonly seen: string;
  readonly served: string;
  readonly beginning?: { size: number; rootHash: string; proof: string[] };
}

export interface Followed {
  readonly cwd: string;
  /** A log of its own, and the name of a state file that is not there yet. */
  readonly start: () => Promise<[LogServer, string]>;
  readonly follow: (log: Pick<LogServer, 'url'>, state: string, ...more: string[]) => Promise<CliRun>;
  readonly look: (log: Pick<LogServer, 'url'>, state: string, ...more: string[]) => Promise<CliRun>;
  readonly readState: (state: string) => { note?: string; verifiedMs?: number };
  readonly evidenceOf: (state: string) => string[];
  /** The finding's file of a run that must have ended in it; what was remembered before is still remembered. */
  readonly expectFinding: (run: CliRun, state: string, exitCode: number, seen: string) => Found;
}

const policy = parsePolicy(nativeCrypto, trustFiles.policy);
export const verified = (note: string): VerifiedCheckpoint => verifyCheckpoint(nativeCrypto, policy, note);

export async function waitFor(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}

export function useFollowed(): Followed {
  const cwd = useFolder();
  mkdirSync(join(cwd, 'trust'));
  for (const [name, text] of Object.entries(trustFiles))
    writeFileSync(join(cwd, 'trust', name), text as string);
  const logs: LogServer[] = [];
  afterAll(() => {
    for (const log of logs) log.stop();
  });
  const follow: Followed['follow'] = (log, state, ...more) =>
    runCli(['--json', 'follow', log.url, '--state', state, '--trust', 'trust', ...more], { cwd });
  const readState: Followed['readState'] = (state) =>
    JSON.parse(readFileSync(join(cwd, state), 'utf8')) as { note?: string };
  return {
    cwd,
    async start() {
      const log = await LogServer.start();
      return [log, `state-${logs.push(log)}`];
    },
    follow,
    look: (log, state, ...more) => follow(log, state, '--once', ...more),
    readState,
    evidenceOf: (state) =>
      readFileSync(join(cwd, `${state}.checkpoints`), 'utf8')
        .split('\n')
        .slice(0, -1)
        .map((line) => (JSON.parse(line) as { note: string }).note),
    expectFinding(run, state, exitCode, seen) {
      expect(run).toMatchObject({ exitCode, stderr: '' });
      const { file } = JSON.parse(run.stdout) as { file: string };
      expect(readState(state).note).toBe(seen);
      return JSON.parse(readFileSync(join(cwd, file), 'utf8')) as Found;
    },
  };
}
