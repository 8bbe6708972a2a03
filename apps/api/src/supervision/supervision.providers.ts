/** What supervisors read through. */
import { type Provider } from '@nestjs/common';
import { Database } from '../database/database.js';
import { EvidenceReader } from '../evidence/evidence-reader.js';
import { Supervision } from './supervision.js';

export const supervisionProviders: readonly Provider[] = [
  {
    provide: Supervision,
    inject: [Database, EvidenceReader],
    useFactory: (database: Database, reader: EvidenceReader) => new Supervision(database, reader),
  },
];
