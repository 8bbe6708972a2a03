/**
 * `cunzheng verify PACKAGE`: every receipt of an evidence package, each document that is in it, and the timestamp over its
 * manifest. The package is as good as its worst receipt.
 */
import { nativeCrypto } from '@cunzheng/crypto/node';
import { openPackage, PackageError, type OpenedItem, type OpenedPackage } from '@cunzheng/evidence-package';
import {
  createVerifier,
  sortFingerprints,
  type DocumentFingerprint,
  type Trust,
  type VerificationReport,
  type Verdict,
} from '@cunzheng/receipt';
import { createTimestampVerifier, TimestampError, verifyToken } from '@cunzheng/timestamp';
import { CliError } from '../cli-error.js';
import { type Language } from './report-text.js';

export interface ItemReport {
  readonly number: number;
  readonly name: string;
  /** Its path, where the document is in the package. */
  readonly document: string | undefined;
  readonly report: VerificationReport;
}

export interface ManifestTimestamp {
  readonly status: 'passed' | 'failed' | 'not checked';
  readonly message: string;
}

export interface PackageReport {
  readonly verdict: Verdict;
  readonly timestamp: ManifestTimestamp;
  readonly items: readonly ItemReport[];
}

/** From best to worst. */
const SEVERITY: readonly Verdict[] = ['holds', 'incomplete', 'unverifiable', 'other-document', 'altered'];

/** @throws CliError `file` for what is not exactly a package. */
export async function verifyPackage(bytes: Uint8Array, trust: Trust): Promise<PackageReport> {
  const opened = open(bytes);
  const verifyTimestamp = createTimestampVerifier(nativeCrypto, Date.now);
  const verifier = createVerifier({ crypto: nativeCrypto, trust, verifyTimestamp });
  const items: ItemReport[] = [];
  for (const item of opened.items) {
    const document = item.document && fingerprintsOf(item, item.document.bytes);
    const report = await verifier.verify(item.receipt, document ? { document } : {});
    items.push({ number: item.number, name: item.name, document: item.document?.path, report });
  }
  const timestamp = await checkTimestamp(opened, trust);
  return { verdict: worst(items, timestamp), timestamp, items };
}

export function describePackage({ timestamp, items, verdict }: PackageReport, language: Language): string[] {
  return [
    `${language === 'zh' ? '清单时间戳' : 'manifest timestamp'}: ${timestamp.status}: ${timestamp.message}`,
    ...items.flatMap(({ number, name, document, report }) => [
      '',
      `${String(number).padStart(3, '0')}  ${name}`,
      `     ${document === undefined ? (language === 'zh' ? '文件不在包内' : 'document not in the package') : document}`,
      `     ${report.verdict}: ${language === 'zh' ? report.claimZh : report.claim}`,
      ...report.checks
        .filter(({ status }) => status === 'failed')
        .map((check) => `     ✗ ${check.name}: ${check.reason?.message ?? ''}`),
    ]),
    '',
    `${language === 'zh' ? '结论' : 'verdict'}: ${verdict}`,
  ];
}

function open(bytes: Uint8Array): OpenedPackage {
  try {
    return openPackage(nativeCrypto, bytes);
  } catch (cause) {
    if (!(cause instanceof PackageError)) throw cause;
    throw new CliError(
      'package-altered',
      `the package is not as it was made: ${cause.message} (${cause.code})`,
      { cause },
    );
  }
}

function fingerprintsOf({ fingerprints }: OpenedItem, bytes: Uint8Array): DocumentFingerprint[] {
  return sortFingerprints(
    fingerprints.map(({ algorithm }) => ({
      algorithm,
      digest: Buffer.from(nativeCrypto.digest(algorithm).hash(bytes)).toString('hex'),
    })),
  );
}

async function checkTimestamp(
  { stamped, timestamp }: OpenedPackage,
  trust: Trust,
): Promise<ManifestTimestamp> {
  if (!timestamp) return { status: 'not checked', message: 'the package has none' };
  if (trust.tsaRoots.length === 0)
    return { status: 'not checked', message: 'your trust names no roots of timestamping authorities' };
  try {
    const token = { token: timestamp, stamped: { data: stamped }, roots: trust.tsaRoots, nowMs: Date.now() };
    const { genTimeMs, tsa } = await verifyToken(nativeCrypto, token);
    return { status: 'passed', message: `${new Date(genTimeMs).toISOString()} by ${tsa}` };
  } catch (error) {
    if (!(error instanceof TimestampError)) throw error;
    return { status: 'failed', message: `${error.message} (${error.code})` };
  }
}

function worst(items: readonly ItemReport[], { status }: ManifestTimestamp): Verdict {
  const verdicts = items.map(({ report }) => report.verdict);
  const all: readonly Verdict[] = status === 'failed' ? [...verdicts, 'incomplete'] : verdicts;
  return all.reduce(
    (left, right) => (SEVERITY.indexOf(right) > SEVERITY.indexOf(left) ? right : left),
    'holds',
  );
}
