/** A package to test with, and what a forger does with one. */
import { createHash } from 'node:crypto';
import { strToU8, unzipSync, zipSync } from 'fflate';
import { portableCrypto } from '@cunzheng/crypto';
import { exampleReceipt, exampleVerifierKey } from '../../../apps/api/src/openapi/examples.js';
import { ASIC_MANIFEST_PATH, formatAsicManifest } from '../src/asic-manifest.js';
import { PackageError, type PackageInput } from '../src/index.js';

/** The document of the example receipt: SHA-256 of "abc" (FIPS 180-4). */
export const DOCUMENT = strToU8('abc');

/** As much of a certificate as matters here: the attached receipt. */
export function certificateOf(receipt: string): Uint8Array {
  const { length } = strToU8(receipt);
  const dictionary = `/Subtype /application#2Fvnd.cunzheng.receipt+json /Length ${length}`;
  return strToU8(`%PDF-1.7\n<< /Type /EmbeddedFile ${dictionary} >>\nstream\n${receipt}\nendstream`);
}

export const input: PackageInput = {
  title: '案件 2026-117',
  items: [
    {
      name: '合同',
      source: '原告',
      purpose: '证明合同内容',
      receipt: exampleReceipt,
      certificate: certificateOf(exampleReceipt),
      custody: '{"events":[]}',
      vkeys: [exampleVerifierKey],
    },
    { name: '同一文件', receipt: exampleReceipt, custody: '{"events":[]}', vkeys: [exampleVerifierKey] },
  ],
  verifyPage: strToU8('<!doctype html>'),
};

/** The container with files changed, added or (undefined) removed, `mimetype` still first. */
export function rewrite(container: Uint8Array, changes: Record<string, Uint8Array | undefined>): Uint8Array {
  const files: Record<string, Uint8Array | undefined> = { ...unzipSync(container), ...changes };
  const present = Object.entries(files).flatMap(([path, bytes]) => (bytes ? [[path, bytes] as const] : []));
  return zipSync(
    Object.fromEntries(
      present.map(([path, bytes]) => [path, [bytes, { level: path === 'mimetype' ? 0 : 6 }]]),
    ),
  );
}

/** As {@link rewrite}, and the sums and the manifest are made to fit: the forger has every digest right. */
export function forge(container: Uint8Array, changes: Record<string, Uint8Array | undefined>): Uint8Array {
  const files = { ...unzipSync(container), ...changes };
  const listed = Object.entries(files).filter(
    (entry): entry is [string, Uint8Array] =>
      entry[1] !== undefined && !/^(mimetype$|META-INF|documents)/.test(entry[0]),
  );
  const sums = listed
    .filter(([path]) => path !== 'SHA256SUMS')
    .map(([path, bytes]) => `${createHash('sha256').update(bytes).digest('hex')}  ${path}\n`);
  const summed = new Map([
    ...listed,
    [
      'SHA256SUMS',
      changes['SHA256SUMS'] ?? strToU8(sums.sort((a, b) => (a.slice(66) < b.slice(66) ? -1 : 1)).join('')),
    ],
  ]);
  return rewrite(container, {
    ...changes,
    SHA256SUMS: summed.get('SHA256SUMS'),
    [ASIC_MANIFEST_PATH]: strToU8(formatAsicManifest(portableCrypto, summed)),
  });
}

export function codeOf(work: () => unknown): string {
  try {
    work();
    return 'accepted';
  } catch (error) {
    if (!(error instanceof PackageError)) throw error;
    return error.code;
  }
}
