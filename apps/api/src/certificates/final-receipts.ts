/**
 * A receipt that will not change any more, with what its verification against this log's own description says: what is
 * printed on certificates and put into packages.
 */
import { nativeCrypto } from '@cunzheng/crypto/node';
import {
  createVerifier,
  formatTrustFolder,
  parsePolicy,
  parseTrust,
  type VerificationReport,
} from '@cunzheng/receipt';
import { createTimestampVerifier } from '@cunzheng/timestamp';
import { createSignerCertificatesVerifier } from '@cunzheng/x509';
import { type LoadedEvidence } from '../evidence/evidence-reader.js';
import { type LogDescription } from '../logs/log-description.js';
import { type PublicLogs } from '../logs/public-logs.js';
import { ProblemError } from '../problems/problem-error.js';
import { type ReceiptAssembler } from '../receipts/receipt-assembler.js';

export interface FinalReceipt {
  /** J(receipt). */
  readonly text: string;
  readonly report: VerificationReport;
  readonly log: LogDescription;
}

export class FinalReceipts {
  constructor(
    private readonly receipts: ReceiptAssembler,
    private readonly logs: PublicLogs,
    /** DER roots of the timestamping authorities that this service accepts. */
    private readonly tsaRoots: readonly Uint8Array[],
    /** DER roots that certificates of signers must lead to. */
    private readonly signerRoots: readonly Uint8Array[],
  ) {}

  /** @throws ProblemError `receipt-pending` until the receipt is final. */
  async read(evidence: LoadedEvidence, disclosures: readonly string[]): Promise<FinalReceipt> {
    if (!evidence.anchoring?.final) throw pending(evidence.record.id);
    const { bytes } = await this.receipts.assemble(evidence, disclosures);
    const log = await this.logs.describe(evidence.logName);
    const report = await this.verify(bytes, log, evidence.anchoring.attestedAt !== undefined);
    return { text: bytes.toString('utf8'), report, log };
  }

  /** A receipt from before the log had a policy is held to none. */
  private verify(receipt: Buffer, log: LogDescription, attested: boolean): Promise<VerificationReport> {
    const keys = log.verifierKeys.map(({ vkey }) => `log ${vkey}\n`).join('');
    const policy = parsePolicy(nativeCrypto, attested ? log.policy : `${keys}quorum none\n`);
    const folder = formatTrustFolder({ policy, keyWindows: log.verifierKeys });
    const { tsaRoots, signerRoots } = this;
    const trust = { ...parseTrust(nativeCrypto, folder), tsaRoots, signerRoots };
    // Without a clock: the same receipt is judged the same for ever.
    const verifyTimestamp = createTimestampVerifier(nativeCrypto);
    const verifyCertificates = createSignerCertificatesVerifier(nativeCrypto);
    return createVerifier({ crypto: nativeCrypto, trust, verifyTimestamp, verifyCertificates }).verify(
      receipt,
    );
  }
}

function pending(id: string): ProblemError {
  return new ProblemError('receipt-pending', `the receipt of ${id} is not final yet: ask again`, {
    retryAfterSeconds: 10,
  });
}
