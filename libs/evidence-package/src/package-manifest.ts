/**
 * `manifest.json` of a package (`cunzheng/package@v1`), the list of evidence (证据目录): J of
 * `{format, items: [{evidence, fingerprints, name, number, purpose?, source?}], title?}`. Documents are listed by their
 * fingerprints; they need not be in the package, and when they are, they stand under `documents/`.
 */
import { CanonicalJsonError, formatCanonical, parseCanonical } from '@cunzheng/canonical-json';
import { type Fingerprint } from '@cunzheng/receipt';
import { PackageError } from './errors.js';
import { PACKAGE_LIMITS } from './limits.js';

export const PACKAGE_FORMAT = 'cunzheng/package@v1';

export interface ManifestItem {
  /** 1, 2, 3 … in the order of the list. */
  readonly number: number;
  readonly name: string;
  /** Where the document comes from. */
  readonly source?: string;
  /** What it is to prove. */
  readonly purpose?: string;
  readonly fingerprints: readonly Fingerprint[];
  /** Folder of the receipt and what belongs to it. */
  readonly evidence: string;
}

export interface PackageManifest {
  readonly title?: string;
  readonly items: readonly ManifestItem[];
}

/** `evidence/001` for number 1. */
export const evidenceFolder = (number: number): string => `evidence/${String(number).padStart(3, '0')}`;

export function formatManifest({ title, items }: PackageManifest): string {
  return formatCanonical({ format: PACKAGE_FORMAT, items, ...(title !== undefined && { title }) });
}

/** @throws PackageError `manifest-invalid`. */
export function parseManifest(bytes: Uint8Array): PackageManifest {
  const value = parseJson(bytes);
  const { format, items, title, ...others } = members(value, 'the manifest');
  if (format !== PACKAGE_FORMAT) refuse(`format: expected ${PACKAGE_FORMAT}, got ${JSON.stringify(format)}`);
  if (Object.keys(others).length > 0) refuse(`unknown member ${Object.keys(others).join(', ')}`);
  if (!Array.isArray(items) || items.length < 1 || items.length > PACKAGE_LIMITS.items)
    refuse(`items: expected a list of 1 to ${PACKAGE_LIMITS.items}`);
  return {
    ...(title !== undefined && { title: text(title, 'title') }),
    items: (items as unknown[]).map((item, index) => parseItem(item, index + 1)),
  };
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return parseCanonical(bytes);
  } catch (cause) {
    if (!(cause instanceof CanonicalJsonError)) throw cause;
    throw new PackageError('manifest-invalid', `manifest.json: ${cause.message}`, { cause });
  }
}

function parseItem(value: unknown, expected: number): ManifestItem {
  const { number, name, source, purpose, fingerprints, evidence, ...others } = members(
    value,
    `item ${expected}`,
  );
  if (Object.keys(others).length > 0) refuse(`item ${expected}: unknown member`);
  if (number !== expected)
    refuse(`item ${expected}: expected number ${expected}, got ${JSON.stringify(number)}`);
  if (evidence !== evidenceFolder(expected))
    refuse(`item ${expected}: expected evidence ${evidenceFolder(expected)}`);
  return {
    number: expected,
    name: text(name, `item ${expected}: name`),
    ...(source !== undefined && { source: text(source, `item ${expected}: source`) }),
    ...(purpose !== undefined && { purpose: text(purpose, `item ${expected}: purpose`) }),
    fingerprints: parseFingerprints(fingerprints, expected),
    evidence: evidenceFolder(expected),
  };
}

/** Compared with the record of the receipt later, so the form is all that matters here. */
function parseFingerprints(value: unknown, number: number): Fingerprint[] {
  if (!Array.isArray(value) || value.length < 1 || value.length > 5)
    refuse(`item ${number}: expected 1 to 5 fingerprints`);
  return (value as unknown[]).map((entry) => {
    const { algorithm, digest, ...others } = members(entry, `item ${number}: fingerprint`);
    if (typeof algorithm !== 'string' || typeof digest !== 'string' || Object.keys(others).length > 0)
      refuse(`item ${number}: expected fingerprints of algorithm and digest`);
    return { algorithm, digest } as Fingerprint;
  });
}

function members(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    refuse(`${what}: expected an object`);
  return value as Record<string, unknown>;
}

function text(value: unknown, what: string): string {
  if (typeof value !== 'string' || value.length < 1 || value.length > PACKAGE_LIMITS.textLength)
    refuse(`${what}: expected 1 to ${PACKAGE_LIMITS.textLength} characters`);
  return value;
}

function refuse(message: string): never {
  throw new PackageError('manifest-invalid', message);
}
