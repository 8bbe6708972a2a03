/** What supervisors read through. */
import { type Provider } from '@nestjs/common';
import { AuditExport } from '../audit/audit-export.js';
import { Database } from '../database/database.js';
import { EvidenceReader } from '../evidence/evidence-reader.js';
import { Supervision } from './supervision.js';

export const supervisionProviders: readonly Provider[] = [
  {
    provide: Supervision,
    inject: [Database, EvidenceReader, AuditExport],
    useFactory: (database: Database, reader: EvidenceReader, audit: AuditExport) =>
      new Supervision(database, reader, audit),
  },
];
