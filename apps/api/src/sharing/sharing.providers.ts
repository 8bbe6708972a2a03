/** What sharing and public lookup are made of. */
import { type Provider } from '@nestjs/common';
import { type Settings } from '@cunzheng/settings';
import { Database } from '../database/database.js';
import { EvidenceReader } from '../evidence/evidence-reader.js';
import { PublicLimit } from '../limits/public-limit.js';
import { ReceiptAssembler } from '../receipts/receipt-assembler.js';
import { Publications } from './publications.js';
import { SharedEvidence } from './shared-evidence.js';
import { Shares } from './shares.js';

export const sharingProviders = (settings: Settings): Provider[] => [
  { provide: Shares, inject: [Database], useFactory: (database: Database) => new Shares(database) },
  {
    provide: Publications,
    inject: [Database],
    useFactory: (database: Database) => new Publications(database),
  },
  {
    provide: SharedEvidence,
    inject: [Database, EvidenceReader, ReceiptAssembler],
    useFactory: (database: Database, reader: EvidenceReader, receipts: ReceiptAssembler) =>
      new SharedEvidence(database, reader, receipts),
  },
  {
    provide: PublicLimit,
    inject: [Database],
    useFactory: ({ pool }: Database) => new PublicLimit(pool, settings.PUBLIC_LOOKUPS_PER_MINUTE),
  },
];
