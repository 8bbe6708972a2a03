/**
 * Makes the files of a package anew from its receipts and compares them: the list, the byte strings that an expert hashes
 * and the receipt inside a certificate must be what `receipt.json` says, or a person who looks at them and a program that
 * verifies the receipt would look at different things. What is the sender's own word cannot be made anew: names, sources
 * and purposes in the list, `custody.json`, the pages of `certificate.pdf`, `README.txt` and `verify.html`.
 */
import { type CryptoSuite } from '@cunzheng/crypto';
import {
  decodeBase64,
  extractReceipt,
  formatVerifierKey,
  parseNote,
  parseReceipt,
  type Receipt,
} from '@cunzheng/receipt';
import { checkpointFolder, CLAIMED_KEY } from './checkpoint-files.js';
import { PackageError } from './errors.js';
import { isEqual, type PackageFiles, takeFile } from './files.js';
import { packageFiles, type PackageItem } from './package-files.js';
import { type ManifestItem, type PackageManifest } from './package-manifest.js';

/** Of a key in DER; what stands before them is the same for all Ed25519 keys (RFC 8410 §4). */
const ED25519_KEY_BYTES = 32;

const decoder = new TextDecoder();

/** @throws PackageError `digest-mismatch`, `file-missing`, `file-unlisted` or `receipt-invalid`. */
export function assertRemade(crypto: CryptoSuite, manifest: PackageManifest, files: PackageFiles): void {
  const made = remake(crypto, manifest, files);
  for (const path of files.keys())
    if (!made.has(path)) throw new PackageError('file-unlisted', `${path} is nothing that the receipts say`);
  for (const [path, bytes] of made)
    if (!isEqual(takeFile(files, path), bytes)) throw new PackageError('digest-mismatch', describe(path));
}

function describe(path: string): string {
  return path === 'manifest.json'
    ? 'manifest.json lists other documents than the receipts are about'
    : `${path} is not what the receipts say`;
}

/** The receipts are of unknown origin: whatever cannot be taken apart is refused, for whatever reason. */
function remake(crypto: CryptoSuite, { title, items }: PackageManifest, files: PackageFiles): PackageFiles {
  try {
    const input = {
      ...(title !== undefined && { title }),
      items: items.map((item) => itemOf(crypto, item, files)),
      verifyPage: takeFile(files, 'verify.html'),
    };
    return packageFiles(crypto, input, takeFile(files, 'README.txt'));
  } catch (cause) {
    if (cause instanceof PackageError) throw cause;
    const message = `a receipt cannot be taken apart: ${(cause as Error).message}`;
    throw new PackageError('receipt-invalid', message, { cause });
  }
}

/** What a number was made of, as far as the package shows it. */
function itemOf(crypto: CryptoSuite, item: ManifestItem, files: PackageFiles): PackageItem {
  const { number, name, source, purpose, evidence } = item;
  const receipt = decoder.decode(takeFile(files, `${evidence}/receipt.json`));
  const certificate = files.get(`${evidence}/certificate.pdf`);
  if (certificate && extractReceipt(certificate) !== receipt)
    throw new PackageError('digest-mismatch', `the certificate of number ${number} carries another receipt`);
  return {
    name,
    ...(source !== undefined && { source }),
    ...(purpose !== undefined && { purpose }),
    receipt,
    ...(certificate && { certificate }),
    custody: decoder.decode(takeFile(files, `${evidence}/custody.json`)),
    vkeys: claimedKeys(crypto, parseReceipt(receipt), files),
  };
}

/** The key file as a verifier key: it is made again only where the log's signature names this very key. */
function claimedKeys(crypto: CryptoSuite, receipt: Receipt, files: PackageFiles): string[] {
  const pem = files.get(`${checkpointFolder(receipt)}/${CLAIMED_KEY}`);
  const [signature] = parseNote(receipt.checkpoint).signatures;
  if (!pem || !signature) return [];
  const der = decodeBase64(decoder.decode(pem).replaceAll(/-----[^-]*-----|\n/g, '')) ?? new Uint8Array();
  return [formatVerifierKey(crypto, signature.name, 'ed25519', der.subarray(-ED25519_KEY_BYTES))];
}
