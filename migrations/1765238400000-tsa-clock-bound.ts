/** What was known of the clock when a token was made: its record states it, and is made again from this row. */
import { type MigrationInterface, type QueryRunner } from 'typeorm';

export class TsaClockBound1765238400000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE tsa_token ADD COLUMN clock_bound_ms bigint');
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only: restore a backup to go back'));
  }
}
