/** Wires the API together. Every service takes what it needs as constructor arguments; nothing looks things up. */
import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';
import { AnchorSignals, connectQueue, type QueueConnection } from '@cunzheng/anchor-queue';
import { ValueCipher } from '@cunzheng/persistence';
import { type Settings } from '@cunzheng/settings';
import { readTsaRoots } from '@cunzheng/timestamp/node';
import { type Tracing } from '@cunzheng/telemetry';
import { policyFromSettings } from '@cunzheng/webhooks';
import { formatPem } from '@cunzheng/x509';
import { auditProviders } from './audit/audit.providers.js';
import { AuditLogController } from './audit/audit-log.controller.js';
import { ApiKeys } from './auth/api-keys.js';
import { AuthGuard } from './auth/auth.guard.js';
import { certificateProviders } from './certificates/certificates.providers.js';
import { CertificatesController } from './certificates/certificates.controller.js';
import { Clock } from './clock/clock.js';
import { clockProviders } from './clock/clock.providers.js';
import { Database } from './database/database.js';
import { Notifications } from './database/notifications.js';
import { openValues } from './database/open-values.js';
import { ErasureController } from './erasure/erasure.controller.js';
import { Erasures } from './erasure/erasures.js';
import { EvidenceController } from './evidence/evidence.controller.js';
import { EvidenceReader } from './evidence/evidence-reader.js';
import { EvidenceService } from './evidence/evidence-service.js';
import { HealthController } from './health/health.controller.js';
import { SchemaPipe } from './http/schema-pipe.js';
import { Idempotency } from './idempotency/idempotency.js';
import { ImportsController } from './imports/imports.controller.js';
import { bulkProviders } from './imports/imports.providers.js';
import { Intake } from './intake/intake.js';
import { ParcelConnections } from './intake/parcel-connections.js';
import { Lifecycle, QUEUE } from './lifecycle.js';
import { Ledgers } from './logs/ledgers.js';
import { LogRecords } from './logs/log-records.js';
import { LogsController } from './logs/logs.controller.js';
import { OpenLogs } from './logs/open-log.js';
import { PublicLogs } from './logs/public-logs.js';
import { PackagesController } from './packages/packages.controller.js';
import { packageProviders } from './packages/packages.providers.js';
import { ApiMetrics } from './metrics/api-metrics.js';
import { metricsProviders } from './metrics/metrics.providers.js';
import { ProblemFilter } from './problems/problem-filter.js';
import { AnchorWaits } from './receipts/anchor-waits.js';
import { ReceiptAssembler } from './receipts/receipt-assembler.js';
import { SIGNER_ROOTS, TSA_ROOTS, VerificationController } from './receipts/verification.controller.js';
import { ReceiptsController } from './receipts/receipts.controller.js';
import { PublicEvidenceController } from './sharing/public-evidence.controller.js';
import { sharingProviders } from './sharing/sharing.providers.js';
import { SharingController } from './sharing/sharing.controller.js';
import { RevocationsController } from './signers/revocations.controller.js';
import { KeyCertificatesController } from './signers/key-certificates.controller.js';
import { readSignerRoots } from './signers/signer-roots.js';
import { organizationProviders } from './organization/organization.providers.js';
import { MembersController } from './organization/members.controller.js';
import { OrganizationKeysController } from './organization/organization-keys.controller.js';
import { SignerKeys } from './signers/signer-keys.js';
import { SignersController } from './signers/signers.controller.js';
import { signerProviders } from './signers/signers.providers.js';
import { SignersService } from './signers/signers.service.js';
import { SupervisionController } from './supervision/supervision.controller.js';
import { supervisionProviders } from './supervision/supervision.providers.js';
import { WebhookDeliveriesController } from './webhooks/deliveries.controller.js';
import { WebhookDeliveries } from './webhooks/deliveries.service.js';
import { WebhookEndpointsController } from './webhooks/endpoints.controller.js';
import { WebhookEndpoints } from './webhooks/endpoints.service.js';
import { WebhookEventsController } from './webhooks/events.controller.js';
import { WebhookEvents } from './webhooks/events.service.js';
import { UsageController } from './usage/usage.controller.js';
import { TsaController } from './tsa/tsa.controller.js';
import { tsaProviders } from './tsa/tsa.providers.js';

/** Settings of an API process; `DATABASE_URL` is required. */
export type ApiSettings = Settings & { readonly DATABASE_URL: string };

/** Connections that carry parcels; more would only make the parcels smaller. */
const PARCEL_CONNECTIONS = 2;

export interface ApiDependencies {
  readonly settings: ApiSettings;
  /** Hears of trouble that no request is waiting for. */
  readonly onError: (error: unknown) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly metrics: ApiMetrics;
  readonly tracing: Tracing;
}

@Module({})
export class AppModule {
  static create(dependencies: ApiDependencies): DynamicModule {
    return {
      module: AppModule,
      controllers: [
        EvidenceController,
        ImportsController,
        ErasureController,
        SignersController,
        RevocationsController,
        ReceiptsController,
        KeyCertificatesController,
        VerificationController,
        CertificatesController,
        PackagesController,
        SharingController,
        PublicEvidenceController,
        MembersController,
        OrganizationKeysController,
        UsageController,
        SupervisionController,
        AuditLogController,
        LogsController,
        TsaController,
        WebhookEndpointsController,
        WebhookDeliveriesController,
        WebhookEventsController,
        HealthController,
      ],
      providers: [
        ...connections(dependencies),
        ...clockProviders(dependencies),
        ...services(dependencies),
        ...webhooks(dependencies),
        ...sharingProviders(dependencies.settings),
        ...tsaProviders(dependencies.settings, dependencies.now),
        ...certificateProviders(dependencies.settings),
        ...packageProviders(dependencies),
        ...bulkProviders,
        ...auditProviders(dependencies),
        ...organizationProviders(dependencies.settings),
        ...supervisionProviders,
        ...signerProviders(dependencies.now),
        ...metricsProviders(dependencies),
        ...privacy(dependencies),
        ...globals,
        Lifecycle,
      ],
    };
  }
}

function connections({ settings, onError }: ApiDependencies): Provider[] {
  const url = settings.DATABASE_URL;
  return [
    { provide: Database, useFactory: () => new Database(url) },
    { provide: Notifications, useFactory: () => new Notifications(url) },
    { provide: ParcelConnections, useFactory: () => new ParcelConnections(url, PARCEL_CONNECTIONS) },
    { provide: QUEUE, useFactory: () => connectQueue({ redisUrl: settings.REDIS_URL, databaseUrl: url }) },
    {
      provide: AnchorSignals,
      inject: [QUEUE],
      useFactory: (queue: QueueConnection) => new AnchorSignals(queue, onError),
    },
    { provide: Ledgers, useFactory: () => new Ledgers(settings.LEDGER_DIR) },
  ];
}

function services({ settings, now, onError, tracing }: ApiDependencies): Provider[] {
  return [
    { provide: SIGNER_ROOTS, useFactory: () => readSignerRoots(settings.SIGNER_ROOTS_FILE) },
    { provide: TSA_ROOTS, useFactory: () => readTsaRoots(settings.TSA_ROOTS_FILE) },
    {
      provide: ApiKeys,
      inject: [Database],
      useFactory: (database: Database) => new ApiKeys(database, now, onError),
    },
    {
      provide: SignerKeys,
      inject: [Database, ValueCipher, SIGNER_ROOTS],
      useFactory: (database: Database, values: ValueCipher, roots: readonly Uint8Array[]) =>
        new SignerKeys(database, values, roots, now),
    },
    {
      provide: OpenLogs,
      inject: [Database, Notifications],
      useFactory: (database: Database, heard: Notifications) => new OpenLogs(database, heard, now),
    },
    {
      provide: PublicLogs,
      inject: [Ledgers, Database, TSA_ROOTS],
      useFactory: (ledgers: Ledgers, database: Database, roots: readonly Uint8Array[]) =>
        new PublicLogs(
          ledgers,
          new LogRecords(database),
          roots.map((der) => formatPem(der, 'CERTIFICATE')).join(''),
        ),
    },
    {
      provide: Idempotency,
      inject: [Database, ValueCipher],
      useFactory: (database: Database, values: ValueCipher) => new Idempotency(database, values),
    },
    {
      provide: SignersService,
      inject: [Database, ValueCipher],
      useFactory: (database: Database, values: ValueCipher) => new SignersService(database, values),
    },
    {
      provide: EvidenceReader,
      inject: [Database, ValueCipher],
      useFactory: (database: Database, values: ValueCipher) => new EvidenceReader(database, values),
    },
    {
      provide: ReceiptAssembler,
      inject: [Ledgers, Database],
      useFactory: (ledgers: Ledgers, database: Database) => new ReceiptAssembler(ledgers, database),
    },
    {
      provide: AnchorWaits,
      inject: [Notifications],
      useFactory: (notifications: Notifications) => new AnchorWaits(notifications),
    },
    {
      provide: Intake,
      inject: [ParcelConnections, AnchorSignals, ApiMetrics],
      useFactory: (parcels: ParcelConnections, signals: AnchorSignals, metrics: ApiMetrics) =>
        new Intake(parcels, signals, settings.INTAKE_BUFFER_ROWS, metrics, tracing),
    },
    {
      provide: EvidenceService,
      inject: [OpenLogs, Intake, EvidenceReader, SignerKeys, SIGNER_ROOTS, TSA_ROOTS, ValueCipher, Clock],
      useFactory: (
        logs: OpenLogs,
        intake: Intake,
        reader: EvidenceReader,
        keys: SignerKeys,
        signerRoots: readonly Uint8Array[],
        tsaRoots: readonly Uint8Array[],
        values: ValueCipher,
        clock: Clock,
      ) => new EvidenceService(logs, intake, reader, keys, signerRoots, tsaRoots, values, clock, onError),
    },
  ];
}

function privacy({ settings }: ApiDependencies): Provider[] {
  return [
    { provide: ValueCipher, useFactory: () => openValues(settings) },
    {
      provide: Erasures,
      inject: [Database, EvidenceReader, OpenLogs, ValueCipher, Clock],
      useFactory: (
        database: Database,
        reader: EvidenceReader,
        logs: OpenLogs,
        values: ValueCipher,
        clock: Clock,
      ) => new Erasures(database, reader, logs, values, clock),
    },
  ];
}

function webhooks({ settings }: ApiDependencies): Provider[] {
  const policy = policyFromSettings(settings);
  return [
    {
      provide: WebhookEndpoints,
      inject: [Database, ValueCipher],
      useFactory: (database: Database, values: ValueCipher) => new WebhookEndpoints(database, values, policy),
    },
    {
      provide: WebhookDeliveries,
      inject: [Database],
      useFactory: (database: Database) => new WebhookDeliveries(database),
    },
    {
      provide: WebhookEvents,
      inject: [Database],
      useFactory: (database: Database) => new WebhookEvents(database),
    },
  ];
}

const globals: Provider[] = [
  { provide: APP_FILTER, useClass: ProblemFilter },
  { provide: APP_GUARD, useClass: AuthGuard },
  { provide: APP_PIPE, useClass: SchemaPipe },
];
