/**
 * What a receipt says, read for showing. Reading is not verifying: which of it may be shown as more than a claim is for
 * the report to say.
 */
import { portableCrypto } from '@cunzheng/crypto';
import {
  checkDisclosures,
  type DisclosedRecord,
  type EvidenceRecord,
  type Fingerprint,
  parseReceipt,
  parseRecord,
  type VerificationReport,
} from '@cunzheng/receipt';

/** None where the receipt cannot be read that far. */
export function fingerprintsOf(bytes: Uint8Array): readonly Fingerprint[] {
  return attempt(() => parseRecord(parseReceipt(bytes).record).fingerprints) ?? [];
}

/** The first line of its checkpoint: the log that it says it is from. */
export function originOf(bytes: Uint8Array): string | undefined {
  return attempt(() => parseReceipt(bytes).checkpoint.split('\n', 1)[0]);
}

export interface ShownReceipt {
  readonly record: EvidenceRecord;
  /** Absent unless all of it belongs to the record. */
  readonly disclosed?: DisclosedRecord;
}

/** The record if it is the one that the log holds, with what is shown of it if that belongs to it. */
export function readProven(bytes: Uint8Array, { checks }: VerificationReport): ShownReceipt | undefined {
  const isPassed = (name: string): boolean =>
    checks.some((check) => check.name === name && check.status === 'passed');
  if (!isPassed('inclusion')) return undefined;
  return attempt(() => {
    const receipt = parseReceipt(bytes);
    const record = parseRecord(receipt.record);
    if (!isPassed('disclosures')) return { record };
    return { record, disclosed: checkDisclosures(portableCrypto, record, receipt.disclosures) };
  });
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
