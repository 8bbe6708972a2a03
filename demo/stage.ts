/**
 * Where the demo plays: a temporary folder that is removed at the end, an output folder that stays, and the processes
 * that were started. Whatever happens, `close` ends all of them and removes the temporary folder.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { settingNames } from '@cunzheng/settings';
import { createStory, type Story } from './story.js';

/** The repository, seen from dist/demo. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export interface Stage {
  readonly story: Story;
  /** Temporary: database, ledger, keys, large files. */
  readonly workDir: string;
  /** Stays: documents, receipts, trust. */
  readonly outputDir: string;
  /** Resolves with the name of the signal when the demo is told to stop. */
  readonly interrupted: Promise<string>;
  /** Registers what has to be stopped at the end; last in, first out. */
  onClose(stop: () => Promise<void>): void;
  /** `path` as a reader finds it from the repository. */
  show(path: string): string;
  /** Whether the end has begun: nothing new may be started. */
  isClosing(): boolean;
  close(): Promise<void>;
}

export function openStage(): Stage {
  const startedAt = performance.now();
  const workDir = mkdtempSync(join(tmpdir(), 'cunzheng-demo-'));
  const time = new Date().toISOString().slice(0, 19).replaceAll(':', '-');
  const outputDir = join(ROOT, 'demo-output', time);
  mkdirSync(outputDir, { recursive: true });
  const stops: (() => Promise<void>)[] = [];
  let closing = false;
  const interrupted = new Promise<string>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, resolve);
  });
  return {
    story: createStory(startedAt),
    workDir,
    outputDir,
    interrupted,
    onClose: (stop) => stops.push(stop),
    show: (path) => (path.startsWith(ROOT) ? relative(ROOT, path) : path),
    isClosing: () => closing,
    async close() {
      closing = true;
      for (const stop of stops.reverse()) await stop();
      rmSync(workDir, { recursive: true, force: true });
    },
  };
}

/** An environment in which no setting of the user's own installation reaches a program. */
export function freshEnvironment(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const ours = ['CUNZHENG_URL', 'CUNZHENG_API_KEY', 'CUNZHENG_TRUST_DIR', ...settingNames];
  const inherited = Object.entries(process.env).filter(([name]) => !ours.includes(name));
  return { ...Object.fromEntries(inherited), ...extra };
}
