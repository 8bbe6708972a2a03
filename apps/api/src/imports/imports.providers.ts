/** What bulk work is made of: imports going in, the feed of receipts coming out. */
import { type Provider } from '@nestjs/common';
import { Database } from '../database/database.js';
import { EvidenceService } from '../evidence/evidence-service.js';
import { EvidenceReader } from '../evidence/evidence-reader.js';
import { OrganizationLimit } from '../limits/organization-limit.js';
import { ReceiptAssembler } from '../receipts/receipt-assembler.js';
import { ReceiptFeed } from '../receipts/receipt-feed.js';
import { Imports } from './imports.service.js';

export const bulkProviders: Provider[] = [
  {
    provide: ReceiptFeed,
    inject: [Database, EvidenceReader, ReceiptAssembler],
    useFactory: (database: Database, reader: EvidenceReader, receipts: ReceiptAssembler) =>
      new ReceiptFeed(database, reader, receipts),
  },
  {
    provide: Imports,
    inject: [Database, EvidenceService, OrganizationLimit],
    useFactory: (database: Database, evidence: EvidenceService, limit: OrganizationLimit) =>
      new Imports(database, evidence, limit),
  },
];
