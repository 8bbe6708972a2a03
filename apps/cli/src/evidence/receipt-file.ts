/** Receipt files: read within their limit; written once, byte for byte as they came, never over another file. */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { MAX_RECEIPT_BYTES } from '@cunzheng/receipt';
import { CliError } from '../cli-error.js';
import { describeFileError } from '../file-error.js';

/** The file's bytes; one more than a receipt may have is enough for the format check to say so. @throws CliError `file`. */
export function readReceipt(path: string): Uint8Array {
  try {
    const buffer = Buffer.alloc(MAX_RECEIPT_BYTES + 1);
    const file = openSync(path, 'r');
    try {
      let length = 0;
      for (let read = -1; read !== 0; length += read)
        read = readSync(file, buffer, length, buffer.length - length, null);
      return new Uint8Array(buffer.subarray(0, length));
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw new CliError('file', describeFileError(path, error), { cause: error });
  }
}

/** @throws CliError `file` when something is there already. */
export function assertNoFile(path: string): void {
  if (existsSync(path)) throw alreadyThere(path);
}

/** Writes the file and makes sure that it is on the disk. @throws CliError `file`. */
export function writeReceipt(path: string, bytes: Uint8Array): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    const file = openSync(path, 'wx', 0o644);
    try {
      writeAll(file, bytes);
      fsyncSync(file);
    } catch (error) {
      // Half a receipt is none; it can be fetched again.
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
