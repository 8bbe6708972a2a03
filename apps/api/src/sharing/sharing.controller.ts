/** What an owner decides: share links and publication of one piece of evidence. */
import { Body, Controller, Delete, Get, Header, HttpCode, Param, Post, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Caller, type Principal } from '../auth/principal.js';
import { EvidenceReader, type LoadedEvidence } from '../evidence/evidence-reader.js';
import { isChosenBy, listDisclosureNames } from '@cunzheng/receipt';
import { invalidContent } from '../http/schema-pipe.js';
import { ProblemError } from '../problems/problem-error.js';
import { Publications } from './publications.js';
import { Shares } from './shares.js';
import {
  DescribeCreateShare,
  DescribeListShares,
  DescribePublish,
  DescribeReadPublication,
  DescribeRevokeShare,
  DescribeWithdraw,
} from './sharing.openapi.js';
import {
  publicationRequest,
  shareRequest,
  type CreatedShare,
  type Publication,
  type PublicationRequest,
  type Share,
  type ShareRequest,
} from './sharing.schemas.js';

@ApiTags('sharing')
@Controller('v1/evidence/:id')
export class SharingController {
  constructor(
    private readonly reader: EvidenceReader,
    private readonly shares: Shares,
    private readonly publications: Publications,
  ) {}

  @Post('shares')
  @Header('Cache-Control', 'no-store')
  @DescribeCreateShare()
  async createShare(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Body({ schema: shareRequest }) request: ShareRequest,
  ): Promise<CreatedShare> {
    const evidence = await this.reader.loadOne(caller, id);
    assertDisclosed(evidence, request.disclose);
    return await this.shares.create(caller, evidence.record.id, request);
  }

  @Get('shares')
  @DescribeListShares()
  async listShares(@Caller() caller: Principal, @Param('id') id: string): Promise<{ items: Share[] }> {
    const { record } = await this.reader.loadOne(caller, id);
    return { items: await this.shares.list(caller, record.id) };
  }

  @Delete('shares/:share')
  @HttpCode(204)
  @DescribeRevokeShare()
  async revokeShare(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Param('share') share: string,
  ): Promise<void> {
    const { record } = await this.reader.loadOne(caller, id);
    const { data } = z.uuid().toLowerCase().safeParse(share);
    if (data === undefined || !(await this.shares.revoke(caller, record.id, data)))
      throw new ProblemError('not-found', 'this evidence has no share link with this id');
  }

  @Put('publication')
  @DescribePublish()
  async publish(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Body({ schema: publicationRequest }) { disclose }: PublicationRequest,
  ): Promise<Publication> {
    const evidence = await this.reader.loadOne(caller, id);
    assertDisclosed(evidence, disclose);
    return await this.publications.publish(caller, evidence, disclose);
  }

  @Get('publication')
  @DescribeReadPublication()
  async readPublication(@Caller() caller: Principal, @Param('id') id: string): Promise<Publication> {
    const { record } = await this.reader.loadOne(caller, id);
    const publication = await this.publications.read(caller, record.id);
    if (publication) return publication;
    throw new ProblemError('not-found', 'this evidence is private');
  }

  @Delete('publication')
  @HttpCode(204)
  @DescribeWithdraw()
  async withdraw(@Caller() caller: Principal, @Param('id') id: string): Promise<void> {
    const { record } = await this.reader.loadOne(caller, id);
    await this.publications.withdraw(caller, record.id);
  }
}

/** @throws ProblemError `invalid-content` for a name that the evidence does not disclose, or that is given twice. */
function assertDisclosed({ record }: LoadedEvidence, names: readonly string[]): void {
  const present = listDisclosureNames(record.disclosures);
  const errors = names.flatMap((name, index) =>
    present.some((candidate) => isChosenBy(candidate, name)) && names.indexOf(name) === index
      ? []
      : [{ pointer: `/disclose/${index}`, detail: 'not a disclosure of this evidence, or named twice' }],
  );
  if (errors.length > 0) throw invalidContent(errors);
}
