/** Verifies built receipts with native crypto and the usual trust and document, and reads reports. */
import { nativeCrypto } from '@cunzheng/crypto/node';
import {
  type Check,
  type CheckName,
  type Receipt,
  type Trust,
  type VerificationReport,
  verifyReceipt,
} from '@cunzheng/receipt';
import { buildTrust, documentFingerprints } from './build-receipt.js';

export const document = documentFingerprints();
export const trust = buildTrust();

export function verify(
  receipt: string,
  options: { trust?: Trust; document?: typeof document } = {},
): Promise<VerificationReport> {
  return verifyReceipt(receipt, { crypto: nativeCrypto, trust, document, ...options });
}

export function check(report: VerificationReport, name: CheckName): Check {
  return report.checks.find((candidate) => candidate.name === name)!;
}

/** One letter per check: Passed, Failed or not checked. */
export function statuses(report: VerificationReport): string {
  const letters = { passed: 'P', failed: 'F', 'not checked': '-' };
  return report.checks.map(({ status }) => letters[status]).join('');
}

/** The same receipt with a hash too many in one of its proofs. */
export function longerProof(of: 'block' | 'inclusion'): (receipt: Receipt) => Receipt {
  return (receipt) => ({
    ...receipt,
    [of]: { ...receipt[of], hashes: [...receipt[of].hashes, new Uint8Array(32)] },
  });
}
