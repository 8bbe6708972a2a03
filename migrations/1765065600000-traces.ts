/**
 * Where traces go on: the requests that a parcel came from, while they are traced, and the span that made a block. W3C
 * traceparents, null where nobody traces.
 */
import { type MigrationInterface, type QueryRunner } from 'typeorm';

export class Traces1765065600000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE parcel ADD COLUMN traces text CHECK (length(traces) <= 1024);
      ALTER TABLE block ADD COLUMN traceparent text CHECK (length(traceparent) = 55)`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only: restore a backup to go back'));
  }
}
