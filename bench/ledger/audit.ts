/**
 * `cunzheng audit` of a directory, as a process from start to verdict, against a bare loop that hashes as many nodes: per
 * entry its leaf, one node of the log's tree and one of its block's.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { createTreeHasher } from '@cunzheng/merkle';
import { type Figure } from '../report.js';
import { medianRound, type Round } from './rounds.js';
import { type SyntheticLog } from './synthetic-log.js';

const ROUNDS = 3;
const CLI = fileURLToPath(new URL('../../apps/cli/src/main.js', import.meta.url));

export function measureAudit(log: SyntheticLog, dir: string, treeSize: number, directory: string): Figure {
  const trust = writeTrust(log, join(directory, 'trust'));
  const rounds: Round[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const baseline = measureLoop(3 * treeSize);
    const startedMs = performance.now();
    const { status, stdout } = spawnSync(process.execPath, [CLI, 'audit', dir, '--trust', trust], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`the audit ended with ${status}:\n${stdout}`);
    rounds.push({ value: (3 * treeSize * 1_000) / (performance.now() - startedMs), baseline });
  }
  const { value, baseline } = medianRound(rounds);
  return {
    name: `audit of ${treeSize.toLocaleString('en')} entries, start included`,
    value,
    unit: 'nodes/s',
    baseline: { name: 'hashing them in a bare loop, nodes/s', value: baseline },
    target: { at: 'least', value: 0.5 },
  };
}

function writeTrust(log: SyntheticLog, dir: string): string {
  mkdirSync(dir);
  for (const [name, text] of Object.entries(log.trustFiles)) writeFileSync(join(dir, name), text as string);
  return dir;
}

/** Nodes a second. */
function measureLoop(nodes: number): number {
  const digest = nativeCrypto.digest('sha-256');
  const hasher = createTreeHasher((data) => digest.hash(data));
  let node = hasher.emptyRoot();
  const startedMs = performance.now();
  for (let i = 0; i < nodes; i++) node = hasher.hashChildren(node, node);
  return (nodes * 1_000) / (performance.now() - startedMs);
}
