/**
 * What must not grow with a log: the time to open it, what a proof reads, the memory of who uses it. The same log at
 * one million entries and at ten.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatTilePath, inclusionProofNodes, tileForNode } from '@cunzheng/merkle';
import { type Figure } from '../report.js';
import { type ProcessResult } from './process.js';
import { medianRound } from './rounds.js';

const ROUNDS = 3;
const PROCESS = fileURLToPath(new URL('process.js', import.meta.url));

/** A ledger of the synthetic log. */
export interface MeasuredLedger {
  readonly dir: string;
  readonly treeSize: number;
}

type Task = 'write' | 'read';

export function measureOpening(ledger: MeasuredLedger): Figure[] {
  const entries = ledger.treeSize.toLocaleString('en');
  const figure = (name: string, task: Task): Figure => ({
    name: `${name}, ${entries} entries`,
    value: median(Array.from({ length: ROUNDS }, () => run(task, ledger).openMs)),
    unit: 'ms',
    target: { at: 'most', value: 1_000 },
  });
  return [figure('opening for the worker', 'write'), figure('opening and a first proof, API', 'read')];
}

export function measureMemory(small: MeasuredLedger, large: MeasuredLedger): Figure[] {
  const figure = (name: string, task: Task): Figure => {
    const { value, baseline } = medianRound(
      Array.from({ length: ROUNDS }, () => ({
        value: run(task, large).rssBytes / 1e6,
        baseline: run(task, small).rssBytes / 1e6,
      })),
    );
    return {
      name,
      value,
      unit: 'MB',
      baseline: { name: `MB at ${small.treeSize.toLocaleString('en')} entries`, value: baseline },
      target: { at: 'most', value: 1.1 },
    };
  };
  return [
    figure('memory after opening, worker', 'write'),
    figure('memory after 2,000 proofs from all over, API', 'read'),
  ];
}

/** Files of tiles opened for one proof, and bytes read of them, by the word of the kernel; none without `strace`. */
export function measureProof({ dir, treeSize }: MeasuredLedger, directory: string): Figure[] {
  const trace = join(directory, 'trace');
  const args = ['-f', '-y', '-e', 'trace=openat,read,pread64', '-o', trace];
  const { error } = spawnSync('strace', [...args, process.execPath, PROCESS, 'prove', dir, String(treeSize)]);
  if (error) {
    console.log('one proof: not measured, strace is not installed');
    return [];
  }
  const lines = readFileSync(trace, 'utf8').split('\n');
  const ofTiles = lines.filter((line) => line.includes(join(dir, 'tile')));
  const reads = ofTiles.map((line) => /read(?:64)?\(.*= (\d+)$/.exec(line)?.[1]).filter(Boolean);
  const tiles = tilesOnPath(Math.floor(treeSize / 3), treeSize);
  const path = { name: 'tiles on its path', value: tiles.length };
  const bytes = tiles.reduce((sum, { width }) => sum + width * 32, 0);
  return [
    {
      name: 'one proof: tiles opened',
      value: ofTiles.filter((line) => line.includes('openat(')).length,
      unit: '',
      baseline: path,
      target: { at: 'most', value: 1 },
    },
    {
      name: 'one proof: bytes read',
      value: reads.reduce((sum, count) => sum + Number(count), 0),
      unit: 'B',
      baseline: { name: 'bytes of these tiles', value: bytes },
      target: { at: 'most', value: 1 },
    },
  ];
}

function tilesOnPath(leafIndex: number, treeSize: number): ReturnType<typeof tileForNode>['tile'][] {
  const tiles = inclusionProofNodes(leafIndex, treeSize)
    .flat()
    .map((node) => tileForNode(node, treeSize).tile);
  return [...new Map(tiles.map((tile) => [formatTilePath(tile), tile])).values()];
}

function run(task: Task, { dir, treeSize }: MeasuredLedger): ProcessResult {
  const args = ['--expose-gc', PROCESS, task, dir, String(treeSize)];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${task} ended with ${status}:\n${stderr}`);
  return JSON.parse(stdout) as ProcessResult;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
