/** Files of a package by their paths. */
import { PackageError } from './errors.js';

export type PackageFiles = ReadonlyMap<string, Uint8Array>;

/** @throws PackageError `file-missing`. */
export function takeFile(files: PackageFiles, path: string): Uint8Array {
  const bytes = files.get(path);
  if (!bytes) throw new PackageError('file-missing', `the package has no ${path}`);
  return bytes;
}

export function isEqual(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}
