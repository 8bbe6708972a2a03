/**
 * One receipt examined offline: verified with everything the command line has, and compared with a copy of its log where
 * there is one. Receipts by themselves and those in packages all go through here.
 */
import { nativeCrypto } from '@cunzheng/crypto/node';
import {
  createVerifier,
  parseReceipt,
  parseRecord,
  ReceiptError,
  type DocumentFingerprint,
  type LoggedRevocation,
  type Trust,
  type VerificationReport,
} from '@cunzheng/receipt';
import { createTimestampVerifier } from '@cunzheng/timestamp';
import { createSignerCertificatesVerifier } from '@cunzheng/x509';
import { checkLedgerCopy, type CopyCheck } from './ledger-copy.js';
import { readRevocations } from './revocations.js';

export interface Examination {
  readonly report: VerificationReport;
  /** `null` where no copy of the log was given. */
  readonly copy: CopyCheck | null;
}

export type Examine = (
  receipt: Uint8Array,
  document: readonly DocumentFingerprint[] | undefined,
) => Promise<Examination>;

/** @throws CliError `file` when there is no ledger in `ledger`. */
export function createExaminer(trust: Trust, ledger: string | undefined): Examine {
  const verifier = createVerifier({
    crypto: nativeCrypto,
    trust,
    verifyTimestamp: createTimestampVerifier(nativeCrypto, Date.now),
    verifyCertificates: createSignerCertificatesVerifier(nativeCrypto),
  });
  // The whole copy is read for them: once for each log.
  const known = new Map<string, Promise<readonly LoggedRevocation[] | undefined>>();
  return async (receipt, document) => {
    const revocations = ledger === undefined ? undefined : await revocationsOf(known, ledger, logOf(receipt));
    const report = await verifier.verify(receipt, {
      ...(document === undefined ? {} : { document }),
      ...(revocations === undefined ? {} : { revocations }),
    });
    return { report, copy: ledger === undefined ? null : await checkLedgerCopy(receipt, ledger) };
  };
}

function revocationsOf(
  known: Map<string, Promise<readonly LoggedRevocation[] | undefined>>,
  ledger: string,
  log: string,
): Promise<readonly LoggedRevocation[] | undefined> {
  const found = known.get(log) ?? readRevocations(ledger, log);
  known.set(log, found);
  return found;
}

/** The log that the record names; none for a receipt that cannot be read. */
function logOf(receipt: Uint8Array): string {
  try {
    return parseRecord(parseReceipt(receipt).record).log;
  } catch (error) {
    if (error instanceof ReceiptError) return '';
    throw error;
  }
}
