/**
 * What the tests of the Node half share: real directories, blocks of pseudo-random entries, and reference
 * implementations that are slow, obvious and share no code with what they check.
 */
import { createHash, hash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nativeCrypto } from '@cunzheng/crypto/node';
import {
  type BlockContents,
  buildBlock,
  type Chain,
  type ChainHead,
  createChain,
  ENTRY_SIZE,
  formatOpenEvent,
  formatTime,
  type VerifiedBlock,
} from '@cunzheng/ledger';
import {
  fsck,
  type FsckFinding,
  type LedgerWriter,
  type LedgerWriterOptions,
  openLedgerWriter,
} from '@cunzheng/ledger/node';

export const origin = 'log.example/logs/test';
export const chain: Chain = createChain(nativeCrypto, origin);
export const verifierKey = `${origin}+0123abcd+AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=`;
const START_MS = Date.UTC(2025, 0, 1);

export const openBody = formatOpenEvent({
  createdAt: formatTime(START_MS),
  log: origin,
  verifierKeys: [verifierKey],
});

/** `count` record entries whose digests follow from `seed`. */
export function someEntries(count: number, seed: number): Uint8Array {
  const entries = Buffer.alloc(count * ENTRY_SIZE);
  for (let i = 0; i < count; i++) {
    const digest = createHash('sha512').update(`${seed}:${i}`).digest();
    entries.set([0x43, 0x5a, 0x01, 0x01], i * ENTRY_SIZE);
    entries.set(digest, i * ENTRY_SIZE + 4);
  }
  return entries;
}

/** The next block, with `count` entries; block 0 has the open event besides. */
export function nextBlock(
  head: ChainHead | null,
  count: number,
  more: Partial<BlockContents> = {},
): VerifiedBlock {
  const height = head === null ? 0 : head.height + 1;
  return buildBlock(chain, head, {
    createdAt: formatTime(START_MS + height * 1000),
    events: head === null ? [openBody] : [],
    ...(count > 0 ? { entries: someEntries(count, height) } : {}),
    ...more,
  });
}

/** A signed note in form only: nothing here verifies signatures. */
export function noteFor(treeSize: number, rootHash: Uint8Array, name = origin): Buffer {
  return Buffer.from(
    `${name}\n${treeSize}\n${Buffer.from(rootHash).toString('base64')}\n\n— ${name} ASNFZw==\n`,
  );
}

/** All steps of the sequencer for one block of `count` entries. */
export async function appendAll(writer: LedgerWriter, count: number): Promise<void> {
  const { head, rootHash } = await writer.appendBlock(nextBlock(writer.head, count));
  await writer.writeTiles();
  await writer.publishCheckpoint(noteFor(head.treeSize, rootHash));
}

const directories: string[] = [];

export async function temporaryDirectory(parent = tmpdir()): Promise<string> {
  const dir = await mkdtemp(join(parent, 'cunzheng-ledger-'));
  directories.push(dir);
  return dir;
}

/** A directory in memory where there is such a thing, for tests with thousands of fsyncs. */
export function quickDirectory(): Promise<string> {
  return temporaryDirectory(existsSync('/dev/shm') ? '/dev/shm' : tmpdir());
}

export async function removeTemporaryDirectories(): Promise<void> {
  await Promise.all(directories.splice(0).map((dir) => rm(dir, { recursive: true, force: true })));
}

export function openWriter(dir: string, more: Partial<LedgerWriterOptions> = {}): Promise<LedgerWriter> {
  return openLedgerWriter({ dir, origin, crypto: nativeCrypto, ...more });
}

/** Opens, does and closes, also when `task` throws. */
export async function withWriter<T>(
  dir: string,
  task: (writer: LedgerWriter) => Promise<T>,
  more: Partial<LedgerWriterOptions> = {},
): Promise<T> {
  const writer = await openWriter(dir, more);
  try {
    return await task(writer);
  } finally {
    await writer.close();
  }
}

export async function findingsOf(dir: string): Promise<FsckFinding[]> {
  const findings: FsckFinding[] = [];
  for await (const item of fsck({ dir, crypto: nativeCrypto }))
    if (item.kind === 'finding') findings.push(item);
  return findings;
}

export function splitEntries(entries: Uint8Array): Uint8Array[] {
  return Array.from({ length: entries.length / ENTRY_SIZE }, (_, i) =>
    entries.subarray(i * ENTRY_SIZE, (i + 1) * ENTRY_SIZE),
  );
}

/** Every leaf of a list of blocks, header entries included. */
export function leavesOf(blocks: readonly VerifiedBlock[]): Uint8Array[] {
  return blocks.flatMap(({ block, headerEntry }) => [...splitEntries(block.entries), headerEntry]);
}

export function naiveLeafHash(entry: Uint8Array): Buffer {
  return hash('sha256', Buffer.concat([Buffer.from([0]), entry]), 'buffer');
}

/** MTH of RFC 6962 §2.1, word by word, over entries. */
export function naiveRoot(entries: readonly Uint8Array[]): Buffer {
  if (entries.length === 0) return createHash('sha256').digest();
  if (entries.length === 1) return naiveLeafHash(entries[0]!);
  let k = 1;
  while (k * 2 < entries.length) k *= 2;
  const [left, right] = [naiveRoot(entries.slice(0, k)), naiveRoot(entries.slice(k))];
  return hash('sha256', Buffer.concat([Buffer.from([1]), left, right]), 'buffer');
}
