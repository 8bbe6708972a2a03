/** The webhook delivery routes. */
import { Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Caller, type Principal } from '../auth/principal.js';
import { ProblemError } from '../problems/problem-error.js';
import { DescribeListDeliveries, DescribeReadDelivery, DescribeResend } from './deliveries.openapi.js';
import { deliveriesQuery, type DeliveriesQuery } from './deliveries.schemas.js';
import { WebhookDeliveries } from './deliveries.service.js';

@ApiTags('webhooks')
@Controller('v1/webhook-deliveries')
export class WebhookDeliveriesController {
  constructor(private readonly deliveries: WebhookDeliveries) {}

  @Get()
  @DescribeListDeliveries()
  async list(
    @Caller() caller: Principal,
    @Query({ schema: deliveriesQuery }) query: DeliveriesQuery,
  ): Promise<unknown> {
    return await this.deliveries.list(caller, query);
  }

  @Get(':id')
  @DescribeReadDelivery()
  async read(@Caller() caller: Principal, @Param('id') id: string): Promise<unknown> {
    return await this.deliveries.read(caller, requireDeliveryId(id));
  }

  @Post(':id/resend')
  @HttpCode(202)
  @DescribeResend()
  async resend(@Caller() caller: Principal, @Param('id') id: string): Promise<unknown> {
    return await this.deliveries.resend(caller, requireDeliveryId(id));
  }
}

function requireDeliveryId(id: string): string {
  const { data } = z.uuid().toLowerCase().safeParse(id);
  if (data !== undefined) return data;
  throw new ProblemError('not-found', 'no webhook delivery with this id in your organization');
}
