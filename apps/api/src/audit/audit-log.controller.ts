/** `GET /v1/audit-log`: who did what in the organization, as a hash chain. */
import { Controller, Get, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { type FastifyReply } from 'fastify';
import { z } from 'zod';
import { Caller, type Principal } from '../auth/principal.js';
import { describeRoute, rawAnswer } from '../openapi/describe.js';
import { NDJSON } from '../http/ndjson-body.js';
import { AuditExport } from './audit-export.js';

export const auditQuery = z.strictObject({
  after: z
    .string()
    .regex(/^\d{1,15}$/, 'must be a whole number')
    .transform(Number)
    .default(0)
    .meta({ description: 'The sequence of the last line that was taken' }),
});

export type AuditQuery = z.output<typeof auditQuery>;

export const exampleAuditLine = `{"entry":{"action":"GET /v1/evidence/:id","actor":"key:abcdefgh","at":"2026-11-20T08:00:00.000Z","format":"cunzheng/audit@v1","from":"192.0.2.7","outcome":"200"},"previous":"${'0'.repeat(64)}","sequence":1}\n`;

@ApiTags('organization')
@Controller('v1/audit-log')
export class AuditLogController {
  constructor(private readonly audit: AuditExport) {}

  @Get()
  @describeRoute({
    summary: 'Export the audit log',
    description:
      'One line for each entry after `after`, at most 1,000, then the heads that bind them into the ledger. Put the answers together and check them with `cunzheng audit-log verify`.',
    answers: [rawAnswer(200, 'Lines of JSON', NDJSON, [], exampleAuditLine)],
    problems: ['malformed-request', 'unauthorized', 'scope-missing', 'organization-not-admitted'],
  })
  async read(
    @Caller() caller: Principal,
    @Query({ schema: auditQuery }) { after }: AuditQuery,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const lines = await this.audit.read(caller, after);
    void reply
      .header('Cache-Control', 'no-store')
      .type(NDJSON)
      .send(lines.map((line) => `${line}\n`).join(''));
  }
}
