/** Health: live means this process runs; ready means it can accept evidence now; degraded that an operator should look. */
import { Controller, Get, Header } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Health, type Readiness } from './health.js';
import { DescribeLive, DescribeReady } from './health.openapi.js';

@ApiTags('health')
@Controller('health')
export class HealthController {
  constructor(private readonly health: Health) {}

  @Get('live')
  @Header('Cache-Control', 'no-store')
  @DescribeLive()
  live(): { status: 'live' } {
    return { status: 'live' };
  }

  @Get('ready')
  @Header('Cache-Control', 'no-store')
  @DescribeReady()
  async ready(): Promise<Readiness> {
    return await this.health.read();
  }
}
