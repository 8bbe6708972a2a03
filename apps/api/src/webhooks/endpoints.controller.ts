/** The webhook endpoint routes. */
import {
  Body,
  Controller,
  Delete,
  Get,
  Header,
  HttpCode,
  Param,
  Patch,
  Post,
  Req,
  Res,
} from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Caller, type Principal } from '../auth/principal.js';
import { Idempotency } from '../idempotency/idempotency.js';
import { sendAnswer } from '../idempotency/send-answer.js';
import { ProblemError } from '../problems/problem-error.js';
import { WebhookDeliveries } from './deliveries.service.js';
import {
  DescribeChangeEndpoint,
  DescribeCreateEndpoint,
  DescribeListEndpoints,
  DescribeReadEndpoint,
  DescribeReadSecrets,
  DescribeRecover,
  DescribeRemoveEndpoint,
  DescribeRotateSecret,
  DescribeTestEndpoint,
} from './endpoints.openapi.js';
import {
  endpointChange,
  endpointRequest,
  recoverRequest,
  type EndpointChange,
  type EndpointRequest,
} from './endpoints.schemas.js';
import { WebhookEndpoints } from './endpoints.service.js';

@ApiTags('webhooks')
@Controller('v1/webhook-endpoints')
export class WebhookEndpointsController {
  constructor(
    private readonly endpoints: WebhookEndpoints,
    private readonly deliveries: WebhookDeliveries,
    private readonly idempotency: Idempotency,
  ) {}

  @Post()
  @DescribeCreateEndpoint()
  async create(
    @Caller() caller: Principal,
    @Body({ schema: endpointRequest }) request: EndpointRequest,
    @Req() http: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const work = this.idempotency.run(http, caller.organizationKey, (claim) =>
      this.endpoints.create(caller, request, claim),
    );
    sendAnswer(reply, await work);
  }

  @Get()
  @DescribeListEndpoints()
  async list(@Caller() caller: Principal): Promise<unknown> {
    return await this.endpoints.list(caller);
  }

  @Get(':id')
  @DescribeReadEndpoint()
  async read(@Caller() caller: Principal, @Param('id') id: string): Promise<unknown> {
    return await this.endpoints.read(caller, requireEndpointId(id));
  }

  @Patch(':id')
  @DescribeChangeEndpoint()
  async change(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Body({ schema: endpointChange }) change: EndpointChange,
  ): Promise<unknown> {
    return await this.endpoints.change(caller, requireEndpointId(id), change);
  }

  @Delete(':id')
  @HttpCode(204)
  @DescribeRemoveEndpoint()
  async remove(@Caller() caller: Principal, @Param('id') id: string): Promise<void> {
    await this.endpoints.remove(caller, requireEndpointId(id));
  }

  @Get(':id/secret')
  @Header('Cache-Control', 'no-store')
  @DescribeReadSecrets()
  async readSecrets(@Caller() caller: Principal, @Param('id') id: string): Promise<unknown> {
    return await this.endpoints.readSecrets(caller, requireEndpointId(id));
  }

  @Post(':id/rotate-secret')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @DescribeRotateSecret()
  async rotateSecret(@Caller() caller: Principal, @Param('id') id: string): Promise<unknown> {
    return await this.endpoints.rotateSecret(caller, requireEndpointId(id));
  }

  @Post(':id/test')
  @HttpCode(202)
  @DescribeTestEndpoint()
  async test(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    const delivery = await this.deliveries.test(caller, requireEndpointId(id));
    void reply.header('Location', `/v1/webhook-deliveries/${delivery.id}`);
    return delivery;
  }

  @Post(':id/recover')
  @HttpCode(202)
  @DescribeRecover()
  async recover(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Body({ schema: recoverRequest }) { since }: z.output<typeof recoverRequest>,
  ): Promise<{ deliveries: number }> {
    return await this.deliveries.recover(caller, requireEndpointId(id), since);
  }
}

function requireEndpointId(id: string): string {
  const { data } = z.uuid().toLowerCase().safeParse(id);
  if (data !== undefined) return data;
  throw new ProblemError('not-found', 'no webhook endpoint with this id in your organization');
}
