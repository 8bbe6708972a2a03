/** Public face of the persistence library: entities, DataSource, migrations, the hot-path SQL, embedded PostgreSQL. */
export { createDataSource, entities } from './data-source.js';
export { assertRestrictedRole, KEYS_CHANNEL, migrate, waitForSchema } from './migrate.js';
export {
  embeddedUrl,
  ensurePostgres,
  type Credentials,
  type EmbeddedPostgres,
} from './embedded/ensure-postgres.js';
export { createPool } from './pool.js';
export { provision } from './embedded/provision.js';
export { enableRoles, type RoleUrls } from './role-urls.js';
export { PersistenceError, type PersistenceErrorCode } from './persistence-error.js';
export { ApiKey } from './entities/api-key.js';
export { Block } from './entities/block.js';
export { Checkpoint } from './entities/checkpoint.js';
export { Log } from './entities/log.js';
export { Organization } from './entities/organization.js';
export { KeyChallenge, Signer, SignerKey } from './entities/signer.js';
export { insertParcels, type IdempotencyOutcome, type ParcelInsert } from './intake/insert-parcel.js';
export { type EvidenceRow } from './intake/evidence-row.js';
export { bindOrganizations } from './intake/bind-organizations.js';
export { adoptBlock, type AdoptedBlock, type OrphanEntries } from './sequence/adopted-blocks.js';
export { acceptLoss, readOpenLoss, type Loss } from './sequence/loss.js';
export { isRotationRequested, readLogKeys, type KeyChange, type LogKeyWindow } from './sequence/log-keys.js';
export {
  insertLog,
  isLogClosed,
  listLogStates,
  LOG_CHANNEL,
  switchLogs,
  type LogState,
  type NewLog,
} from './sequence/log-states.js';
export {
  forgetOldClockSources,
  readDatabaseClock,
  storeClockSource,
  type ClockSourceRow,
  type DatabaseClock,
} from './clock/clock-sources.js';
export { trySequencerLock } from './sequence/sequencer-lock.js';
export {
  anchorBlock,
  ANCHORED_CHANNEL,
  inTransaction,
  LogNotDrainedError,
  prepareBlock,
  SequenceConflictError,
  type LogEntryPlace,
  type ParcelMembership,
  type PreparedBlock,
} from './sequence/blocks.js';
export {
  queueApiEvent,
  queueLogEntry,
  readPendingLogEntries,
  type PendingLogEntry,
} from './sequence/log-entries.js';
export {
  readPendingParcels,
  summarizePending,
  type Lead,
  type Parcel,
  type PendingSummary,
} from './sequence/pending-parcels.js';
export {
  assembleEntries,
  readHighestBlock,
  readStoredBlock,
  type StoredBlock,
} from './sequence/stored-blocks.js';
export { createApiKeyToken, parseApiKeyToken, secretMatches, type ApiKeyToken } from './api-key-token.js';
export {
  API_KEY_SCOPES,
  DEFAULT_API_KEY_SCOPES,
  SCOPES_BY_GROUP,
  type ApiKeyScope,
} from './access/scopes.js';
export { computeScopes, ORGANIZATION_TYPES, ROLE_NAMES, ROLES, type RoleName } from './access/roles.js';
export {
  insertTsaTokens,
  isOwnTsaKey,
  reserveTsaSerials,
  storeTsaKey,
  type NewTsaToken,
} from './tsa/tsa-tokens.js';
export {
  readTimestamps,
  storeTimestamp,
  type CheckpointTimestamp,
  type TimestampRevocation,
} from './attest/checkpoint-timestamps.js';
export {
  addRevocationLists,
  readCurrentLists,
  readPendingTimestamps,
  storeRevocationList,
  type PendingTimestamp,
} from './attest/revocation-lists.js';
export {
  readNewestCheckpoint,
  readWitnessSizes,
  storeAttestation,
  storePolicy,
  storeWitnessSize,
  type CheckpointToAttest,
} from './attest/attestations.js';
export { forgetOldEvents } from './webhooks/forget-events.js';
export { disableEndpoint, GIVE_UP_AFTER, publishOutbox, WEBHOOK_LOCK } from './webhooks/publish-events.js';
export {
  giveUpOldDeliveries,
  leaseDueDeliveries,
  type LeasedDelivery,
} from './webhooks/schedule-deliveries.js';
export {
  beginAttempt,
  readBlockTraces,
  recordFailure,
  recordSuccess,
  type AttemptRecord,
  type BegunAttempt,
  type FailingEndpoint,
} from './webhooks/attempts.js';
export { WEBHOOKS_CHANNEL } from './webhooks/outbox.js';
export {
  clientRefMac,
  openEvidence,
  sealEvidence,
  type EvidenceColumns,
  type EvidenceValues,
} from './values/evidence-values.js';
export { hasValueKeys, registerValueKeys } from './values/key-register.js';
export { reencrypt, type Reencrypted } from './values/reencrypt.js';
export { ValueCipher, type ValuePlace } from './values/value-cipher.js';
export { addValueKey, createValueKeys, loadValueKeys, type ValueKeys } from './values/value-keys.js';
export {
  appendAudit,
  AUDIT_FORMAT,
  formatAuditEntry,
  OPERATOR_CHAIN,
  type AuditEntry,
} from './audit/audit-entry.js';
export { AUDIT_HEAD_FORMAT, queueAuditHeads } from './audit/audit-heads.js';
export { formatAuditHead, type AuditHeadRow } from './audit/audit-head-line.js';
export {
  findReasons,
  HEARTBEAT_INTERVAL_MS,
  readLogHealth,
  storeHeartbeat,
  type DegradedReason,
  type LogHealth,
} from './health/log-health.js';
export { readStored, readUsage, type UsagePeriod, type UsageQuery } from './usage/read-usage.js';
export {
  readQuotaExceeded,
  readQuotaUsed,
  setOrganizationLimits,
  type OrganizationLimits,
  type QuotaExceeded,
} from './usage/organization-limits.js';
export { dumpDatabase, type DatabaseDump, type DumpedTable } from './backup/dump-database.js';
export { loadDump, type LoadTarget } from './backup/load-dump.js';
