/**
 * Log entries that wait for a block: events of the log (type 02) and heads of the audit trail (type 03), queued by
 * whatever transaction brings them about, so that the deed and its entry are committed together. The sequencer writes
 * height and leaf index when a block takes one. The body of a type 03 entry is private and stays here alone; with it the
 * block can be completed byte for byte. The API may add entries and read none.
 */
import { type MigrationInterface, type QueryRunner } from 'typeorm';

export class LogEntries1763769600000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE log_entry (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        log smallint NOT NULL REFERENCES log,
        type smallint NOT NULL CHECK (type IN (2, 3)),
        body bytea NOT NULL CHECK (octet_length(body) BETWEEN 1 AND 1048576),
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        height bigint,
        leaf_index bigint,
        CHECK ((height IS NULL) = (leaf_index IS NULL)),
        UNIQUE (log, leaf_index)
      );
      CREATE INDEX log_entry_pending ON log_entry (log, id) WHERE height IS NULL;
      CREATE INDEX log_entry_by_height ON log_entry (log, height) WHERE height IS NOT NULL;
      GRANT INSERT (log, type, body) ON log_entry TO cunzheng_api;
      GRANT SELECT, INSERT (log, type, body), UPDATE (height, leaf_index) ON log_entry TO cunzheng_worker`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only: restore a backup to go back'));
  }
}
