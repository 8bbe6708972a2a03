/**
 * Imports. `import` holds how far the lines of a stream are durably taken in; `claim` is the request that may go on with
 * it, so that one whose connection is half dead can add nothing after another has taken over. `import_part` holds what
 * became of each line, packed: a byte for the kind and 16 for the id of the evidence, so that a million lines are a thousand
 * rows. Problems are kept as code and places, without anything of what was sent.
 */
import { type MigrationInterface, type QueryRunner } from 'typeorm';

const TABLES = `
  CREATE TABLE import (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    organization int NOT NULL REFERENCES organization,
    claim uuid,
    offset_bytes bigint NOT NULL DEFAULT 0,
    lines bigint NOT NULL DEFAULT 0,
    accepted bigint NOT NULL DEFAULT 0,
    existing bigint NOT NULL DEFAULT 0,
    refused bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
  );
  CREATE TABLE import_part (
    organization int NOT NULL,
    import uuid NOT NULL REFERENCES import,
    first_line bigint NOT NULL,
    n smallint NOT NULL CHECK (n BETWEEN 1 AND 1000),
    outcomes bytea NOT NULL CHECK (octet_length(outcomes) = n * 17),
    problems json NOT NULL,
    PRIMARY KEY (import, first_line)
  );
  ALTER TABLE import_part ALTER COLUMN outcomes SET STORAGE EXTERNAL`;

const OF_ORGANIZATION = `organization = ANY ((SELECT string_to_array(nullif(current_setting('app.organizations', true), ''), ',')::int[])::int[])`;

const isolate = (table: string): string => `
  ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY;
  ALTER TABLE ${table} FORCE ROW LEVEL SECURITY;
  CREATE POLICY ${table}_owner ON ${table} TO CURRENT_USER USING (true) WITH CHECK (true);
  CREATE POLICY ${table}_organization ON ${table} TO cunzheng_api
    USING (${OF_ORGANIZATION}) WITH CHECK (${OF_ORGANIZATION})`;

const GRANTS = `
  GRANT SELECT, INSERT ON import, import_part TO cunzheng_api;
  GRANT UPDATE (claim, offset_bytes, lines, accepted, existing, refused, updated_at) ON import TO cunzheng_api`;

export class Imports1764288000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    for (const sql of [TABLES, isolate('import'), isolate('import_part'), GRANTS])
      await queryRunner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only: restore a backup to go back'));
  }
}
