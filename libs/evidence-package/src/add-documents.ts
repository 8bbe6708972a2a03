/**
 * Adds documents to a package that lists them: a document goes in only where its bytes have every fingerprint of a number
 * in the list. The manifest does not change, so its timestamp stays what it was.
 */
import { type CryptoSuite } from '@cunzheng/crypto';
import { formatContainer, parseContainer } from './container.js';
import { PackageError } from './errors.js';
import { hasFingerprints, openPackage } from './open-package.js';
import { unpack } from './read-zip.js';

export interface DocumentToAdd {
  /** File name without folders. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The package with these documents as well. @throws PackageError `document-unlisted`, and as {@link openPackage}. */
export function addDocuments(
  crypto: CryptoSuite,
  container: Uint8Array,
  documents: readonly DocumentToAdd[],
): Uint8Array {
  const { items } = openPackage(crypto, container);
  const { files, documents: present } = parseContainer(container);
  for (const document of present) files.set(document.name, unpack(document));
  const taken = new Set(items.filter(({ document }) => document).map(({ number }) => number));
  for (const { name, bytes } of documents) {
    const item = items.find(
      ({ number, fingerprints }) =>
        !taken.has(number) &&
        hasFingerprints(
          crypto,
          (take) => {
            take(bytes);
          },
          fingerprints,
        ),
    );
    if (!item) throw new PackageError('document-unlisted', `${name} is none of the documents in the list`);
    taken.add(item.number);
    files.set(`documents/${String(item.number).padStart(3, '0')}-${safeName(name)}`, bytes);
  }
  return formatContainer(files);
}

/** Letters and digits of any script, dots, dashes and underscores; no dot at the start. */
function safeName(name: string): string {
  return (
    name
      .replaceAll(/[^\p{L}\p{N}._-]/gu, '_')
      .replace(/^\.+/, '_')
      .slice(0, 120) || 'document'
  );
}
