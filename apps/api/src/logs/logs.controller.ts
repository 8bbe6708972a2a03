/**
 * The public log under `/logs/{log}/`, read-only and without a key: checkpoint, tiles and entry bundles as C2SP
 * tlog-tiles lays them out, proofs as C2SP tlog-proof, and blocks and events for those who replay. All of it is what
 * the newest published checkpoint covers, and can be checked against it. docs/api/public-log.md.
 */
import { Controller, Get, Param, Query, Req, Res, UseInterceptors } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { LedgerError } from '@cunzheng/ledger';
import { MerkleError } from '@cunzheng/merkle';
import { ProblemError } from '../problems/problem-error.js';
import {
  DescribeBlock,
  DescribeBlocks,
  DescribeCheckpoint,
  DescribeCheckpointOfSize,
  DescribeCheckpoints,
  DescribeDescription,
  DescribeEvents,
  DescribeLogs,
  DescribeProof,
  DescribeTile,
  DescribeTimestamps,
} from './logs.openapi.js';
import {
  blocksQuery,
  checkpointsQuery,
  eventsQuery,
  logNumber,
  proofQuery,
  type PageQuery,
  type ProofQuery,
} from './logs.schemas.js';
import { BYTES, jsonAnswerOf, PublicAccess, sendPublic, TEXT, type PublicAnswer } from './public-answer.js';
import { PublicLogs } from './public-logs.js';
import { type PublishedLog } from './published-log.js';

@ApiTags('log')
@Controller('logs')
@UseInterceptors(PublicAccess)
export class LogsController {
  constructor(private readonly logs: PublicLogs) {}

  @Get()
  @DescribeLogs()
  async list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    sendPublic(request, reply, jsonAnswerOf({ logs: await this.logs.list() }, { immutable: false }));
  }

  @Get(':log/log.v1.json')
  @DescribeDescription()
  async describe(
    @Param('log') log: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const description = await this.logs.describe(log).catch(toProblem);
    sendPublic(request, reply, jsonAnswerOf(description, { immutable: false }));
  }

  @Get(':log/checkpoint')
  @DescribeCheckpoint()
  async checkpoint(
    @Param('log') log: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.answer(log, request, reply, async (published) => {
      return { body: (await published.readHead()).note, type: TEXT, immutable: false };
    });
  }

  @Get(':log/tile/*')
  @DescribeTile()
  async tile(
    @Param('log') log: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.answer(log, request, reply, async (published) => {
      const body = await published.readTile(pathBelow(log, request));
      return { body, type: BYTES, immutable: true };
    });
  }

  @Get(':log/checkpoints')
  @DescribeCheckpoints()
  async checkpoints(
    @Param('log') log: string,
    @Query({ schema: checkpointsQuery }) query: PageQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.answer(log, request, reply, async (published) =>
      pageOf(await this.logs.listCheckpoints(published, query)),
    );
  }

  @Get(':log/checkpoints/:size')
  @DescribeCheckpointOfSize()
  async checkpointOfSize(
    @Param('log') log: string,
    @Param('size') size: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.answer(log, request, reply, async (published) => {
      const { note } = await this.logs.readCheckpoint(published, parseNumber(size));
      // Not immutable: signatures may still be added.
      return { body: note, type: TEXT, immutable: false };
    });
  }

  @Get(':log/checkpoints/:size/timestamps')
  @DescribeTimestamps()
  async timestamps(
    @Param('log') log: string,
    @Param('size') size: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.answer(log, request, reply, async (published) =>
      jsonAnswerOf(await this.logs.listTimestamps(published, parseNumber(size)), { immutable: false }),
    );
  }

  @Get(':log/blocks')
  @DescribeBlocks()
  async blocks(
    @Param('log') log: string,
    @Query({ schema: blocksQuery }) query: PageQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.answer(log, request, reply, async (published) =>
      pageOf(await this.logs.listBlocks(published, query)),
    );
  }

  @Get(':log/blocks/:height')
  @DescribeBlock()
  async block(
    @Param('log') log: string,
    @Param('height') height: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.answer(log, request, reply, async (published) => {
      return jsonAnswerOf(await this.logs.readBlock(published, parseNumber(height)), { immutable: true });
    });
  }

  @Get(':log/events')
  @DescribeEvents()
  async events(
    @Param('log') log: string,
    @Query({ schema: eventsQuery }) query: PageQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.answer(log, request, reply, async (published) =>
      pageOf(await this.logs.listEvents(published, query)),
    );
  }

  @Get(':log/proofs/:leafIndex')
  @DescribeProof()
  async proof(
    @Param('log') log: string,
    @Param('leafIndex') leafIndex: string,
    @Query({ schema: proofQuery }) { size }: ProofQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.answer(log, request, reply, async (published) => {
      const body = await this.logs.proveInclusion(published, parseNumber(leafIndex), size);
      return { body, type: TEXT, immutable: false };
    });
  }

  private async answer(
    logName: string,
    request: FastifyRequest,
    reply: FastifyReply,
    read: (log: PublishedLog) => Promise<PublicAnswer>,
  ): Promise<void> {
    const log = await this.logs.open(logName);
    sendPublic(request, reply, await read(log).catch(toProblem));
  }
}

/** A page that has a next one is complete: it will not change. */
function pageOf(page: { readonly next?: number }): PublicAnswer {
  return jsonAnswerOf(page, { immutable: page.next !== undefined });
}

/** The path below the log as it was sent: a percent-encoded spelling of a tile is another URL, and no tile. */
function pathBelow(logName: string, { raw }: FastifyRequest): string {
  const [path = ''] = (raw.url ?? '').split('?');
  const prefix = `/logs/${logName}/`;
  return path.startsWith(prefix) ? path.slice(prefix.length) : '';
}

/** @throws ProblemError `not-found`: every resource has one URL, so another spelling of a number is none. */
function parseNumber(text: string): number {
  const { data } = logNumber.safeParse(text);
  if (data === undefined)
    throw new ProblemError('not-found', 'the last part of the path is a number, 0 to 2^53−1');
  return data;
}

/**
 * What is not under a published checkpoint was refused before anything was read. A file that is missing nevertheless is
 * damage, not absence: it stays an error, for the operator to see; a tile is `not-ready` until it is made anew.
 */
function toProblem(error: unknown): never {
  const absent =
    error instanceof MerkleError
      ? error.code === 'tile-path'
      : error instanceof LedgerError && error.code === 'checkpoint-missing';
  if (!absent) throw error;
  throw new ProblemError('not-found', 'nothing of that name under the newest checkpoint', { cause: error });
}
