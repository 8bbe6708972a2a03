/** What strangers can ask: a share link, and public evidence by its fingerprint. No key, but a limit. */
import { Controller, Get, Header, Param, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { z } from 'zod';
import { RECEIPT_MEDIA_TYPE } from '../evidence/evidence.controller.js';
import { coarseNetworkOf, noteDisclosure } from '../audit/audit-notes.js';
import { PublicLimit } from '../limits/public-limit.js';
import { SharedEvidence } from './shared-evidence.js';
import { DescribePublicEvidence, DescribeSharedReceipt } from './sharing.openapi.js';
import { publicQuery, type PublicEvidence } from './sharing.schemas.js';

@ApiTags('public')
@Controller('v1')
export class PublicEvidenceController {
  constructor(
    private readonly shared: SharedEvidence,
    private readonly limit: PublicLimit,
  ) {}

  @Get('shares/:token')
  @DescribeSharedReceipt()
  async receipt(
    @Param('token') token: string,
    @Req() http: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.limit.admit(http.ip);
    const { bytes, share } = await this.shared.receiptByToken(token);
    const { id, organizationKey, evidence } = share;
    noteDisclosure(http, {
      organizationKey,
      actor: `share:${id}`,
      subject: [evidence],
      from: coarseNetworkOf(http.ip),
    });
    void reply.header('Cache-Control', 'no-store').type(RECEIPT_MEDIA_TYPE).send(bytes);
  }

  @Get('public/evidence')
  @Header('Cache-Control', 'no-store')
  @DescribePublicEvidence()
  async lookUp(
    @Query({ schema: publicQuery }) { fingerprint }: z.output<typeof publicQuery>,
    @Req() http: FastifyRequest,
  ): Promise<PublicEvidence> {
    await this.limit.admit(http.ip);
    const receipts = await this.shared.receiptsByFingerprint(fingerprint);
    return { items: receipts.map(({ bytes }) => ({ receipt: bytes.toString('utf8') })) };
  }
}
