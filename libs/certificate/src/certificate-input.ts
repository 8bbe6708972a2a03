/** What a certificate is made from. */
import { type Operator } from '@cunzheng/ledger';
import { type VerificationReport } from '@cunzheng/receipt';
import { type CertificateLanguage } from './wording.js';

export interface CertificateInput {
  /** J(receipt), as it is to be attached. */
  readonly receipt: string;
  /** What a verification of these very bytes said. */
  readonly report: VerificationReport;
  /** Who runs the log, as its first block says. */
  readonly operator: Operator | undefined;
  readonly language: CertificateLanguage;
  /** Where the QR code leads: the page that verifies it. */
  readonly pageUrl: string;
}
