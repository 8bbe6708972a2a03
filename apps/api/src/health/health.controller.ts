/** Health: live means this process runs; ready means it can accept evidence now. */
import { Controller, Get, Header } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Database } from '../database/database.js';
import { OpenLogs } from '../logs/open-log.js';
import { ProblemError } from '../problems/problem-error.js';
import { DescribeLive, DescribeReady } from './health.openapi.js';

@ApiTags('health')
@Controller('health')
export class HealthController {
  constructor(
    private readonly database: Database,
    private readonly logs: OpenLogs,
  ) {}

  @Get('live')
  @Header('Cache-Control', 'no-store')
  @DescribeLive()
  live(): { status: 'live' } {
    return { status: 'live' };
  }

  @Get('ready')
  @Header('Cache-Control', 'no-store')
  @DescribeReady()
  async ready(): Promise<{ status: 'ready'; log: string }> {
    await this.database.query('SELECT 1').catch((cause: unknown) => {
      throw new ProblemError('not-ready', 'the database does not answer', { retryAfterSeconds: 2, cause });
    });
    const { origin } = await this.logs.current();
    return { status: 'ready', log: origin };
  }
}
