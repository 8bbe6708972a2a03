/**
 * The service as a timestamping authority. `tsa_token` holds every token it issued, written by the statement that queues its
 * record in a parcel; the record is made again from the token and `secrets`, its random bytes. `tsa_serial` gives serial
 * numbers to all processes. `tsa_key` says which keys were ever ours, so that the worker takes no stamp of our own for
 * another's. A token belongs to no organization: whoever holds it knows its hash, and nobody else can ask for it.
 */
import { type MigrationInterface, type QueryRunner } from 'typeorm';

export class Tsa1764028800000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE SEQUENCE tsa_serial;
      CREATE TABLE tsa_key (
        keyid bytea PRIMARY KEY CHECK (octet_length(keyid) = 32),
        certificate bytea NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE TABLE tsa_token (
        sha256 bytea PRIMARY KEY CHECK (octet_length(sha256) = 32),
        id uuid NOT NULL,
        parcel bigint NOT NULL,
        ord smallint NOT NULL,
        secrets bytea NOT NULL,
        token bytea NOT NULL
      );
      GRANT USAGE ON SEQUENCE tsa_serial TO cunzheng_api;
      GRANT SELECT, INSERT ON tsa_key, tsa_token TO cunzheng_api;
      GRANT SELECT ON tsa_key TO cunzheng_worker`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only: restore a backup to go back'));
  }
}
