/** Runs the built `cunzheng` as a child process, with nothing of the developer's own environment. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../../../dist/apps/cli/src/main.js', import.meta.url));
/** A hang, not a slow machine. */
const TIMEOUT_MS = 170_000;

export interface CliRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

export async function runCli(args: readonly string[], { cwd, env = {} }: CliOptions): Promise<CliRun> {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    cwd,
    env: { PATH: process.env['PATH'], HOME: cwd, LANG: 'C.UTF-8', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: TIMEOUT_MS,
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      resolve(code ?? -1);
    });
  });
  return { exitCode, ...output };
}

const ends: (() => Promise<void>)[] = [];

/** Ends what works in a folder of the test file before that is removed. */
export function endBeforeRemoval(end: () => Promise<void>): void {
  ends.push(end);
}

/** A folder that is gone after the test file. */
export function useFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'cunzheng-cli-'));
  afterAll(async () => {
    for (const end of ends.splice(0)) await end();
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** What an expected error looks like: one line that does not spill a stack. */
export function expectOneLineError(run: CliRun, exitCode: number, message: RegExp): void {
  expect(run).toMatchObject({ exitCode, stderr: expect.stringMatching(/^cunzheng: [^\n]+\n$/) as string });
  expect(run.stderr).toMatch(message);
  expect(run.stderr).not.toMatch(/ {4}at /);
}
