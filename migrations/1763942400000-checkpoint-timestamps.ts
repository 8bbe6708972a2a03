/**
 * Timestamps over checkpoints: tokens that were verified when they were fetched, with the certificates of their chain, one
 * of each authority's address for a checkpoint. They are added to receipts and never changed. `log.min_timestamps` is how
 * many different authorities a checkpoint needs before it counts as attested.
 */
import { type MigrationInterface, type QueryRunner } from 'typeorm';

export class CheckpointTimestamps1763942400000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE log ADD COLUMN min_timestamps smallint NOT NULL DEFAULT 0;
      CREATE TABLE checkpoint_timestamp (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        log smallint NOT NULL,
        tree_size bigint NOT NULL,
        url text NOT NULL,
        authority text NOT NULL,
        serial_number text NOT NULL,
        gen_time timestamptz NOT NULL,
        token bytea NOT NULL,
        certificates bytea[] NOT NULL,
        UNIQUE (log, tree_size, url),
        FOREIGN KEY (log, tree_size) REFERENCES checkpoint (log, tree_size)
      );
      GRANT SELECT ON checkpoint_timestamp TO cunzheng_api;
      GRANT SELECT, INSERT ON checkpoint_timestamp TO cunzheng_worker;
      GRANT UPDATE (min_timestamps) ON log TO cunzheng_worker`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only: restore a backup to go back'));
  }
}
