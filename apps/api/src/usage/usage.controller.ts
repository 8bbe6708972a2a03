/** What an organization has used, for its administrators. */
import { Controller, Get, Header, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { readStored, readUsage } from '@cunzheng/persistence';
import { Caller, type Principal } from '../auth/principal.js';
import { Database } from '../database/database.js';
import { OrganizationLimit } from '../limits/organization-limit.js';
import { ProblemError } from '../problems/problem-error.js';
import { DescribeUsage } from './usage.openapi.js';
import { spanOf, usageQuery, type Usage, type UsageQuery } from './usage.schemas.js';

@ApiTags('organization')
@Controller('v1/usage')
export class UsageController {
  constructor(
    private readonly database: Database,
    private readonly limit: OrganizationLimit,
  ) {}

  @Get()
  @Header('Cache-Control', 'no-store')
  @DescribeUsage()
  async read(@Caller() caller: Principal, @Query({ schema: usageQuery }) query: UsageQuery): Promise<Usage> {
    const span = spanOf(query, Date.now());
    if (!span)
      throw new ProblemError(
        'malformed-request',
        'from must not be after to, and days are 366 at most: ask by=month',
      );
    const { organizationKey } = caller;
    const limits = await this.limit.inForce(caller);
    return await this.database.forOrganization(organizationKey, async (client) => ({
      ...span,
      by: query.by,
      items: await readUsage(client, { organization: organizationKey, ...span, by: query.by }),
      stored: await readStored(client, organizationKey),
      limits,
    }));
  }
}
