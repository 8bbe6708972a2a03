/** Runs the `cunzheng` command as a user would: the built program, in a process of its own. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { freshEnvironment, ROOT, type Stage } from './stage.js';

const PROGRAM = join(ROOT, 'dist', 'apps', 'cli', 'src', 'main.js');
const TIMEOUT_MS = 100_000;
/** Where a story stays that was interrupted: what it would tell is not so. */
const NEVER = new Promise<never>(() => undefined);

export interface Run {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Lets the progress bars of the command through. */
  readonly showProgress?: boolean;
}

/** Runs `cunzheng ...args` in the output folder. Never throws for an exit code. */
export async function run(
  stage: Stage,
  args: readonly string[],
  { env = {}, showProgress = false }: RunOptions = {},
): Promise<Run> {
  if (stage.isClosing()) return await NEVER;
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    cwd: stage.outputDir,
    // A home without a trust folder of the user's own.
    env: freshEnvironment({ HOME: stage.workDir, LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8', ...env }),
    stdio: ['ignore', 'pipe', showProgress ? 'inherit' : 'pipe'],
    timeout: TIMEOUT_MS,
  });
  const output = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      resolve(code ?? -1);
    });
  });
  stage.onClose(async () => {
    child.kill();
    await ended;
  });
  const exitCode = await ended;
  if (stage.isClosing()) return await NEVER;
  return { exitCode, ...output };
}

/** Runs a command that has to succeed and gives its result. @throws Error with what the command said. */
export async function runForJson(
  stage: Stage,
  args: readonly string[],
  options: RunOptions = {},
): Promise<unknown> {
  const { exitCode, stdout, stderr } = await run(stage, [...args, '--json'], options);
  if (exitCode !== 0) throw new Error(`cunzheng ${args.join(' ')} ended with ${exitCode}: ${stderr.trim()}`);
  return JSON.parse(stdout);
}

/** A command as the reader could type it. */
export function formatCommand(args: readonly string[]): string {
  return `$ cunzheng ${args.map((arg) => (/[\s"]/.test(arg) ? JSON.stringify(arg) : arg)).join(' ')}`;
}

/** Verification of a document with the trust that was kept. Paths from the output folder. */
export function verifyArgs(
  { path, receipt }: { readonly path: string; readonly receipt: string },
  trust = 'trust',
): string[] {
  return ['verify', path, '--receipt', receipt, '--trust', trust];
}
