/** The API key routes, for an organization's administrators. */
import { Body, Controller, Delete, Get, Header, HttpCode, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Caller, type Principal } from '../auth/principal.js';
import { OrganizationKeys } from './organization-keys.js';
import { DescribeCreateKey, DescribeListKeys, DescribeRevokeKey } from './organization.openapi.js';
import {
  organizationKeyRequest,
  type CreatedOrganizationKey,
  type OrganizationKey,
  type OrganizationKeyRequest,
} from './organization.schemas.js';

@ApiTags('organization')
@Controller('v1/api-keys')
export class OrganizationKeysController {
  constructor(private readonly keys: OrganizationKeys) {}

  @Post()
  @Header('Cache-Control', 'no-store')
  @DescribeCreateKey()
  async create(
    @Caller() caller: Principal,
    @Body({ schema: organizationKeyRequest }) request: OrganizationKeyRequest,
  ): Promise<CreatedOrganizationKey> {
    return await this.keys.create(caller, request);
  }

  @Get()
  @DescribeListKeys()
  async list(@Caller() caller: Principal): Promise<{ items: OrganizationKey[] }> {
    return { items: await this.keys.list(caller) };
  }

  @Delete(':id')
  @HttpCode(204)
  @DescribeRevokeKey()
  async revoke(@Caller() caller: Principal, @Param('id') id: string): Promise<void> {
    await this.keys.revoke(caller, id);
  }
}
