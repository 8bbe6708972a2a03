/**
 * `cunzheng verify PACKAGE`: every receipt of an evidence package, each document that is in it, and the timestamp over its
 * manifest. The package is as good as its worst receipt.
 */
import { nativeCrypto } from '@cunzheng/crypto/node';
import { openPackage, PackageError, type OpenedPackage } from '@cunzheng/evidence-package';
import { sortFingerprints, type Trust, type VerificationReport, type Verdict } from '@cunzheng/receipt';
import { TimestampError, verifyToken } from '@cunzheng/timestamp';
import { CliError } from '../cli-error.js';
import { createExaminer } from './examine.js';
import { type CopyCheck } from './ledger-copy.js';
import { describeCopy, describeOpen, type Language } from './report-text.js';

export interface ItemReport {
  readonly number: number;
  readonly name: string;
  /** Its path, where the document is in the package. */
  readonly document: string | undefined;
  readonly report: VerificationReport;
  /** The comparison with a copy of the log, where one was given. */
  readonly ledger?: CopyCheck;
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
export async function verifyPackage(
  bytes: Uint8Array,
  trust: Trust,
  ledger: string | undefined,
): Promise<PackageReport> {
  const opened = open(bytes);
  const examine = createExaminer(trust, ledger);
  const items: ItemReport[] = [];
  for (const item of opened.items) {
    const document = item.document && sortFingerprints(item.fingerprints);
    const { report, copy } = await examine(item.receipt, document);
    const { number, name } = item;
    items.push({ number, name, document: item.document?.path, report, ...(copy && { ledger: copy }) });
  }
  const timestamp = await checkTimestamp(opened, trust);
  return { verdict: worst(items, timestamp), timestamp, items };
}

export function describePackage({ timestamp, items, verdict }: PackageReport, language: Language): string[] {
  return [
    `${language === 'zh' ? '清单时间戳' : 'manifest timestamp'}: ${timestamp.status}: ${timestamp.message}`,
    ...items.flatMap(({ number, name, document, report, ledger }) => [
      '',
      `${String(number).padStart(3, '0')}  ${name}`,
      `     ${document === undefined ? (language === 'zh' ? '文件不在包内' : 'document not in the package') : document}`,
      `     ${report.verdict}: ${language === 'zh' ? report.claimZh : report.claim}`,
      ...describeOpen(report, language).map((line) => `     ${line}`),
      ...(ledger ? [`     ${describeCopy(ledger, language)}`] : []),
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

async function checkTimestamp(
  { stamped, timestamp }: OpenedPackage,
  trust: Trust,
): Promise<ManifestTimestamp> {
  if (!timestamp) return { status: 'not checked', message: 'the package has none' };
  if (trust.tsaRoots.length === 0)
    return { status: 'not checked', message: 'your trust names no roots of timestamping authorities' };
  try {
    const token = { token: timestamp, stamped: { data: stamped }, roots: trust.tsaRoots, nowMs: Date.now() };
    const { genTimeMs, accuracyMs, tsa } = await verifyToken(nativeCrypto, token);
    return {
      status: 'passed',
      message: `${new Date(genTimeMs).toISOString()} ± ${accuracyMs / 1000} s by ${tsa}`,
    };
  } catch (error) {
    if (!(error instanceof TimestampError)) throw error;
    return { status: 'failed', message: `${error.message} (${error.code})` };
  }
}

function worst(items: readonly ItemReport[], { status }: ManifestTimestamp): Verdict {
  const verdicts = items.flatMap(({ report, ledger }) => [report.verdict, verdictOf(ledger)]);
  const all: readonly Verdict[] = status === 'failed' ? [...verdicts, 'incomplete'] : verdicts;
  return all.reduce(
    (left, right) => (SEVERITY.indexOf(right) > SEVERITY.indexOf(left) ? right : left),
    'holds',
  );
}

/** The copy may only make it worse: one that differs counts as altered, one that cannot tell as incomplete. */
function verdictOf(copy: CopyCheck | undefined): Verdict {
  if (copy === undefined || copy.status === 'passed') return 'holds';
  return copy.status === 'failed' ? 'altered' : 'incomplete';
}
