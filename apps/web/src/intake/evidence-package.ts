/**
 * An evidence package (ASiC-E): its receipts, the documents that are in it, and the timestamp over its list. The library
 * refuses whatever is not exactly a package; it is loaded when the first one is met.
 */
import { portableCrypto } from '@cunzheng/crypto';
import { type SortedFile } from './sorted-file.js';

/** It is unpacked in memory. */
const MAX_BYTES = 512 * 1024 * 1024;

/** Throws PackageError for a package that is not in order. */
export async function readPackage(file: File): Promise<readonly SortedFile[]> {
  if (file.size > MAX_BYTES)
    throw new Error(`${file.size} bytes, at most ${MAX_BYTES} are unpacked here: give its files`);
  const { openPackage } = await import('@cunzheng/evidence-package');
  const packed = new Uint8Array(await file.arrayBuffer());
  const { items, stamped, timestamp } = openPackage(portableCrypto, packed, MAX_BYTES);
  const contents = items.flatMap(({ number, name, receipt, document }): SortedFile[] => {
    const label = `${file.name} ${number} ${name}`;
    return [
      { kind: 'receipt', name: label, bytes: receipt },
      ...(document === undefined
        ? []
        : [{ kind: 'document' as const, file: new File([document.unpack()], document.path) }]),
    ];
  });
  const receipt = items[0]?.receipt;
  if (timestamp === undefined || receipt === undefined) return contents;
  return [...contents, { kind: 'stamp', stamp: { name: file.name, token: timestamp, stamped, receipt } }];
}
