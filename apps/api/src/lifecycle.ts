/** What has to happen once before the first request and once after the last. */
import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { AnchorSignals, type QueueConnection } from '@cunzheng/anchor-queue';
import {
  assertRestrictedRole,
  KEYS_CHANNEL,
  registerValueKeys,
  ValueCipher,
  waitForSchema,
} from '@cunzheng/persistence';
import { AuditTrail } from './audit/audit-trail.js';
import { ApiKeys } from './auth/api-keys.js';
import { Database } from './database/database.js';
import { Notifications } from './database/notifications.js';
import { Intake } from './intake/intake.js';
import { Ledgers } from './logs/ledgers.js';
import { AnchorWaits } from './receipts/anchor-waits.js';
import { SignerKeys } from './signers/signer-keys.js';

export const QUEUE = Symbol('queue connection');

const SCHEMA_TIMEOUT_MS = 60_000;

@Injectable()
export class Lifecycle implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  constructor(
    private readonly database: Database,
    private readonly values: ValueCipher,
    private readonly notifications: Notifications,
    private readonly apiKeys: ApiKeys,
    private readonly signerKeys: SignerKeys,
    private readonly waits: AnchorWaits,
    private readonly intake: Intake,
    private readonly signals: AnchorSignals,
    private readonly ledgers: Ledgers,
    private readonly audit: AuditTrail,
    @Inject(QUEUE) private readonly queue: QueueConnection,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await waitForSchema(this.database.pool, SCHEMA_TIMEOUT_MS);
    await assertRestrictedRole(this.database.pool);
    await registerValueKeys(this.database.pool, this.values.current);
    this.notifications.on(KEYS_CHANNEL, () => {
      this.apiKeys.forget();
      this.signerKeys.forget();
    });
    await this.notifications.start();
  }

  /** Requests that wait for a block are answered now, so that the server can finish. */
  beforeApplicationShutdown(): void {
    this.waits.close();
  }

  /** The server has answered its last request: store what is buffered, then disconnect. */
  async onApplicationShutdown(): Promise<void> {
    await this.intake.close();
    await this.signals.close();
    await this.audit.close();
    await Promise.all([
      this.queue.close(),
      this.notifications.close(),
      this.ledgers.close(),
      this.database.close(),
    ]);
  }
}
