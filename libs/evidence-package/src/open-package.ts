/**
 * Reads a package of unknown origin: every file must be one of the manifest and what the receipts say, every manifest
 * entry a file, and every document one of the list by its fingerprints, for which it is read piece by piece. Whether the
 * receipts hold is for the verifier of receipts to say, and whether the timestamp does for that of timestamps; both get
 * their bytes here.
 */
import { type CryptoSuite } from '@cunzheng/crypto';
import { type Fingerprint } from '@cunzheng/receipt';
import { ASIC_MANIFEST_PATH, formatAsicManifest, TIMESTAMP_PATH } from './asic-manifest.js';
import { parseContainer } from './container.js';
import { PackageError } from './errors.js';
import { isEqual, takeFile } from './files.js';
import { parseManifest, type ManifestItem, type PackageManifest } from './package-manifest.js';
import { unpack, type ZipFile } from './read-zip.js';
import { assertRemade } from './remake.js';

export interface PackagedDocument {
  readonly path: string;
  readonly unpack: () => Uint8Array<ArrayBuffer>;
}

export interface OpenedItem extends ManifestItem {
  /** J(receipt), unverified. */
  readonly receipt: Uint8Array;
  /** The document, if it is in the package; it has all the fingerprints. */
  readonly document: PackagedDocument | undefined;
}

export interface OpenedPackage {
  readonly manifest: PackageManifest;
  readonly items: readonly OpenedItem[];
  /** What the timestamp covers: the bytes of `META-INF/ASiCManifest.xml`. */
  readonly stamped: Uint8Array;
  /** The RFC 3161 token, unverified. */
  readonly timestamp: Uint8Array | undefined;
}

const encoder = new TextEncoder();
const DOCUMENT_PATH = /^documents\/(\d{3})-[^/]+$/;

/**
 * `maxDocumentsBytes`: more is refused before anything is unpacked, for a reader who has less time than a package may take.
 *
 * @throws PackageError for whatever is not exactly a package.
 */
export function openPackage(
  crypto: CryptoSuite,
  bytes: Uint8Array,
  maxDocumentsBytes?: number,
): OpenedPackage {
  const { files, documents } = parseContainer(bytes, maxDocumentsBytes);
  const take = (path: string): Uint8Array | undefined => {
    const found = files.get(path);
    files.delete(path);
    return found;
  };
  const stamped = take(ASIC_MANIFEST_PATH);
  const timestamp = take(TIMESTAMP_PATH);
  assertListed(crypto, files, stamped);
  const manifest = parseManifest(takeFile(files, 'manifest.json'));
  assertRemade(crypto, manifest, files);
  const byNumber = matchDocuments(crypto, manifest, documents);
  return {
    manifest,
    items: manifest.items.map((item) => ({
      ...item,
      receipt: takeFile(files, `${item.evidence}/receipt.json`),
      document: byNumber.get(item.number),
    })),
    stamped: stamped ?? new Uint8Array(),
    timestamp,
  };
}

/** The manifest made anew from the files must be the one in the package. */
function assertListed(
  crypto: CryptoSuite,
  files: ReadonlyMap<string, Uint8Array>,
  stamped: Uint8Array | undefined,
): void {
  if (!stamped) throw new PackageError('file-missing', `the package has no ${ASIC_MANIFEST_PATH}`);
  const text = new TextDecoder().decode(stamped);
  const listed = new Set(
    [...text.matchAll(/<asic:DataObjectReference URI="([^"]*)">/g)].map(([, uri = '']) => uri),
  );
  for (const path of files.keys())
    if (!listed.has(path)) throw new PackageError('file-unlisted', `${path} is not in the manifest`);
  for (const path of listed)
    if (!files.has(path))
      throw new PackageError('file-missing', `${path} is in the manifest but not in the package`);
  if (!isEqual(encoder.encode(formatAsicManifest(crypto, files)), stamped))
    throw new PackageError('digest-mismatch', 'a file is not the one that the manifest lists');
}

/** Documents by number, each compared with every fingerprint that the list has for it. */
function matchDocuments(
  crypto: CryptoSuite,
  { items }: PackageManifest,
  documents: readonly ZipFile[],
): Map<number, PackagedDocument> {
  const matched = new Map<number, PackagedDocument>();
  for (const document of documents) {
    const path = document.name;
    const number = Number(DOCUMENT_PATH.exec(path)?.[1]);
    const item = items.find((candidate) => candidate.number === number);
    if (!item || matched.has(number))
      throw new PackageError('document-unlisted', `${path} is not in the list`);
    if (!hasFingerprints(crypto, document.read, item.fingerprints))
      throw new PackageError('digest-mismatch', `${path} is not the document that number ${number} lists`);
    matched.set(number, { path, unpack: () => unpack(document) });
  }
  return matched;
}

/** Whether the bytes that `read` gives have all of these fingerprints. */
export function hasFingerprints(
  crypto: CryptoSuite,
  read: ZipFile['read'],
  fingerprints: readonly Fingerprint[],
): boolean {
  const hashers = fingerprints.map(({ algorithm }) =>
    crypto.isDigestName(algorithm) ? crypto.digest(algorithm).create() : undefined,
  );
  read((piece) => {
    for (const hasher of hashers) hasher?.update(piece);
  });
  const hex = (digest: Uint8Array): string =>
    Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return fingerprints.every(({ digest }, index) => {
    const hasher = hashers[index];
    return hasher !== undefined && hex(hasher.digest()) === digest;
  });
}
