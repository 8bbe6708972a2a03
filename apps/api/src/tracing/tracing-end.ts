/** Sends the last spans once the last request was answered. */
import { type OnApplicationShutdown } from '@nestjs/common';
import { type Tracing } from '@cunzheng/telemetry';

export class TracingEnd implements OnApplicationShutdown {
  constructor(private readonly tracing: Tracing) {}

  onApplicationShutdown(): Promise<void> {
    return this.tracing.close();
  }
}
