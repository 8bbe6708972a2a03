/** Wires the worker together: an application context without HTTP. */
import { Module, type DynamicModule } from '@nestjs/common';
import { type Pool } from 'pg';
import { type Logger } from 'pino';
import { connectQueue } from '@cunzheng/anchor-queue';
import { createPool, type LogState } from '@cunzheng/persistence';
import { type Tsa } from '@cunzheng/timestamp/node';
import { AuditHeads } from './audit-heads.js';
import { Attester } from './attester/attester.js';
import { readAttestationPolicy, type AttestationPolicy } from './attester/log-policy.js';
import { Stamper } from './attester/stamper.js';
import { readTsas } from './attester/tsa-settings.js';
import { ClockWatch } from './clock/clock-watch.js';
import { establishLog, identifyLog, type LogIdentity } from './log-key/log-identity.js';
import { LogRunner } from './log-runner.js';
import { LogRunners } from './log-runners.js';
import { Sequencer, type SequencerSettings } from './sequencer/sequencer.js';
import { publishTrust } from './trust/publish-trust.js';
import { type Outbound } from './outbound/guarded-agent.js';
import { RevocationCollector } from './revocation/revocation-collector.js';
import { Deliverer } from './webhooks/deliverer.js';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { parseVerifierKey, type PolicyWitness, type VerifierKey } from '@cunzheng/receipt';
import { policyFromSettings } from '@cunzheng/webhooks';
import { noTracing, serveMetrics, type MetricsServer, type Tracing } from '@cunzheng/telemetry';
import { LogWatch } from './metrics/log-watch.js';
import { WorkerMetrics } from './metrics/worker-metrics.js';
import { Worker } from './worker.js';

const DELIVERY_CONNECTIONS = 4;

export interface WorkerDependencies {
  readonly settings: SequencerSettings;
  readonly pool: Pool;
  readonly logger: Logger;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly tracing?: Tracing;
  /** How webhooks and questions for revocation lists get out, where not as usual. */
  readonly outbound?: Outbound;
}

@Module({})
export class WorkerModule {
  static create(dependencies: WorkerDependencies): DynamicModule {
    const { settings, pool, logger, now, outbound = {}, tracing = noTracing } = dependencies;
    const createWorker = async (): Promise<Worker> => {
      const current = await establishLog(pool, settings, (message) => {
        logger.warn(message);
      });
      const { tsas, roots } = readTsas(settings, current.origin);
      const clock = watchClock(tsas, roots, { settings, pool, logger, now });
      await clock.look().catch(() => undefined);
      let publishing = Promise.resolve();
      const publish = (): Promise<void> =>
        (publishing = publishing
          .catch(() => undefined)
          .then(() => publishTrust({ settings, pool, logger }, roots)));
      await publish();
      const metrics = new WorkerMetrics(settings.WORKER_METRICS_PORT !== undefined);
      const revocation = createCollector({ settings, pool, logger, now, outbound }, roots, metrics);
      await revocation.load();
      const createRunner = async (state: LogState): Promise<LogRunner> => {
        const log = state.id === current.id ? current : await identifyLog(pool, settings.KEYS_DIR, state);
        const sequencer = new Sequencer(settings, log, clock, logger, now, metrics, tracing);
        const attester = createAttester(
          { settings, pool, logger, now, tracing },
          log,
          current,
          metrics,
          revocation,
        );
        return new LogRunner(sequencer, attester, publish, () => {
          runners.look();
        });
      };
      const runners = new LogRunners(createRunner, pool, settings.SWEEP_INTERVAL_MS, logger);
      const queue = connectQueue({ redisUrl: settings.REDIS_URL, databaseUrl: settings.DATABASE_URL });
      const deliveryPool = createPool({
        connectionString: settings.DATABASE_URL,
        max: DELIVERY_CONNECTIONS,
        application_name: 'cunzheng-webhooks',
      });
      const deliverer = new Deliverer({
        settings,
        pool: deliveryPool,
        queue,
        logger,
        now,
        outbound,
        metrics,
        tracing,
      });
      const readWitnesses = (vkeys: readonly string[]): readonly PolicyWitness[] =>
        readPolicy(settings, vkeys.map(toVerifierKey), current).policy.witnesses;
      const watch = new LogWatch(settings, readWitnesses, pool, metrics);
      const server = await serve(watch, clock, metrics, { settings, logger });
      const auditHeads = new AuditHeads(pool, settings.AUDIT_HEAD_INTERVAL_MS, logger);
      return new Worker(
        runners,
        deliverer,
        clock,
        revocation,
        auditHeads,
        queue,
        pool,
        logger,
        metrics,
        server,
      );
    };
    return {
      module: WorkerModule,
      providers: [{ provide: Worker, useFactory: createWorker }],
    };
  }
}

function watchClock(
  tsas: readonly Tsa[],
  roots: readonly Uint8Array[],
  { settings, pool, logger, now }: WorkerDependencies,
): ClockWatch {
  const { TSA_TIMEOUT_MS, CLOCK_BOUND_MS, CLOCK_CHECK_INTERVAL_MS } = settings;
  const timing = { timeoutMs: TSA_TIMEOUT_MS, boundMs: CLOCK_BOUND_MS, intervalMs: CLOCK_CHECK_INTERVAL_MS };
  return new ClockWatch({ tsas, roots, now, ...timing }, pool, logger);
}

async function serve(
  watch: LogWatch,
  clock: ClockWatch,
  metrics: WorkerMetrics,
  { settings, logger }: Pick<WorkerDependencies, 'settings' | 'logger'>,
): Promise<MetricsServer | undefined> {
  const port = settings.WORKER_METRICS_PORT;
  if (port === undefined) return undefined;
  return await serveMetrics(
    { host: settings.METRICS_HOST, port },
    {
      registry: metrics.registry,
      refresh: () => {
        setClockGauges(metrics, clock);
        return watch.refresh();
      },
      readHealth: () => watch.readHealth(),
      onError: (error) => {
        metrics.errors.inc({ part: 'metrics' });
        logger.warn({ err: error }, 'metrics');
      },
    },
  );
}

const toVerifierKey = (vkey: string): VerifierKey => parseVerifierKey(nativeCrypto, vkey);

const CLOCK_STATES = { fine: 0, warn: 1, stop: 2 } as const;

function setClockGauges({ clockState, clockOffset, clockBound }: WorkerMetrics, clock: ClockWatch): void {
  const { state, databaseOffsetMs, confirmedBoundMs } = clock.describe();
  clockState.set(CLOCK_STATES[state]);
  // Not a number where it is not known: zero would say that the clock is exact.
  clockOffset.set((databaseOffsetMs ?? NaN) / 1_000);
  clockBound.set((confirmedBoundMs ?? NaN) / 1_000);
}

function readPolicy(
  settings: SequencerSettings,
  keys: readonly VerifierKey[],
  current: LogIdentity,
): AttestationPolicy {
  const ours = [...keys, ...current.keys.all];
  return readAttestationPolicy(settings.POLICY_FILE, settings.MIN_TIMESTAMPS, keys, ours);
}

function createCollector(
  { settings, pool, logger, now, outbound = {} }: WorkerDependencies,
  roots: readonly Uint8Array[],
  metrics: WorkerMetrics,
): RevocationCollector {
  const timing = { timeoutMs: settings.TSA_TIMEOUT_MS, intervalMs: settings.ATTEST_INTERVAL_MS, now };
  const options = { roots, policy: policyFromSettings(settings), ...timing, ...outbound };
  return new RevocationCollector(options, pool, logger, metrics);
}

/** The attester of a log, or undefined where neither witnesses nor authorities are asked. */
function createAttester(
  { settings, pool, logger, now, tracing = noTracing }: WorkerDependencies,
  log: LogIdentity,
  current: LogIdentity,
  metrics: WorkerMetrics,
  revocation: RevocationCollector,
): Attester | undefined {
  const { tsas, roots } = readTsas(settings, log.origin);
  const readRequired = (): AttestationPolicy => readPolicy(settings, log.keys.all, current);
  if (!readRequired().isRequired && tsas.length === 0) return undefined;
  const timing = { timeoutMs: settings.TSA_TIMEOUT_MS, intervalMs: settings.ATTEST_INTERVAL_MS, now };
  const stamper = new Stamper({ tsas, roots, ...timing }, pool, logger, metrics, tracing, revocation);
  return new Attester(settings, log, readRequired, stamper, pool, logger, now, metrics, tracing);
}
