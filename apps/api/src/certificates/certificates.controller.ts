/** `GET /v1/evidence/{id}/certificate.pdf`: the receipt as a document for people. */
import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { type FastifyReply } from 'fastify';
import { z } from 'zod';
import { CERTIFICATE_LANGUAGES } from '@cunzheng/certificate';
import { Caller, type Principal } from '../auth/principal.js';
import { EvidenceReader, type LoadedEvidence } from '../evidence/evidence-reader.js';
import { ProblemError } from '../problems/problem-error.js';
import { discloseFor, receiptQuery } from '../receipts/disclose.js';
import { Shares } from '../sharing/shares.js';
import { DescribeCertificate } from './certificates.openapi.js';
import { Certificates } from './certificates.js';
import { FinalReceipts } from './final-receipts.js';
import { PublicPages } from './public-pages.js';

export const certificateQuery = receiptQuery.extend({
  lang: z.enum(CERTIFICATE_LANGUAGES).default('zh').meta({ description: 'Chinese, English or both' }),
  share: z.string().max(64).optional().meta({
    description:
      'Token of a live share link of this evidence; the QR code leads to it, else to the verify page',
  }),
});

@ApiTags('evidence')
@Controller('v1/evidence/:id')
export class CertificatesController {
  constructor(
    private readonly reader: EvidenceReader,
    private readonly shares: Shares,
    private readonly receipts: FinalReceipts,
    private readonly certificates: Certificates,
    private readonly pages: PublicPages,
  ) {}

  @Get('certificate.pdf')
  @DescribeCertificate()
  async certificate(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Query({ schema: certificateQuery }) query: z.output<typeof certificateQuery>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const evidence = await this.reader.loadOne(caller, id);
    const pageUrl = await this.pageFor(caller, evidence, query.share);
    const receipt = await this.receipts.read(evidence, discloseFor(evidence, query));
    const bytes = await this.certificates.print(receipt, query.lang, pageUrl);
    void reply
      .header('Cache-Control', 'private, no-cache')
      .header('Content-Disposition', `inline; filename="certificate-${evidence.record.id}.pdf"`)
      .type('application/pdf')
      .send(bytes);
  }

  private async pageFor(
    caller: Principal,
    { record, logName }: LoadedEvidence,
    token: string | undefined,
  ): Promise<string> {
    if (token === undefined) return await this.pages.verifyPage(logName);
    if (await this.shares.isLive(caller, record.id, token)) return await this.pages.sharePage(logName, token);
    throw new ProblemError('malformed-request', 'share: not a live share link of this evidence');
  }
}
