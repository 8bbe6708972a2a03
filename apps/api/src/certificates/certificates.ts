/**
 * Certificates (存证证书) for evidence whose receipt is final: the receipt verified against what this log publishes about
 * itself, and printed. One is made at a time, because layout takes some 50 ms of the thread that answers everybody.
 */
import { nativeCrypto } from '@cunzheng/crypto/node';
import { formatCertificate, type CertificateLanguage } from '@cunzheng/certificate';
import {
  createVerifier,
  formatTrustFolder,
  parsePolicy,
  parseTrust,
  type VerificationReport,
} from '@cunzheng/receipt';
import { type LoadedEvidence } from '../evidence/evidence-reader.js';
import { type LogDescription } from '../logs/log-description.js';
import { type PublicLogs } from '../logs/public-logs.js';
import { ProblemError } from '../problems/problem-error.js';
import { type ReceiptAssembler } from '../receipts/receipt-assembler.js';

const MAX_WAITING = 32;

export interface CertificateRequest {
  readonly disclosures: readonly string[];
  readonly language: CertificateLanguage;
  /** Where the QR code leads. */
  readonly pageUrl: string;
}

export class Certificates {
  private last: Promise<unknown> = Promise.resolve();
  private waiting = 0;

  constructor(
    private readonly receipts: ReceiptAssembler,
    private readonly logs: PublicLogs,
  ) {}

  /** The PDF. @throws ProblemError `receipt-pending` until the receipt is final, `busy` when too many wait. */
  async issue(evidence: LoadedEvidence, request: CertificateRequest): Promise<Buffer> {
    if (!evidence.anchoring?.final) throw pending();
    const { bytes } = await this.receipts.assemble(evidence, request.disclosures);
    const log = await this.logs.describe(evidence.logName);
    const report = await verify(bytes, log, evidence.anchoring.attestedAt !== undefined);
    return await this.inTurn(() =>
      formatCertificate({
        receipt: bytes.toString('utf8'),
        report,
        operator: log.operator,
        language: request.language,
        pageUrl: request.pageUrl,
      }),
    );
  }

  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.waiting >= MAX_WAITING)
      throw new ProblemError('busy', 'too many certificates are being made: repeat the request shortly', {
        retryAfterSeconds: 2,
      });
    this.waiting += 1;
    const turn = this.last.then(work).finally(() => {
      this.waiting -= 1;
    });
    this.last = turn.catch(() => undefined);
    return await turn;
  }
}

/** A receipt from before the log had a policy is held to none. */
function verify(receipt: Buffer, log: LogDescription, attested: boolean): Promise<VerificationReport> {
  const keys = log.verifierKeys.map(({ vkey }) => `log ${vkey}\n`).join('');
  const policy = parsePolicy(nativeCrypto, attested ? log.policy : `${keys}quorum none\n`);
  const folder = formatTrustFolder({ policy, keyWindows: log.verifierKeys });
  const verifier = createVerifier({ crypto: nativeCrypto, trust: parseTrust(nativeCrypto, folder) });
  return verifier.verify(receipt);
}

function pending(): ProblemError {
  return new ProblemError('receipt-pending', 'a certificate is made once the receipt is final: ask again', {
    retryAfterSeconds: 10,
  });
}
