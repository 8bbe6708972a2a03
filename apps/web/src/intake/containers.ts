/**
 * Files that hold receipts: a reader for each kind gives what is inside as if it had been given by itself. A reader gives
 * nothing for a file that only looks like its kind; the file is a document then.
 */
import { readCertificate } from './certificate-pdf.js';
import { readPackage } from './evidence-package.js';
import { type SortedFile } from './sorted-file.js';

interface ContainerReader {
  /** Whether the first bytes say that this may be one. */
  readonly isContainer: (head: Uint8Array) => boolean;
  readonly read: (file: File) => Promise<readonly SortedFile[]>;
}

const startsWith =
  (text: string) =>
  (head: Uint8Array): boolean =>
    new TextDecoder('latin1').decode(head).startsWith(text);

const PACKAGE_MARK = 'mimetypeapplication/vnd.etsi.asic-e+zip';

/** ISO 32000-1 §7.5.2; APPNOTE.TXT §4.3.7 with the name of the first file, ETSI EN 319 162-1 §A.1. */
export const CONTAINERS: readonly ContainerReader[] = [
  { isContainer: startsWith('%PDF-'), read: readCertificate },
  {
    isContainer: (head) => startsWith('PK\u0003\u0004')(head) && startsWith(PACKAGE_MARK)(head.subarray(30)),
    read: readPackage,
  },
];
