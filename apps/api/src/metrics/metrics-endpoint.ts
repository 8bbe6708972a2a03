/** Serves metrics and health of an API process on a port of their own, if one is set. */
import { type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { serveMetrics, type MetricsServer } from '@cunzheng/telemetry';
import { type Settings } from '@cunzheng/settings';
import { type Health } from '../health/health.js';
import { type ApiMetrics } from './api-metrics.js';

export class MetricsEndpoint implements OnApplicationBootstrap, OnApplicationShutdown {
  private server: MetricsServer | undefined;

  constructor(
    private readonly settings: Settings,
    private readonly metrics: ApiMetrics,
    private readonly health: Health,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** Where it listens; undefined when it does not. */
  get port(): number | undefined {
    return this.server?.port;
  }

  async onApplicationBootstrap(): Promise<void> {
    const { settings } = this;
    if (settings.METRICS_PORT === undefined) return;
    this.server = await serveMetrics(
      { host: settings.METRICS_HOST, port: settings.METRICS_PORT },
      {
        registry: this.metrics.registry,
        readHealth: () => this.health.readOrNot(),
        onError: this.onError,
      },
    );
  }

  async onApplicationShutdown(): Promise<void> {
    await this.server?.close();
  }
}
