/**
 * The timestamp over a package's manifest, made once and given again whenever the same package is asked for. A row is a
 * digest and a token, nothing of what the package says.
 */
import { type MigrationInterface, type QueryRunner } from 'typeorm';

const OF_ORGANIZATION = `organization = ANY ((SELECT string_to_array(nullif(current_setting('app.organizations', true), ''), ',')::int[])::int[])`;

export class Packages1764547200000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE package_timestamp (
        organization int NOT NULL REFERENCES organization,
        manifest_sha256 bytea NOT NULL CHECK (octet_length(manifest_sha256) = 32),
        token bytea NOT NULL,
        stamped_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (organization, manifest_sha256)
      );
      ALTER TABLE package_timestamp ENABLE ROW LEVEL SECURITY;
      ALTER TABLE package_timestamp FORCE ROW LEVEL SECURITY;
      CREATE POLICY package_timestamp_owner ON package_timestamp TO CURRENT_USER USING (true) WITH CHECK (true);
      CREATE POLICY package_timestamp_organization ON package_timestamp TO cunzheng_api
        USING (${OF_ORGANIZATION}) WITH CHECK (${OF_ORGANIZATION});
      GRANT SELECT, INSERT ON package_timestamp TO cunzheng_api`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only: restore a backup to go back'));
  }
}
