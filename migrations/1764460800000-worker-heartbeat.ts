/** When the sequencer of a log last said that it works, so that the API can tell an operator when it does not. */
import { type MigrationInterface, type QueryRunner } from 'typeorm';

export class WorkerHeartbeat1764460800000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE worker_heartbeat (
        log smallint PRIMARY KEY REFERENCES log,
        beat_at timestamptz NOT NULL
      ) WITH (fillfactor = 20);
      GRANT SELECT ON worker_heartbeat TO cunzheng_api;
      GRANT SELECT, INSERT, UPDATE (beat_at) ON worker_heartbeat TO cunzheng_worker`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only: restore a backup to go back'));
  }
}
