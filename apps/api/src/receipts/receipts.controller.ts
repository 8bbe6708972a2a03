/** `GET /v1/receipts`: all receipts of the organization, as a stream to keep up with. */
import { Controller, Get, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { type FastifyReply } from 'fastify';
import { Caller, type Principal } from '../auth/principal.js';
import { sendLines } from '../http/ndjson-answer.js';
import { ReceiptFeed, receiptsQuery, type ReceiptsQuery } from './receipt-feed.js';
import { DescribeReceipts } from './receipts.openapi.js';

@ApiTags('receipts')
@Controller('v1/receipts')
export class ReceiptsController {
  constructor(private readonly feed: ReceiptFeed) {}

  @Get()
  @DescribeReceipts()
  async list(
    @Caller() caller: Principal,
    @Query({ schema: receiptsQuery }) query: ReceiptsQuery,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await sendLines(reply, this.feed.lines(caller, query));
  }
}
