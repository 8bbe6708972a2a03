/** Every migration in order. A migration is never edited once it has landed: add the next one. */
import { Initial1763596800000 } from './1763596800000-initial.js';
import { Attestations1763683200000 } from './1763683200000-attestations.js';
import { LogEntries1763769600000 } from './1763769600000-log-entries.js';
import { PersonalData1763856000000 } from './1763856000000-personal-data.js';
import { CheckpointTimestamps1763942400000 } from './1763942400000-checkpoint-timestamps.js';
import { Tsa1764028800000 } from './1764028800000-tsa.js';
import { Sharing1764115200000 } from './1764115200000-sharing.js';
import { Webhooks1764201600000 } from './1764201600000-webhooks.js';
import { Orphans1764201600001 } from './1764201600001-orphans.js';
import { LogKeys1764201600002 } from './1764201600002-log-keys.js';
import { Imports1764288000000 } from './1764288000000-imports.js';
import { SignerRevocations1764288000000 } from './1764288000000-signer-revocations.js';
import { Tenants1764374400000 } from './1764374400000-tenants.js';
import { AuditLog1764374400001 } from './1764374400001-audit-log.js';
import { WorkerHeartbeat1764460800000 } from './1764460800000-worker-heartbeat.js';
import { Packages1764547200000 } from './1764547200000-packages.js';
import { ClosingLogs1764633600000 } from './1764633600000-closing-logs.js';
import { SignerCertificates1764720000000 } from './1764720000000-signer-certificates.js';
import { ClockSources1764806400000 } from './1764806400000-clock-sources.js';
import { Usage1764979200000 } from './1764979200000-usage.js';
import { Traces1765065600000 } from './1765065600000-traces.js';
import { Readers1765065600001 } from './1765065600001-readers.js';
import { ImportRetention1765152000000 } from './1765152000000-import-retention.js';
import { TsaClockBound1765238400000 } from './1765238400000-tsa-clock-bound.js';
import { NarrowerApi1765324800000 } from './1765324800000-narrower-api.js';
import { Quotas1765411200000 } from './1765411200000-quotas.js';
import { RevocationLists1765600000000 } from './1765600000000-revocation-lists.js';

export const migrations = [
  Initial1763596800000,
  Attestations1763683200000,
  LogEntries1763769600000,
  PersonalData1763856000000,
  CheckpointTimestamps1763942400000,
  Tsa1764028800000,
  Sharing1764115200000,
  Webhooks1764201600000,
  Orphans1764201600001,
  LogKeys1764201600002,
  Imports1764288000000,
  SignerRevocations1764288000000,
  Tenants1764374400000,
  AuditLog1764374400001,
  WorkerHeartbeat1764460800000,
  Packages1764547200000,
  ClosingLogs1764633600000,
  SignerCertificates1764720000000,
  ClockSources1764806400000,
  Usage1764979200000,
  Traces1765065600000,
  Readers1765065600001,
  ImportRetention1765152000000,
  TsaClockBound1765238400000,
  NarrowerApi1765324800000,
  Quotas1765411200000,
  RevocationLists1765600000000,
];
