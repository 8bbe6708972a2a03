/** Files that a command makes: written once, byte for byte, never over another file, and on the disk when it says so. */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { CliError } from './cli-error.js';
import { describeFileError } from './file-error.js';

/** @throws CliError `file` when something is there already. */
export function assertNoFile(path: string): void {
  if (existsSync(path)) throw alreadyThere(path);
}

/** Writes the file and makes sure that it is on the disk. @throws CliError `file`. */
export function writeNewFile(path: string, bytes: Uint8Array): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    const file = openSync(path, 'wx', 0o644);
    try {
      writeAll(file, bytes);
      fsyncSync(file);
    } catch (error) {
      // Half a file is none; what goes into it can be had again.
      rmSync(path, { force: true });
      throw error;
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw alreadyThere(path);
    throw new CliError('file', describeFileError(path, error), { cause: error });
  }
}

function writeAll(file: number, bytes: Uint8Array): void {
  let offset = 0;
  while (offset < bytes.length) offset += writeSync(file, bytes, offset);
}

function alreadyThere(path: string): CliError {
  return new CliError(
    'file',
    `${path} exists already and is not overwritten: move it away or choose another --out`,
  );
}
