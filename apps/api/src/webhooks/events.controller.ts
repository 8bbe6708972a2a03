/** `GET /v1/events`: pulling what webhooks push. */
import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Caller, type Principal } from '../auth/principal.js';
import { DescribeListEvents } from './events.openapi.js';
import { eventsQuery, type EventsQuery } from './events.schemas.js';
import { WebhookEvents, type EventPage } from './events.service.js';

@ApiTags('webhooks')
@Controller('v1/events')
export class WebhookEventsController {
  constructor(private readonly events: WebhookEvents) {}

  @Get()
  @DescribeListEvents()
  async list(
    @Caller() caller: Principal,
    @Query({ schema: eventsQuery }) query: EventsQuery,
  ): Promise<EventPage> {
    return await this.events.list(caller, query);
  }
}
