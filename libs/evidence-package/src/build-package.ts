/**
 * Puts a package together: the same input gives the same files. Nothing in it depends on when or where it is made but the
 * timestamp over its manifest, which is made once and kept.
 */
import { type CryptoSuite } from '@cunzheng/crypto';
import { ASIC_MANIFEST_PATH, formatAsicManifest, TIMESTAMP_PATH } from './asic-manifest.js';
import { formatContainer } from './container.js';
import { packageFiles, type PackageInput } from './package-files.js';
import { formatReadme } from './readme.js';

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
  const files = packageFiles(crypto, input, encoder.encode(formatReadme(stamped)));
  const manifest = encoder.encode(formatAsicManifest(crypto, files));
  const token = stamped ? await stamp(manifest) : undefined;
  return formatContainer(
    new Map([...files, [ASIC_MANIFEST_PATH, manifest], ...(token ? [[TIMESTAMP_PATH, token] as const] : [])]),
  );
}
