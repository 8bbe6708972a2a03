/** The TypeORM DataSource: entities for what is read and written by the row, migrations listed by class, no synchronise. */
import 'reflect-metadata';
import { DataSource } from 'typeorm';
import { migrations } from '../../../migrations/index.js';
import { ApiKey } from './entities/api-key.js';
import { Block } from './entities/block.js';
import { Checkpoint } from './entities/checkpoint.js';
import { Log } from './entities/log.js';
import { Organization } from './entities/organization.js';
import { KeyChallenge, Signer, SignerKey } from './entities/signer.js';

export const entities = [ApiKey, Block, Checkpoint, KeyChallenge, Log, Organization, Signer, SignerKey];

/** A DataSource on `url`, not yet connected. `poolSize` bounds its connections. */
export function createDataSource(url: string, poolSize = 4): DataSource {
  return new DataSource({
    type: 'postgres',
    url,
    entities,
    migrations,
    migrationsTableName: 'migration',
    poolSize,
    applicationName: 'cunzheng',
    extra: { connectionTimeoutMillis: 10_000 },
  });
}
