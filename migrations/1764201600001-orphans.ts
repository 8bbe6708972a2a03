/**
 * Orphans: entries that the ledger has and for which this database, restored to an older state, has no row. They are kept
 * so that their blocks can still be completed byte for byte, and the sequencer does not go on until the operator has
 * accepted the loss (`accepted_at`).
 */
import { type MigrationInterface, type QueryRunner } from 'typeorm';

export class Orphans1764201600001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE orphan (
        log smallint NOT NULL,
        first_leaf bigint NOT NULL,
        height bigint NOT NULL,
        n int NOT NULL CHECK (n >= 1),
        entries bytea NOT NULL CHECK (octet_length(entries) = n * 68),
        found_at timestamptz NOT NULL DEFAULT now(),
        accepted_at timestamptz,
        PRIMARY KEY (log, first_leaf),
        FOREIGN KEY (log, height) REFERENCES block
      );
      CREATE INDEX orphan_by_height ON orphan (log, height);
      GRANT SELECT, INSERT (log, first_leaf, height, n, entries) ON orphan TO cunzheng_worker`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only: restore a backup to go back'));
  }
}
