/**
 * What an owner lets others see. `share` holds links to one piece of evidence: only the SHA-256 of the 128-bit token is
 * kept, so a copy of the database opens nothing. `publication` makes evidence findable by whoever knows a whole
 * fingerprint of it. Both name the disclosures that are shown; without either, evidence is private. Strangers have no
 * organization, so two functions answer for them: one row per token, and the publications of one exact digest.
 * `rate_limit` counts requests of strangers across API processes.
 */
import { type MigrationInterface, type QueryRunner } from 'typeorm';

const TABLES = `
  CREATE TABLE share (
    id uuid PRIMARY KEY,
    organization int NOT NULL,
    evidence uuid NOT NULL,
    token_sha256 bytea NOT NULL UNIQUE CHECK (octet_length(token_sha256) = 32),
    disclose text[] NOT NULL,
    label text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    revoked_at timestamptz,
    FOREIGN KEY (organization, evidence) REFERENCES evidence (organization, id)
  );
  CREATE INDEX share_evidence ON share (organization, evidence);
  CREATE TABLE publication (
    organization int NOT NULL,
    evidence uuid NOT NULL,
    disclose text[] NOT NULL,
    published_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organization, evidence),
    FOREIGN KEY (organization, evidence) REFERENCES evidence (organization, id)
  );
  CREATE TABLE published_fingerprint (
    fingerprint text NOT NULL,
    organization int NOT NULL,
    evidence uuid NOT NULL,
    PRIMARY KEY (fingerprint, organization, evidence),
    FOREIGN KEY (organization, evidence) REFERENCES publication ON DELETE CASCADE
  );
  CREATE UNLOGGED TABLE rate_limit (
    key varchar(255) PRIMARY KEY,
    points int NOT NULL DEFAULT 0,
    expire bigint
  )`;

const OF_ORGANIZATION = `organization = ANY ((SELECT string_to_array(nullif(current_setting('app.organizations', true), ''), ',')::int[])::int[])`;

const isolate = (table: string): string => `
  ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY;
  ALTER TABLE ${table} FORCE ROW LEVEL SECURITY;
  CREATE POLICY ${table}_owner ON ${table} TO CURRENT_USER USING (true) WITH CHECK (true);
  CREATE POLICY ${table}_organization ON ${table} TO cunzheng_api
    USING (${OF_ORGANIZATION}) WITH CHECK (${OF_ORGANIZATION})`;

const FUNCTIONS = `
  CREATE FUNCTION find_share(token bytea)
  RETURNS TABLE (organization int, organization_id text, evidence uuid, disclose text[])
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT s.organization, o.id, s.evidence, s.disclose
    FROM public.share s JOIN public.organization o ON o.key = s.organization
    WHERE s.token_sha256 = token AND s.revoked_at IS NULL AND (s.expires_at IS NULL OR s.expires_at > now())
  $$;
  CREATE FUNCTION find_publications(wanted text, at_most int)
  RETURNS TABLE (organization int, organization_id text, evidence uuid, disclose text[])
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT p.organization, o.id, p.evidence, p.disclose
    FROM public.published_fingerprint f
    JOIN public.publication p ON p.organization = f.organization AND p.evidence = f.evidence
    JOIN public.organization o ON o.key = p.organization
    WHERE f.fingerprint = wanted ORDER BY p.evidence LIMIT at_most
  $$;
  REVOKE ALL ON FUNCTION find_share(bytea), find_publications(text, int) FROM PUBLIC;
  GRANT EXECUTE ON FUNCTION find_share(bytea), find_publications(text, int) TO cunzheng_api`;

const GRANTS = `
  GRANT SELECT, INSERT, UPDATE (revoked_at) ON share TO cunzheng_api;
  GRANT SELECT, INSERT, UPDATE (disclose, published_at), DELETE ON publication TO cunzheng_api;
  GRANT SELECT, INSERT ON published_fingerprint TO cunzheng_api;
  GRANT SELECT, INSERT, UPDATE, DELETE ON rate_limit TO cunzheng_api;
  GRANT SELECT, DELETE ON rate_limit TO cunzheng_worker`;

export class Sharing1764115200000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(TABLES);
    for (const table of ['share', 'publication', 'published_fingerprint'])
      await queryRunner.query(isolate(table));
    await queryRunner.query(FUNCTIONS);
    await queryRunner.query(GRANTS);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only: restore a backup to go back'));
  }
}
