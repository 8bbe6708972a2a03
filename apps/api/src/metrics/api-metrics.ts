/**
 * What an API process counts; docs/operations/metrics.md says what each means. Labels have few values: never an
 * organization, an id, an address or a path.
 */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { createRegistry } from '@cunzheng/telemetry';

/** Seconds. */
const REQUEST_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const STORE_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];

export class ApiMetrics {
  readonly registry: Registry;
  readonly requests: Histogram<'method' | 'route' | 'status'>;
  readonly accepted: Counter;
  readonly refused: Counter;
  readonly buffered: Gauge;
  readonly storing: Histogram;
  readonly errors: Counter;

  constructor(isServed: boolean) {
    const registry = createRegistry(isServed);
    const registers = [registry];
    this.registry = registry;
    this.requests = new Histogram({
      name: 'cunzheng_http_request_duration_seconds',
      help: 'Time from request to answer, by method, route template and status',
      labelNames: ['method', 'route', 'status'],
      buckets: REQUEST_BUCKETS,
      registers,
    });
    this.accepted = new Counter({
      name: 'cunzheng_evidence_accepted_total',
      help: 'Records that were stored for the first time',
      registers,
    });
    this.refused = new Counter({
      name: 'cunzheng_intake_busy_total',
      help: 'Requests refused because the intake buffer was full',
      registers,
    });
    this.buffered = new Gauge({
      name: 'cunzheng_intake_buffered_records',
      help: 'Records in memory that wait to be stored',
      registers,
    });
    this.storing = new Histogram({
      name: 'cunzheng_intake_store_duration_seconds',
      help: 'Time to store one parcel, commit included',
      buckets: STORE_BUCKETS,
      registers,
    });
    this.errors = new Counter({
      name: 'cunzheng_api_background_errors_total',
      help: 'Failures that no request was waiting for',
      registers,
    });
  }
}
