/** What the audit log is written and read with. */
import { type Provider } from '@nestjs/common';
import { Database } from '../database/database.js';
import { AuditExport } from './audit-export.js';
import { AuditTrail } from './audit-trail.js';

export const auditProviders = ({ onError }: { onError: (error: unknown) => void }): Provider[] => [
  {
    provide: AuditTrail,
    inject: [Database],
    useFactory: (database: Database) => new AuditTrail(database, onError),
  },
  { provide: AuditExport, inject: [Database], useFactory: (database: Database) => new AuditExport(database) },
];
