/** What registers certificates and revokes keys. */
import { type Provider } from '@nestjs/common';
import { ValueCipher } from '@cunzheng/persistence';
import { Clock } from '../clock/clock.js';
import { Database } from '../database/database.js';
import { OpenLogs } from '../logs/open-log.js';
import { SIGNER_ROOTS } from '../receipts/verification.controller.js';
import { KeyCertificates } from './key-certificates.js';
import { Revocations } from './revocations.js';

export function signerProviders(now: () => number): Provider[] {
  return [
    {
      provide: Revocations,
      inject: [Database, OpenLogs, Clock],
      useFactory: (database: Database, logs: OpenLogs, clock: Clock) =>
        new Revocations(database, logs, clock),
    },
    {
      provide: KeyCertificates,
      inject: [Database, ValueCipher, SIGNER_ROOTS],
      useFactory: (database: Database, values: ValueCipher, roots: readonly Uint8Array[]) =>
        new KeyCertificates(database, values, roots, now),
    },
  ];
}
