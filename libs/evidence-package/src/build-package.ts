/**
 * Puts a package together: the same input gives the same files. Nothing in it depends on when or where it is made but the
 * timestamp over its manifest, which is made once and kept.
 */
import { type CryptoSuite } from '@cunzheng/crypto';
import { encodeHex, parseReceipt, parseRecord } from '@cunzheng/receipt';
import { ASIC_MANIFEST_PATH, formatAsicManifest, TIMESTAMP_PATH } from './asic-manifest.js';
import { checkpointFiles, checkpointFolder } from './checkpoint-files.js';
import { formatContainer } from './container.js';
import { evidenceFiles } from './evidence-files.js';
import { evidenceFolder, formatManifest, type ManifestItem } from './package-manifest.js';
import { formatReadme } from './readme.js';

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

/** RFC 3161 token over the manifest's bytes, or undefined where nobody is configured to give one. */
export type StampManifest = (manifest: Uint8Array) => Promise<Uint8Array | undefined>;

const encoder = new TextEncoder();

/** The container's bytes. `stamp` is asked once. */
export async function buildPackage(
  crypto: CryptoSuite,
  input: PackageInput,
  stamped: boolean,
  stamp: StampManifest,
): Promise<Uint8Array> {
  const files = packageFiles(crypto, input, stamped);
  const manifest = encoder.encode(formatAsicManifest(crypto, files));
  const token = stamped ? await stamp(manifest) : undefined;
  return formatContainer(
    new Map([...files, [ASIC_MANIFEST_PATH, manifest], ...(token ? [[TIMESTAMP_PATH, token] as const] : [])]),
  );
}

/** Every file that the manifest lists, by its path. */
function packageFiles(crypto: CryptoSuite, input: PackageInput, stamped: boolean): Map<string, Uint8Array> {
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
  files.set('README.txt', encoder.encode(formatReadme(stamped)));
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
