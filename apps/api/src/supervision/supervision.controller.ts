/** What a supervisor (court, regulator) reads of the organizations that its grants name. */
import { Controller, Get, Header, Param, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { Caller, type Principal } from '../auth/principal.js';
import { RECEIPT_MEDIA_TYPE } from '../evidence/evidence.controller.js';
import { toResource, type EvidenceResource } from '../evidence/evidence-resource.js';
import { evidenceId, evidenceQuery, type EvidenceQuery } from '../evidence/evidence.schemas.js';
import { ProblemError } from '../problems/problem-error.js';
import { ReceiptAssembler } from '../receipts/receipt-assembler.js';
import { auditQuery, type AuditQuery } from '../audit/audit-log.controller.js';
import { noteDisclosure } from '../audit/audit-notes.js';
import { NDJSON } from '../http/ndjson-body.js';
import { Supervision, type Supervised } from './supervision.js';
import {
  DescribeListSupervised,
  DescribeReadSupervised,
  DescribeSupervisedAuditLog,
  DescribeSupervisedReceipt,
} from './supervision.openapi.js';

@ApiTags('supervision')
@Controller('v1/supervision/:organization')
export class SupervisionController {
  constructor(
    private readonly supervision: Supervision,
    private readonly receipts: ReceiptAssembler,
  ) {}

  @Get('evidence')
  @Header('Cache-Control', 'no-store')
  @DescribeListSupervised()
  async list(
    @Caller() caller: Principal,
    @Param('organization') organization: string,
    @Query({ schema: evidenceQuery }) query: EvidenceQuery,
    @Req() request: FastifyRequest,
  ): Promise<{ items: EvidenceResource[]; nextCursor?: string }> {
    const listed = await this.supervision.list(caller, organization, query);
    const { items, nextCursor } = noting(request, caller, [], listed);
    return { items: items.map(toResource), ...(nextCursor !== undefined && { nextCursor }) };
  }

  @Get('evidence/:id')
  @Header('Cache-Control', 'no-store')
  @DescribeReadSupervised()
  async read(
    @Caller() caller: Principal,
    @Param('organization') organization: string,
    @Param('id') id: string,
    @Req() request: FastifyRequest,
  ): Promise<EvidenceResource> {
    const read = await this.supervision.read(caller, organization, requireId(id));
    return toResource(noting(request, caller, [id], read));
  }

  @Get('evidence/:id/receipt')
  @DescribeSupervisedReceipt()
  async receipt(
    @Caller() caller: Principal,
    @Param('organization') organization: string,
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const read = await this.supervision.read(caller, organization, requireId(id));
    const { bytes, etag } = await this.receipts.assemble(noting(request, caller, [id], read));
    void reply.header('ETag', etag).header('Cache-Control', 'no-store').type(RECEIPT_MEDIA_TYPE).send(bytes);
  }

  @Get('audit-log')
  @DescribeSupervisedAuditLog()
  async auditLog(
    @Caller() caller: Principal,
    @Param('organization') organization: string,
    @Query({ schema: auditQuery }) { after }: AuditQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const read = await this.supervision.auditLog(caller, organization, after);
    const lines = noting(request, caller, [], read);
    void reply
      .header('Cache-Control', 'no-store')
      .type(NDJSON)
      .send(lines.map((line) => `${line}\n`).join(''));
  }
}

/** The organization whose data are shown finds that in its own audit log. */
function noting<T>(
  request: FastifyRequest,
  { organizationId }: Principal,
  subject: readonly string[],
  { organizationKey, shown }: Supervised<T>,
): T {
  noteDisclosure(request, {
    organizationKey,
    actor: `supervisor:${organizationId}`,
    subject,
    from: request.ip,
  });
  return shown;
}

function requireId(id: string): string {
  const { data } = evidenceId.safeParse(id);
  if (data === undefined) throw new ProblemError('not-found', 'this is no id of evidence');
  return data;
}
