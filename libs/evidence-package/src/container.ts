/**
 * The ZIP container of ASiC-E (ETSI EN 319 162-1 §4.4): `mimetype` first and stored. Written with one fixed date, so that
 * the same files give the same bytes; read with every name and size checked before anything is unpacked.
 */
import { zipSync, type Zippable } from 'fflate';
import { PackageError } from './errors.js';
import { PACKAGE_LIMITS } from './limits.js';
import { readZip, unpack, type ZipEntry, type ZipFile } from './read-zip.js';

export const PACKAGE_MEDIA_TYPE = 'application/vnd.etsi.asic-e+zip';
const DOCUMENTS_FOLDER = 'documents/';

/** ZIP has no time zone: local time, so that every machine writes the same. */
const FIXED_DATE = new Date(2020, 0, 1);
/** Offset and content of the first file in the container, which `file` and browsers look at. */
const MIMETYPE_MAGIC = `mimetype${PACKAGE_MEDIA_TYPE}`;
const MIMETYPE_OFFSET = 30;
/** No absolute, parent, empty or hidden step, no backslash, no drive, no control character. */
const SAFE_PATH = /^(?!\/)(?!.*\/\/)(?!.*\\)(?!.*(?:^|\/)\.)[^\p{C}:]+[^/\p{C}]$/u;

export interface Container {
  /** Those of the package itself by their paths, without `mimetype`. */
  readonly files: Map<string, Uint8Array>;
  /** Packed as they are, for they may be large. */
  readonly documents: readonly ZipFile[];
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Whether the bytes begin as a package does. */
export function isPackage(bytes: Uint8Array): boolean {
  const start = bytes.subarray(MIMETYPE_OFFSET, MIMETYPE_OFFSET + MIMETYPE_MAGIC.length);
  return decoder.decode(start) === MIMETYPE_MAGIC;
}

export function formatContainer(files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const entries: Zippable = { mimetype: [encoder.encode(PACKAGE_MEDIA_TYPE), { level: 0 }] };
  for (const path of [...files.keys()].sort()) entries[path] = files.get(path) ?? new Uint8Array();
  return zipSync(entries, { mtime: FIXED_DATE, level: 6 });
}

/**
 * The files of a container; documents are for the caller to read, who may want to read less than a package may have.
 *
 * @throws PackageError `container-invalid`, `container-too-large`, `file-duplicate` or `path-unsafe`.
 */
export function parseContainer(
  bytes: Uint8Array,
  maxDocumentsBytes: number = PACKAGE_LIMITS.allDocumentsBytes,
): Container {
  if (!isPackage(bytes))
    throw new PackageError(
      'container-invalid',
      `expected a ZIP file that begins with the type ${PACKAGE_MEDIA_TYPE}`,
    );
  const [first, ...others] = readZip(bytes, createGate(maxDocumentsBytes));
  if (first?.name !== 'mimetype' || decoder.decode(unpack(first)) !== PACKAGE_MEDIA_TYPE)
    throw new PackageError('container-invalid', `expected a file mimetype that holds ${PACKAGE_MEDIA_TYPE}`);
  const files = others.filter(({ name }) => !isDocument(name));
  return {
    files: new Map(files.map((file) => [file.name, unpack(file)])),
    documents: others.filter(({ name }) => isDocument(name)),
  };
}

const isDocument = (path: string): boolean => path.startsWith(DOCUMENTS_FOLDER);

/** Looks at every entry before it is unpacked. */
function createGate(maxDocumentsBytes: number): (entry: ZipEntry) => void {
  const seen = new Set<string>();
  let [bytes, documentBytes] = [0, 0];
  return ({ name, size }) => {
    if (!SAFE_PATH.test(name))
      throw new PackageError('path-unsafe', `refused path ${JSON.stringify(name.slice(0, 100))}`);
    // A system that ignores case would overwrite one with the other.
    const folded = name.normalize('NFC').toLowerCase();
    if (seen.has(folded)) throw new PackageError('file-duplicate', `${name} is in the container twice`);
    seen.add(folded);
    if (isDocument(name)) documentBytes += size;
    else bytes += size;
    const isTooLarge =
      seen.size > PACKAGE_LIMITS.files ||
      bytes > PACKAGE_LIMITS.bytes ||
      (isDocument(name) && size > PACKAGE_LIMITS.documentBytes);
    if (isTooLarge)
      throw new PackageError('container-too-large', `${name}: the container is larger than packages may be`);
    if (documentBytes > maxDocumentsBytes)
      throw new PackageError(
        'container-too-large',
        `its documents have more than the ${maxDocumentsBytes} bytes that are unpacked here: give its files`,
      );
  };
}
