/** The import routes: make one, go on with it, read its progress and its results. */
import { Body, Controller, Get, Header, HttpCode, Param, Patch, Post, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { noteRecords } from '../audit/audit-notes.js';
import { Caller, type Principal } from '../auth/principal.js';
import { sendLines } from '../http/ndjson-answer.js';
import { requireNdjson } from '../http/ndjson-body.js';
import { ProblemError } from '../problems/problem-error.js';
import { type ImportProgress } from './import-rows.js';
import {
  DescribeCreateImport,
  DescribeImportResults,
  DescribeReadImport,
  DescribeResumeImport,
} from './imports.openapi.js';
import {
  importId,
  resultsQuery,
  resumeQuery,
  type ResultsQuery,
  type ResumeQuery,
} from './imports.schemas.js';
import { Imports } from './imports.service.js';

@ApiTags('imports')
@Controller('v1/imports')
export class ImportsController {
  constructor(private readonly imports: Imports) {}

  @Post()
  @DescribeCreateImport()
  async create(
    @Caller() caller: Principal,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ImportProgress> {
    const made = await answering(reply, () => this.imports.create(caller, requireNdjson(body)));
    noteRecords(request, made.accepted, [made.id]);
    void reply.header('Location', `/v1/imports/${made.id}`);
    return made;
  }

  @Patch(':id')
  @HttpCode(200)
  @DescribeResumeImport()
  async resume(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Query({ schema: resumeQuery }) { offset }: ResumeQuery,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ImportProgress> {
    const progress = await answering(reply, () =>
      this.imports.resume(caller, requireId(id), offset, requireNdjson(body)),
    );
    noteRecords(request, progress.accepted, []);
    return progress;
  }

  @Get(':id')
  @Header('Cache-Control', 'no-store')
  @DescribeReadImport()
  async read(@Caller() caller: Principal, @Param('id') id: string): Promise<ImportProgress> {
    return await this.imports.read(caller, requireId(id));
  }

  @Get(':id/results')
  @DescribeImportResults()
  async results(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Query({ schema: resultsQuery }) { after }: ResultsQuery,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { id: found } = await this.imports.read(caller, requireId(id));
    await sendLines(reply, this.imports.results(caller, found, after));
  }
}

/** How long a client that still sends is listened to after a refusal, so that it can read why. */
const LINGER_MS = 5_000;

/** When an import fails on its way, the rest of the stream is thrown away for a moment, and then the connection ends. */
async function answering<T>(reply: FastifyReply, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { raw } = reply.request;
    raw.resume();
    setTimeout(() => {
      if (!raw.complete) raw.destroy();
    }, LINGER_MS).unref();
    throw error;
  }
}

function requireId(given: string): string {
  const { data } = importId.safeParse(given);
  if (data === undefined) throw new ProblemError('not-found', 'no import with this id in your organization');
  return data;
}
