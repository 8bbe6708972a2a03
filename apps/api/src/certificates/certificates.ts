/**
 * Certificates (存证证书), one made at a time: layout takes some 50 ms of the thread that answers everybody.
 */
import { formatCertificate, type CertificateLanguage } from '@cunzheng/certificate';
import { ProblemError } from '../problems/problem-error.js';
import { type FinalReceipt } from './final-receipts.js';

const MAX_WAITING = 256;

export class Certificates {
  private last: Promise<unknown> = Promise.resolve();
  private waiting = 0;

  /** The PDF; its QR code leads to `pageUrl`. @throws ProblemError `busy` when too many wait. */
  async print(
    { text, report, log }: FinalReceipt,
    language: CertificateLanguage,
    pageUrl: string,
  ): Promise<Buffer> {
    return await this.inTurn(() =>
      formatCertificate({ receipt: text, report, operator: log.operator, language, pageUrl }),
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
