/**
 * The files of a package that its manifest lists: made when it is built, and once more by whoever opens it to see that they
 * are what the receipts say.
 */
import { type CryptoSuite } from '@cunzheng/crypto';
import { encodeHex, parseReceipt, parseRecord } from '@cunzheng/receipt';
import { checkpointFiles, checkpointFolder } from './checkpoint-files.js';
import { evidenceFiles } from './evidence-files.js';
import { evidenceFolder, formatManifest, type ManifestItem } from './package-manifest.js';

export interface PackageItem {
  readonly name: string;
  readonly source?: string;
  readonly purpose?: string;
  /** J(receipt). */
  readonly receipt: string;
  readonly certificate?: Uint8Array;
  /** J of the custody events. */
  readonly custody: string;
  /** Verifier keys that the record's log claims. */
  readonly vkeys: readonly string[];
}

export interface PackageInput {
  readonly title?: string;
  readonly items: readonly PackageItem[];
  /** `verify.html`. */
  readonly verifyPage: Uint8Array;
}

const encoder = new TextEncoder();

/** Every file that the manifest lists, by its path. */
export function packageFiles(
  crypto: CryptoSuite,
  input: PackageInput,
  readme: Uint8Array,
): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  const items: ManifestItem[] = [];
  input.items.forEach((item, index) => {
    const receipt = parseReceipt(item.receipt);
    const evidence = evidenceFolder(index + 1);
    const checkpoint = checkpointFolder(receipt);
    for (const [name, bytes] of checkpointFiles(crypto, receipt, item.vkeys))
      files.set(`${checkpoint}/${name}`, bytes);
    const ofEvidence = evidenceFiles(crypto, {
      text: item.receipt,
      receipt,
      certificate: item.certificate,
      custody: item.custody,
      checkpointFolder: checkpoint,
    });
    for (const [name, bytes] of ofEvidence) files.set(`${evidence}/${name}`, bytes);
    items.push({
      ...listed(item),
      number: index + 1,
      fingerprints: parseRecord(receipt.record).fingerprints,
      evidence,
    });
  });
  const { title } = input;
  files.set(
    'manifest.json',
    encoder.encode(formatManifest({ ...(title !== undefined && { title }), items })),
  );
  files.set('verify.html', input.verifyPage);
  files.set('README.txt', readme);
  files.set('SHA256SUMS', encoder.encode(formatSums(crypto, files)));
  return files;
}

function listed({ name, source, purpose }: PackageItem): Pick<ManifestItem, 'name' | 'source' | 'purpose'> {
  return { name, ...(source !== undefined && { source }), ...(purpose !== undefined && { purpose }) };
}

/** As `sha256sum` writes and reads it. */
function formatSums(crypto: CryptoSuite, files: ReadonlyMap<string, Uint8Array>): string {
  return [...files.keys()]
    .sort()
    .map(
      (path) => `${encodeHex(crypto.digest('sha-256').hash(files.get(path) ?? new Uint8Array()))}  ${path}\n`,
    )
    .join('');
}
