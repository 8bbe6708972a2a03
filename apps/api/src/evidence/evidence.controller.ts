/** The evidence routes: accept one or many, read one or many, fetch a receipt. */
import { Body, Controller, Get, Header, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { Caller, type Principal } from '../auth/principal.js';
import { Database } from '../database/database.js';
import { matchesEtag } from '../http/etag.js';
import { invalidContent, validate } from '../http/schema-pipe.js';
import {
  Idempotency,
  storeAnswer,
  type Answer,
  type Claim,
  type StoredAnswer,
} from '../idempotency/idempotency.js';
import { describeAnswer, sendAnswer } from '../idempotency/send-answer.js';
import { OrganizationLimit } from '../limits/organization-limit.js';
import { AnchorWaits, readWait } from '../receipts/anchor-waits.js';
import { discloseFor, receiptQuery, type ReceiptQuery } from '../receipts/disclose.js';
import { ReceiptAssembler, type AssembledReceipt } from '../receipts/receipt-assembler.js';
import {
  DescribeAccept,
  DescribeBatch,
  DescribeList,
  DescribeRead,
  DescribeReceipt,
} from './evidence.openapi.js';
import { EvidenceReader } from './evidence-reader.js';
import { toResource, type EvidenceResource } from './evidence-resource.js';
import {
  batchRequest,
  evidenceQuery,
  evidenceRequest,
  type EvidenceQuery,
  type EvidenceRequest,
} from './evidence.schemas.js';
import { EvidenceService } from './evidence-service.js';

export const RECEIPT_MEDIA_TYPE = 'application/vnd.cunzheng.receipt+json';

@ApiTags('evidence')
@Controller('v1/evidence')
export class EvidenceController {
  constructor(
    private readonly evidence: EvidenceService,
    private readonly reader: EvidenceReader,
    private readonly receipts: ReceiptAssembler,
    private readonly waits: AnchorWaits,
    private readonly idempotency: Idempotency,
    private readonly database: Database,
    private readonly limit: OrganizationLimit,
  ) {}

  @Post()
  @DescribeAccept()
  async accept(
    @Caller() caller: Principal,
    @Body({ schema: evidenceRequest }) request: EvidenceRequest,
    @Req() http: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.limit.admit(caller, 1, reply);
    const answer = await this.idempotency.run(http, caller.organizationKey, (claim) =>
      this.storing(claim, caller, () => this.evidence.accept(caller, request, claim)),
    );
    const waitSeconds = readWait(http.headers['prefer']);
    const receipt =
      waitSeconds === undefined ? undefined : await this.waitFor(caller, answer, waitSeconds, reply);
    if (receipt) {
      void reply.header('Preference-Applied', `wait=${waitSeconds}`);
      sendReceipt(reply, receipt, answer);
    } else {
      sendAnswer(reply, answer);
    }
  }

  @Post('batch')
  @DescribeBatch()
  async acceptBatch(
    @Caller() caller: Principal,
    @Body() body: unknown,
    @Req() http: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const batch = validate(batchRequest, body);
    if ('errors' in batch) throw invalidContent(batch.errors);
    await this.limit.admit(caller, batch.value.items.length, reply);
    const answer = await this.idempotency.run(http, caller.organizationKey, (claim) =>
      this.storing(claim, caller, () => this.evidence.acceptBatch(caller, batch.value.items, claim)),
    );
    sendAnswer(reply, answer);
  }

  @Get()
  @DescribeList()
  async list(
    @Caller() caller: Principal,
    @Query({ schema: evidenceQuery }) query: EvidenceQuery,
  ): Promise<{ items: EvidenceResource[]; nextCursor?: string }> {
    const { items, nextCursor } = await this.reader.list(caller, query);
    return { items: items.map(toResource), ...(nextCursor !== undefined && { nextCursor }) };
  }

  @Get(':id')
  @Header('Cache-Control', 'no-store')
  @DescribeRead()
  async read(@Caller() caller: Principal, @Param('id') id: string): Promise<EvidenceResource> {
    return toResource(await this.reader.loadOne(caller, id));
  }

  @Get(':id/receipt')
  @DescribeReceipt()
  async receipt(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Query({ schema: receiptQuery }) query: ReceiptQuery,
    @Req() http: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const evidence = await this.reader.loadOne(caller, id);
    const receipt = await this.receipts.assemble(evidence, discloseFor(evidence, query));
    void reply.header('ETag', receipt.etag).header('Cache-Control', 'private, no-cache');
    if (matchesEtag(http.headers['if-none-match'], receipt.etag)) void reply.status(304).send();
    else void reply.type(RECEIPT_MEDIA_TYPE).send(receipt.bytes);
  }

  /** Stores the answer under the claim where the intake statement has not done so. */
  private async storing(
    claim: Claim | undefined,
    caller: Principal,
    work: () => Promise<StoredAnswer & { stored: boolean }>,
  ): Promise<StoredAnswer> {
    const { stored, ...answer } = await work();
    if (claim && !stored) {
      await this.database.forOrganization(caller.organizationKey, (client) =>
        storeAnswer(client, claim, answer),
      );
    }
    return answer;
  }

  private async waitFor(
    caller: Principal,
    answer: Answer,
    seconds: number,
    reply: FastifyReply,
  ): Promise<AssembledReceipt | undefined> {
    const id = answer.location?.split('/').at(-1);
    if (id === undefined) return undefined;
    const closed = new AbortController();
    // The request itself closes as soon as it is read; the reply when the client has gone away.
    reply.raw.once('close', () => {
      closed.abort();
    });
    const anchored = await this.waits.until(
      async () => {
        const evidence = (await this.reader.load(caller, [id])).get(id);
        return evidence?.anchoring ? evidence : undefined;
      },
      seconds,
      closed.signal,
    );
    return anchored && (await this.receipts.assemble(anchored));
  }
}

function sendReceipt(reply: FastifyReply, receipt: AssembledReceipt, answer: Answer): void {
  describeAnswer(reply, answer);
  void reply.status(200).header('ETag', receipt.etag).type(RECEIPT_MEDIA_TYPE).send(receipt.bytes);
}
