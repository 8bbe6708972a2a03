/** The route that registers certificates for a signer's key. */
import { Body, Controller, Param, Post, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { Caller, type Principal } from '../auth/principal.js';
import { Idempotency } from '../idempotency/idempotency.js';
import { sendAnswer } from '../idempotency/send-answer.js';
import { KeyCertificates } from './key-certificates.js';
import { parseKeyPath } from './key-path.js';
import { DescribeRegisterCertificates } from './signers.openapi.js';
import { certificatesRequest, type CertificatesRequest } from './signers.schemas.js';

@ApiTags('signers')
@Controller('v1/signers')
export class KeyCertificatesController {
  constructor(
    private readonly certificates: KeyCertificates,
    private readonly idempotency: Idempotency,
  ) {}

  @Post(':id/keys/:keyid/certificates')
  @DescribeRegisterCertificates()
  async register(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Param('keyid') keyid: string,
    @Body({ schema: certificatesRequest }) { certificates }: CertificatesRequest,
    @Req() http: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const key = parseKeyPath(id, keyid);
    const work = this.idempotency.run(http, caller.organizationKey, (claim) =>
      this.certificates.register(caller, key, certificates, claim),
    );
    sendAnswer(reply, await work);
  }
}
