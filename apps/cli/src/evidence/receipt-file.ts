/** Receipt files, read within their limit. */
import { closeSync, openSync, readSync } from 'node:fs';
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
