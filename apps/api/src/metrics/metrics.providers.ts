/** What metrics, health and traces are made of. */
import { type Provider } from '@nestjs/common';
import { type Settings } from '@cunzheng/settings';
import { type Tracing } from '@cunzheng/telemetry';
import { Database } from '../database/database.js';
import { Health } from '../health/health.js';
import { OpenLogs } from '../logs/open-log.js';
import { ApiMetrics } from './api-metrics.js';
import { TracingEnd } from '../tracing/tracing-end.js';
import { MetricsEndpoint } from './metrics-endpoint.js';

interface MetricsDependencies {
  readonly settings: Settings;
  readonly metrics: ApiMetrics;
  readonly tracing: Tracing;
  readonly onError: (error: unknown) => void;
}

export const metricsProviders = ({
  settings,
  metrics,
  tracing,
  onError,
}: MetricsDependencies): Provider[] => [
  { provide: ApiMetrics, useValue: metrics },
  {
    provide: Health,
    inject: [Database, OpenLogs],
    useFactory: (database: Database, logs: OpenLogs) => new Health(database, logs, settings.ATTEST_LATE_MS),
  },
  {
    provide: MetricsEndpoint,
    inject: [Health],
    useFactory: (health: Health) => new MetricsEndpoint(settings, metrics, health, onError),
  },
  { provide: TracingEnd, useFactory: () => new TracingEnd(tracing) },
];
