/**
 * A process of its own that opens a ledger, does what the worker or an API does with it, and says what that took. It is
 * told by its arguments: task, directory, tree size.
 */
import { openLedgerReader, openLedgerWriter } from '@cunzheng/ledger/node';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { proofOf } from './proof.js';
import { ORIGIN } from './synthetic-log.js';

/** What the process prints. */
export interface ProcessResult {
  /** Until the ledger can be used. */
  readonly openMs: number;
  /** Resident set after the work. */
  readonly rssBytes: number;
}

const PROOFS = 2_000;

/** Like a worker that starts, up to where it could append. */
async function write(dir: string): Promise<number> {
  const startedMs = performance.now();
  const writer = await openLedgerWriter({ dir, origin: ORIGIN, crypto: nativeCrypto });
  const openMs = performance.now() - startedMs;
  await writer.close();
  return openMs;
}

/** Like an API that has answered many: checkpoint, then proofs and entries from all over the log. */
async function read(dir: string, treeSize: number): Promise<number> {
  const startedMs = performance.now();
  const reader = await openLedgerReader({ dir });
  await reader.readCheckpoint();
  await proofOf(reader, 0, treeSize);
  const openMs = performance.now() - startedMs;
  for (let i = 1; i < PROOFS; i++) await proofOf(reader, Math.floor((i * treeSize) / PROOFS), treeSize);
  await reader.close();
  return openMs;
}

/** One proof and nothing else, for someone who looks at the system calls. */
async function prove(dir: string, treeSize: number): Promise<number> {
  const reader = await openLedgerReader({ dir });
  await reader.computeInclusionProof(Math.floor(treeSize / 3), treeSize);
  await reader.close();
  return 0;
}

const tasks = { write, read, prove };
const [task = '', dir = '', size = ''] = process.argv.slice(2);
const openMs = await tasks[task as keyof typeof tasks](dir, Number(size));
globalThis.gc?.();
const result: ProcessResult = { openMs, rssBytes: process.memoryUsage().rss };
console.log(JSON.stringify(result));
