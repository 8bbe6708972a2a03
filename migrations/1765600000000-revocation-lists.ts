/**
 * Revocation lists beside the timestamps over checkpoints. A list is kept once, however many tokens it speaks for, and a token is
 * given lists and never loses one: receipts only grow by them. `revocation` is what the lists say of the chain of a token:
 * `pending` while some are still to be fetched, `unknown` where there is nothing to fetch or nobody had it in time, which is
 * also so for every token from before. A token that is `revoked` counts no more.
 */
import { type MigrationInterface, type QueryRunner } from 'typeorm';

const TABLES = `
  CREATE TABLE revocation_list (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    url text NOT NULL,
    der bytea NOT NULL,
    digest bytea NOT NULL GENERATED ALWAYS AS (sha256(der)) STORED,
    next_update timestamptz NOT NULL,
    UNIQUE (url, digest)
  );
  CREATE TABLE checkpoint_timestamp_list (
    timestamp bigint NOT NULL REFERENCES checkpoint_timestamp,
    list bigint NOT NULL REFERENCES revocation_list,
    PRIMARY KEY (timestamp, list)
  );
  ALTER TABLE checkpoint_timestamp ADD revocation text NOT NULL DEFAULT 'unknown'
    CHECK (revocation IN ('unknown', 'pending', 'good', 'revoked'));
  CREATE INDEX checkpoint_timestamp_pending ON checkpoint_timestamp (id) WHERE revocation = 'pending'`;

const GRANTS = `
  GRANT SELECT ON revocation_list, checkpoint_timestamp_list TO cunzheng_api;
  GRANT SELECT, INSERT ON revocation_list, checkpoint_timestamp_list TO cunzheng_worker;
  GRANT UPDATE (revocation) ON checkpoint_timestamp TO cunzheng_worker`;

export class RevocationLists1765600000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    for (const sql of [TABLES, GRANTS]) await queryRunner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only: restore a backup to go back'));
  }
}
