/**
 * `POST /tsa`: the service as a timestamping authority for clients that know RFC 3161 and nothing of us, if `TSA_ENABLED` is
 * set; and receipts of the tokens, which stay available when it is not any more. docs/api/tsa.md.
 */
import { Controller, Get, HttpCode, Inject, Param, Post, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { RECEIPT_MEDIA_TYPE } from '../evidence/evidence.controller.js';
import { TsaLimit } from '../limits/tsa-limit.js';
import { ProblemError } from '../problems/problem-error.js';
import { REPLY_TYPE } from './accept-queries.js';
import { TokenReceipts } from './token-receipts.js';
import { TsaService } from './tsa-service.js';
import { DescribeStamp, DescribeTokenReceipt } from './tsa.openapi.js';

/** The authority, or undefined where it is not enabled. */
export const TSA = Symbol('timestamping authority');

@ApiTags('timestamps')
@Controller('tsa')
export class TsaController {
  constructor(
    @Inject(TSA) private readonly tsa: TsaService | undefined,
    private readonly receipts: TokenReceipts,
    private readonly limit: TsaLimit,
  ) {}

  @Post()
  @HttpCode(200)
  @DescribeStamp()
  async stamp(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    if (!this.tsa)
      throw new ProblemError(
        'not-found',
        'this service is no timestamping authority: TSA_ENABLED is not set',
      );
    if (!Buffer.isBuffer(request.body)) {
      throw new ProblemError('unsupported-media-type', 'send Content-Type: application/timestamp-query');
    }
    await this.limit.admit(request.ip);
    const answer = await this.tsa.answer(request.body);
    void reply.header('Cache-Control', 'no-store').type(REPLY_TYPE).send(Buffer.from(answer));
  }

  @Get('receipts/:sha256')
  @DescribeTokenReceipt()
  async receipt(@Param('sha256') sha256: string, @Res() reply: FastifyReply): Promise<void> {
    if (!/^[0-9a-f]{64}$/.test(sha256)) {
      throw new ProblemError('not-found', 'want the SHA-256 of a token in lower-case hex');
    }
    const { bytes, etag } = await this.receipts.read(sha256);
    void reply.header('Cache-Control', 'no-cache').header('ETag', etag).type(RECEIPT_MEDIA_TYPE).send(bytes);
  }
}
