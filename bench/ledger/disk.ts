/** Sizes of directories, as the files say and as the disk counts. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Bytes in all files under a directory. */
export function bytesIn(dir: string): number {
  return sum(dir, ({ size }) => size);
}

/** Bytes that the files under a directory take on the disk. */
export function bytesOnDisk(dir: string): number {
  return sum(dir, ({ blocks }) => blocks * 512);
}

function sum(dir: string, sizeOf: (stat: { size: number; blocks: number }) => number): number {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((total, { parentPath, name }) => total + sizeOf(statSync(join(parentPath, name))), 0);
}
