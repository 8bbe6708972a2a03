/** Providers of the timestamping authority. */
import { type Provider } from '@nestjs/common';
import { AnchorSignals } from '@cunzheng/anchor-queue';
import { parseOrigin } from '@cunzheng/ledger';
import { type Settings } from '@cunzheng/settings';
import { Clock } from '../clock/clock.js';
import { Database } from '../database/database.js';
import { TsaLimit } from '../limits/tsa-limit.js';
import { OpenLogs } from '../logs/open-log.js';
import { ReceiptAssembler } from '../receipts/receipt-assembler.js';
import { TokenReceipts } from './token-receipts.js';
import { TokenStore } from './token-store.js';
import { openTsaIdentity } from './tsa-identity.js';
import { TsaService } from './tsa-service.js';
import { TSA } from './tsa.controller.js';

export function tsaProviders(settings: Settings, now: () => number): Provider[] {
  return [
    {
      provide: TokenReceipts,
      inject: [Database, ReceiptAssembler],
      useFactory: (database: Database, receipts: ReceiptAssembler) => new TokenReceipts(database, receipts),
    },
    {
      provide: TsaLimit,
      inject: [Database],
      useFactory: ({ pool }: Database) => new TsaLimit(pool, settings.TSA_QUERIES_PER_MINUTE, now),
    },
    {
      provide: TSA,
      inject: [OpenLogs, AnchorSignals, Database, Clock],
      useFactory: async (logs: OpenLogs, signals: AnchorSignals, database: Database, clock: Clock) => {
        if (settings.TSA_ENABLED !== 'true') return undefined;
        const policy = settings.TSA_POLICY_OID;
        const service =
          settings.LOG_ORIGIN === undefined ? 'localhost' : parseOrigin(settings.LOG_ORIGIN).host;
        const subject = { operator: settings.OPERATOR_NAME, service, policy, nowMs: now() };
        const identity = await openTsaIdentity(settings.TSA_KEYS_DIR, subject);
        const options = { identity, policy, accuracyMs: settings.TSA_ACCURACY_MS, clock };
        return new TsaService(options, logs, new TokenStore(database, signals), database);
      },
    },
  ];
}
