/**
 * What timestamping authorities say the time is, as the difference from this database's clock: a row for each authority, written
 * by the worker, read by every process that dates something.
 */
import { type MigrationInterface, type QueryRunner } from 'typeorm';

export class ClockSources1764806400000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE clock_source (
        authority text PRIMARY KEY,
        ahead_ms double precision NOT NULL,
        uncertainty_ms double precision NOT NULL CHECK (uncertainty_ms >= 0),
        observed_at timestamptz NOT NULL
      );
      GRANT SELECT ON clock_source TO cunzheng_api;
      GRANT SELECT, INSERT, UPDATE, DELETE ON clock_source TO cunzheng_worker`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only: restore a backup to go back'));
  }
}
