/**
 * The fingerprints of a file: every digest in one pass over it, as a stream, so its size does not matter. A file that
 * changes while it is read has no fingerprint.
 */
import { open, type FileHandle } from 'node:fs/promises';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { sortFingerprints, type Fingerprint, type FingerprintAlgorithm } from '@cunzheng/receipt';
import { CliError } from '../cli-error.js';
import { describeFileError } from '../file-error.js';
import { startProgress, type ProgressMode } from './progress.js';

const CHUNK_BYTES = 1_048_576;

export interface FingerprintedFile {
  readonly sizeBytes: number;
  /** Sorted by algorithm, as the formats want them. */
  readonly fingerprints: readonly Fingerprint[];
}

/** @throws CliError `file` when it cannot be read to its end as it was at the start. */
export async function fingerprintFile(
  path: string,
  algorithms: readonly FingerprintAlgorithm[],
  progress: ProgressMode,
): Promise<FingerprintedFile> {
  const file = await openFile(path);
  try {
    return await readToEnd(file, path, algorithms, progress);
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError('file', describeFileError(path, error), { cause: error });
  } finally {
    await file.close();
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (error) {
    throw new CliError('file', describeFileError(path, error), { cause: error });
  }
}

async function readToEnd(
  file: FileHandle,
  path: string,
  algorithms: readonly FingerprintAlgorithm[],
  mode: ProgressMode,
): Promise<FingerprintedFile> {
  const before = await file.stat();
  if (!before.isFile()) throw new CliError('file', `${path} is no regular file: give a file`);
  const hashers = algorithms.map((algorithm) => ({
    algorithm,
    hasher: nativeCrypto.digest(algorithm).create(),
  }));
  const progress = startProgress(path, before.size, mode);
  let sizeBytes = 0;
  try {
    for await (const chunk of file.createReadStream({
      highWaterMark: CHUNK_BYTES,
      autoClose: false,
    }) as AsyncIterable<Buffer>) {
      for (const { hasher } of hashers) hasher.update(chunk);
      sizeBytes += chunk.length;
      progress.advance(sizeBytes);
    }
  } finally {
    progress.stop();
  }
  const after = await file.stat();
  if (sizeBytes !== before.size || after.size !== before.size || after.mtimeMs !== before.mtimeMs) {
    throw new CliError(
      'file',
      `${path} changed while it was read: wait until nobody writes to it and try again`,
    );
  }
  const fingerprints = hashers.map(({ algorithm, hasher }) => ({
    algorithm,
    digest: Buffer.from(hasher.digest()).toString('hex'),
  }));
  return { sizeBytes, fingerprints: sortFingerprints(fingerprints) };
}
