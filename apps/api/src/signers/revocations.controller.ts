/** The route that revokes a key or a certificate of a signer. */
import { Body, Controller, Param, Post, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { Caller, type Principal } from '../auth/principal.js';
import { Idempotency } from '../idempotency/idempotency.js';
import { sendAnswer } from '../idempotency/send-answer.js';
import { parseKeyPath } from './key-path.js';
import { Revocations } from './revocations.js';
import { DescribeRevoke } from './signers.openapi.js';
import { revocationRequest, type RevocationRequest } from './signers.schemas.js';

@ApiTags('signers')
@Controller('v1/signers')
export class RevocationsController {
  constructor(
    private readonly revocations: Revocations,
    private readonly idempotency: Idempotency,
  ) {}

  @Post(':id/keys/:keyid/revocations')
  @DescribeRevoke()
  async revoke(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Param('keyid') keyid: string,
    @Body({ schema: revocationRequest }) request: RevocationRequest,
    @Req() http: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const key = parseKeyPath(id, keyid);
    const work = this.idempotency.run(http, caller.organizationKey, (claim) =>
      this.revocations.revoke(caller, key, request, claim),
    );
    sendAnswer(reply, await work);
  }
}
