/** What a supervisor (court, regulator) reads of the organizations that its grants name. */
import { Controller, Get, Header, Param, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { type FastifyReply } from 'fastify';
import { Caller, type Principal } from '../auth/principal.js';
import { RECEIPT_MEDIA_TYPE } from '../evidence/evidence.controller.js';
import { toResource, type EvidenceResource } from '../evidence/evidence-resource.js';
import { evidenceId, evidenceQuery, type EvidenceQuery } from '../evidence/evidence.schemas.js';
import { ProblemError } from '../problems/problem-error.js';
import { ReceiptAssembler } from '../receipts/receipt-assembler.js';
import { Supervision } from './supervision.js';
import {
  DescribeListSupervised,
  DescribeReadSupervised,
  DescribeSupervisedReceipt,
} from './supervision.openapi.js';

@ApiTags('supervision')
@ApiBearerAuth()
@Controller('v1/supervision/:organization/evidence')
export class SupervisionController {
  constructor(
    private readonly supervision: Supervision,
    private readonly receipts: ReceiptAssembler,
  ) {}

  @Get()
  @Header('Cache-Control', 'no-store')
  @DescribeListSupervised()
  async list(
    @Caller() caller: Principal,
    @Param('organization') organization: string,
    @Query({ schema: evidenceQuery }) query: EvidenceQuery,
  ): Promise<{ items: EvidenceResource[]; nextCursor?: string }> {
    const { items, nextCursor } = await this.supervision.list(caller, organization, query);
    return { items: items.map(toResource), ...(nextCursor !== undefined && { nextCursor }) };
  }

  @Get(':id')
  @Header('Cache-Control', 'no-store')
  @DescribeReadSupervised()
  async read(
    @Caller() caller: Principal,
    @Param('organization') organization: string,
    @Param('id') id: string,
  ): Promise<EvidenceResource> {
    return toResource(await this.supervision.read(caller, organization, requireId(id)));
  }

  @Get(':id/receipt')
  @DescribeSupervisedReceipt()
  async receipt(
    @Caller() caller: Principal,
    @Param('organization') organization: string,
    @Param('id') id: string,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const evidence = await this.supervision.read(caller, organization, requireId(id));
    const { bytes, etag } = await this.receipts.assemble(evidence);
    void reply.header('ETag', etag).header('Cache-Control', 'no-store').type(RECEIPT_MEDIA_TYPE).send(bytes);
  }
}

function requireId(id: string): string {
  const { data } = evidenceId.safeParse(id);
  if (data === undefined) throw new ProblemError('not-found', 'this is no id of evidence');
  return data;
}
