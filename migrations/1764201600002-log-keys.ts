/**
 * The keys of a log with the tree sizes of the checkpoints that each one signs. A log begins with the key it was opened
 * with; the block of a `key-change` event ends windows and begins others, in the transaction that prepares it. The
 * operator asks for a change of key by `rotate_requested_at`.
 */
import { type MigrationInterface, type QueryRunner } from 'typeorm';

export class LogKeys1764201600002 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE log_key (
        log smallint NOT NULL REFERENCES log,
        verifier_key text NOT NULL,
        from_size bigint NOT NULL CHECK (from_size >= 1),
        to_size bigint CHECK (to_size >= from_size),
        PRIMARY KEY (log, verifier_key)
      );
      INSERT INTO log_key (log, verifier_key, from_size) SELECT id, verifier_key, 1 FROM log;
      ALTER TABLE log ADD COLUMN rotate_requested_at timestamptz;
      GRANT SELECT ON log_key TO cunzheng_api, cunzheng_worker;
      GRANT INSERT, UPDATE (to_size) ON log_key TO cunzheng_worker;
      GRANT UPDATE (rotate_requested_at) ON log TO cunzheng_worker`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only: restore a backup to go back'));
  }
}
