/** Public face of the persistence library: entities, DataSource, migrations, the hot-path SQL, embedded PostgreSQL. */
export { createDataSource, entities } from './data-source.js';
export { assertRestrictedRole, migrate, QUEUE_SCHEMA, waitForSchema } from './migrate.js';
export { embeddedUrl, ensurePostgres, type Credentials, type EmbeddedPostgres } from './embedded/ensure-postgres.js';
export { provision } from './embedded/provision.js';
export { PersistenceError, type PersistenceErrorCode } from './persistence-error.js';
export { ApiKey } from './entities/api-key.js';
export { Block } from './entities/block.js';
export { Checkpoint } from './entities/checkpoint.js';
export { Log } from './entities/log.js';
export { Organization } from './entities/organization.js';
export { KeyChallenge, Signer, SignerKey } from './entities/signer.js';
