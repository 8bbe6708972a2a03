/** The erasure routes. They need a scope of their own: what they erase is gone. */
import { Controller, Delete, Header, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Caller, type Principal } from '../auth/principal.js';
import { ProblemError } from '../problems/problem-error.js';
import { DescribeEraseEvidence, DescribeEraseSigner } from './erasure.openapi.js';
import { Erasures, type EvidenceErasure, type SignerErasure } from './erasures.js';
import { erasureQuery, type ErasureQuery } from './personal-names.js';

@ApiTags('personal data')
@Controller('v1')
export class ErasureController {
  constructor(private readonly erasures: Erasures) {}

  @Delete('evidence/:id/personal-data')
  @Header('Cache-Control', 'no-store')
  @DescribeEraseEvidence()
  async eraseEvidence(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Query({ schema: erasureQuery }) query: ErasureQuery,
  ): Promise<EvidenceErasure> {
    return await this.erasures.eraseEvidence(caller, requireUuid(id, 'evidence'), query);
  }

  @Delete('signers/:id/personal-data')
  @Header('Cache-Control', 'no-store')
  @DescribeEraseSigner()
  async eraseSigner(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Query({ schema: erasureQuery }) query: ErasureQuery,
  ): Promise<SignerErasure> {
    return await this.erasures.eraseSigner(caller, requireUuid(id, 'signer'), query);
  }
}

function requireUuid(id: string, what: string): string {
  const { data } = z.uuid().toLowerCase().safeParse(id);
  if (data !== undefined) return data;
  throw new ProblemError('not-found', `no ${what} with this id in your organization`);
}
