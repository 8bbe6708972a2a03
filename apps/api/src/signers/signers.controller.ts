/** The signer routes. */
import { Body, Controller, Get, Param, Post, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Caller, type Principal } from '../auth/principal.js';
import { sendAnswer } from '../idempotency/send-answer.js';
import { Idempotency } from '../idempotency/idempotency.js';
import { ProblemError } from '../problems/problem-error.js';
import { DescribeCreateSigner, DescribeReadSigner, DescribeRegisterKey } from './signers.openapi.js';
import { keyRequest, signerRequest, type KeyRequest, type SignerRequest } from './signers.schemas.js';
import { SignersService } from './signers.service.js';

@ApiTags('signers')
@Controller('v1/signers')
export class SignersController {
  constructor(
    private readonly signers: SignersService,
    private readonly idempotency: Idempotency,
  ) {}

  @Post()
  @DescribeCreateSigner()
  async create(
    @Caller() caller: Principal,
    @Body({ schema: signerRequest }) identity: SignerRequest,
    @Req() http: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const work = this.idempotency.run(http, caller.organizationKey, (claim) =>
      this.signers.create(caller, identity, claim),
    );
    sendAnswer(reply, await work);
  }

  @Get(':id')
  @DescribeReadSigner()
  async read(@Caller() caller: Principal, @Param('id') id: string): Promise<unknown> {
    return await this.signers.read(caller, requireUuid(id));
  }

  @Post(':id/keys')
  @DescribeRegisterKey()
  async registerKey(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Body({ schema: keyRequest }) request: KeyRequest,
    @Req() http: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const signer = requireUuid(id);
    const work = this.idempotency.run(http, caller.organizationKey, (claim) =>
      this.signers.registerKey(caller, signer, request, claim),
    );
    sendAnswer(reply, await work);
  }
}

function requireUuid(id: string): string {
  const { data } = z.uuid().toLowerCase().safeParse(id);
  if (data !== undefined) return data;
  throw new ProblemError('not-found', 'no signer with this id in your organization');
}
