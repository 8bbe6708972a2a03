/**
 * What a worker counts; docs/operations/metrics.md says what each means. Witnesses and authorities are named as the
 * operator's own files name them; nothing else in a label comes from outside.
 */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { createRegistry } from '@cunzheng/telemetry';

/** Seconds. */
const STEP_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const AGE_BUCKETS = [0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 10, 30, 60, 300];
const ANSWER_BUCKETS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const SIZE_BUCKETS = [1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536];

/** The steps of a block, in order; see sequencer/anchor.ts. */
export type BlockStep = 'prepare' | 'append' | 'tiles' | 'anchor' | 'publish';

export class WorkerMetrics {
  readonly registry: Registry;
  readonly batchRecords: Histogram;
  readonly batchAge: Histogram;
  readonly blockSteps: Histogram<'step'>;
  readonly cosigning: Histogram<'witness'>;
  readonly cosignatures: Counter<'witness'>;
  readonly witnessFailures: Counter<'witness'>;
  readonly witnessTreeSize: Gauge<'witness'>;
  readonly stamping: Histogram<'authority'>;
  readonly tokens: Counter<'authority'>;
  readonly stampFailures: Counter<'authority'>;
  readonly listFetches: Counter<'outcome'>;
  readonly webhookAttempts: Histogram<'outcome'>;
  readonly webhookFirstAttempts: Histogram;
  readonly webhookDeliveries: Counter<'outcome'>;
  readonly webhookPending: Gauge;
  readonly webhookOldest: Gauge;
  readonly webhookDisabled: Gauge;
  readonly errors: Counter<'part'>;
  readonly pendingParcels: Gauge;
  readonly pendingRecords: Gauge;
  readonly pendingOldest: Gauge;
  readonly treeSize: Gauge;
  readonly checkpointAge: Gauge;
  readonly attestedTreeSize: Gauge;
  readonly unattestedAge: Gauge;
  readonly heartbeatAge: Gauge;
  readonly diskFree: Gauge;
  readonly clockState: Gauge;
  readonly clockOffset: Gauge;
  readonly clockBound: Gauge;

  constructor(isServed: boolean) {
    this.registry = createRegistry(isServed);
    this.batchRecords = this.histogram('batch_records', 'Records in a block', SIZE_BUCKETS);
    this.batchAge = this.histogram(
      'batch_age_seconds',
      'How long the oldest record of a batch had waited when it closed',
      AGE_BUCKETS,
    );
    this.blockSteps = this.histogram(
      'block_step_duration_seconds',
      'Time of each step of a block: prepare, append (with fsync), tiles, anchor, publish',
      STEP_BUCKETS,
      ['step'],
    );
    this.cosigning = this.histogram('witness_duration_seconds', 'Time a witness took', ANSWER_BUCKETS, [
      'witness',
    ]);
    this.cosignatures = this.counter('witness_cosignatures_total', 'Cosignatures that were taken', 'witness');
    this.witnessFailures = this.counter(
      'witness_failures_total',
      'Times a witness did not cosign',
      'witness',
    );
    this.witnessTreeSize = this.gauge('witness_tree_size', 'Tree size a witness cosigned last', ['witness']);
    this.stamping = this.histogram('tsa_duration_seconds', 'Time an authority took', ANSWER_BUCKETS, [
      'authority',
    ]);
    this.tokens = this.counter('tsa_tokens_total', 'Timestamps that were verified and kept', 'authority');
    this.stampFailures = this.counter('tsa_failures_total', 'Times an authority did not stamp', 'authority');
    this.listFetches = this.counter('revocation_list_fetches_total', 'Asked for revocation lists', 'outcome');
    this.webhookAttempts = this.histogram(
      'webhook_attempt_duration_seconds',
      'Time of attempts to deliver, by outcome: succeeded or failed',
      ANSWER_BUCKETS,
      ['outcome'],
    );
    this.webhookFirstAttempts = this.histogram(
      'webhook_first_attempt_delay_seconds',
      'How long deliveries waited for their first attempt',
      AGE_BUCKETS,
    );
    this.webhookDeliveries = this.counter(
      'webhook_deliveries_total',
      'Deliveries that are finished, by outcome: succeeded or failed',
      'outcome',
    );
    this.webhookPending = this.gauge('webhook_pending_deliveries', 'Deliveries that are not finished');
    this.webhookOldest = this.gauge(
      'webhook_oldest_due_seconds',
      'Age of the delivery that is overdue longest',
    );
    this.webhookDisabled = this.gauge(
      'webhook_disabled_endpoints',
      'Endpoints that were disabled because their receivers failed',
    );
    this.errors = this.counter('worker_errors_total', 'Failures that are tried again, by part', 'part');
    this.pendingParcels = this.gauge('pending_parcels', 'Parcels that wait for a block');
    this.pendingRecords = this.gauge('pending_records', 'Records that wait for a block');
    this.pendingOldest = this.gauge('pending_oldest_seconds', 'Age of the record that waits longest');
    this.treeSize = this.gauge('checkpoint_tree_size', 'Tree size of the newest checkpoint');
    this.checkpointAge = this.gauge('checkpoint_age_seconds', 'Age of the newest checkpoint');
    this.attestedTreeSize = this.gauge('attested_tree_size', 'Tree size of the newest attested checkpoint');
    this.unattestedAge = this.gauge(
      'unattested_age_seconds',
      'How long the oldest checkpoint has lacked what the policy wants',
    );
    this.heartbeatAge = this.gauge(
      'sequencer_heartbeat_age_seconds',
      'Since a sequencer last said that it works',
    );
    this.diskFree = this.gauge('ledger_disk_free_bytes', "Free space on the ledger's disk");
    this.clockState = this.gauge('clock_state', 'Whether the clock is right: 0 fine, 1 warning, 2 stop');
    this.clockOffset = this.gauge('clock_database_offset_seconds', "Our clock minus the database's");
    this.clockBound = this.gauge(
      'clock_confirmed_bound_seconds',
      'By how much the clock is off at most, as authorities have confirmed it',
    );
  }

  private histogram<T extends string>(
    name: string,
    help: string,
    buckets: number[],
    labelNames: readonly T[] = [],
  ): Histogram<T> {
    return new Histogram({
      name: `cunzheng_${name}`,
      help,
      buckets,
      labelNames: [...labelNames],
      registers: [this.registry],
    });
  }

  private counter<T extends string>(name: string, help: string, label: T): Counter<T> {
    return new Counter({ name: `cunzheng_${name}`, help, labelNames: [label], registers: [this.registry] });
  }

  private gauge<T extends string>(name: string, help: string, labelNames: readonly T[] = []): Gauge<T> {
    return new Gauge({
      name: `cunzheng_${name}`,
      help,
      labelNames: [...labelNames],
      registers: [this.registry],
    });
  }
}
