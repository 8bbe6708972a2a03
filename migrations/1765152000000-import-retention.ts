/**
 * Imports are forgotten 90 days after their last line, with what became of each line. As with remembered answers, row-level
 * security shows the worker only those, so its statement cannot remove others. Evidence is not touched.
 */
import { type MigrationInterface, type QueryRunner } from 'typeorm';

const AGE = `
  CREATE INDEX import_age ON import (updated_at);
  ALTER TABLE import_part DROP CONSTRAINT import_part_import_fkey,
    ADD FOREIGN KEY (import) REFERENCES import ON DELETE CASCADE`;

const WORKER = `
  GRANT SELECT (id, updated_at), DELETE ON import TO cunzheng_worker;
  CREATE POLICY import_expired ON import TO cunzheng_worker USING (updated_at < now() - interval '90 days')`;

export class ImportRetention1765152000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(AGE);
    await queryRunner.query(WORKER);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only: restore a backup to go back'));
  }
}
