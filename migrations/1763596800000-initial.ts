/**
 * The first schema. What matters about it:
 *
 * - Three roles. The owner runs migrations and the admin command line; `cunzheng_api` and `cunzheng_worker` own
 *   nothing and can do only what is granted below. They are created without login when absent: an operator (or the
 *   embedded server) gives them passwords.
 * - Tables that belong to an organization have forced row-level security keyed on the setting `app.organizations`, a
 *   comma-separated list, because one insert of the intake carries rows of several organizations. Without the setting
 *   no row is seen and none can be written.
 * - `parcel` is outbox, membership and sweeper source in one: the entries of one insert statement, with the block
 *   height and first leaf index filled in when a block takes it. `evidence` is insert-only; the leaf index of a record
 *   is its parcel's `first_leaf` plus its `ord`.
 * - A lookup by fingerprint goes through `prefix`, the first 8 bytes of the digest, and is rechecked on read. It is a
 *   column because row-level security keeps expression indexes over functions that are not leakproof from being used.
 * - Bodies that are hashed are bytea, never jsonb. There is no foreign key on the intake path: parcel and evidence are
 *   written by one statement, and each row's organization comes from its authenticated key.
 */
import { type MigrationInterface, type QueryRunner } from 'typeorm';

const ROLES = `
  DO $$
  DECLARE role_name text;
  BEGIN
    FOREACH role_name IN ARRAY ARRAY['cunzheng_api', 'cunzheng_worker'] LOOP
      IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
        EXECUTE format('CREATE ROLE %I NOLOGIN NOSUPERUSER NOBYPASSRLS', role_name);
      END IF;
    END LOOP;
  END $$`;

const LOG_TABLES = `
  CREATE TABLE log (
    id smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    origin text NOT NULL UNIQUE,
    verifier_key text NOT NULL,
    opened_at timestamptz NOT NULL DEFAULT now(),
    closed_at timestamptz
  );
  CREATE TABLE block (
    log smallint NOT NULL REFERENCES log,
    height bigint NOT NULL CHECK (height >= 0),
    first_index bigint NOT NULL CHECK (first_index >= 0),
    count int NOT NULL CHECK (count >= 1),
    header bytea NOT NULL,
    prepared_at timestamptz NOT NULL DEFAULT now(),
    anchored_at timestamptz,
    PRIMARY KEY (log, height),
    UNIQUE (log, first_index)
  );
  CREATE TABLE log_event (
    log smallint NOT NULL,
    height bigint NOT NULL,
    ord int NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (log, height, ord),
    FOREIGN KEY (log, height) REFERENCES block
  );
  CREATE TABLE checkpoint (
    log smallint NOT NULL,
    tree_size bigint NOT NULL CHECK (tree_size > 0),
    height bigint NOT NULL,
    note bytea NOT NULL,
    signed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (log, tree_size),
    UNIQUE (log, height),
    FOREIGN KEY (log, height) REFERENCES block
  );
  CREATE TABLE parcel (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    log smallint NOT NULL REFERENCES log,
    n smallint NOT NULL CHECK (n BETWEEN 1 AND 1000),
    entries bytea NOT NULL CHECK (octet_length(entries) = n * 68),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    height bigint,
    first_leaf bigint
  );
  ALTER TABLE parcel ALTER COLUMN entries SET STORAGE EXTERNAL;
  CREATE INDEX parcel_pending ON parcel (id) WHERE height IS NULL;
  CREATE INDEX parcel_by_height ON parcel (log, height) WHERE height IS NOT NULL`;

const ORGANIZATION_TABLES = `
  CREATE TABLE organization (
    key int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text NOT NULL UNIQUE CHECK (id ~ '^[a-z0-9][a-z0-9-]{1,62}$'),
    name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
  );
  CREATE TABLE api_key (
    id text PRIMARY KEY,
    organization int NOT NULL REFERENCES organization,
    secret_sha256 bytea NOT NULL,
    scopes text[] NOT NULL,
    label text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    revoked_at timestamptz
  );
  CREATE TABLE signer (
    id uuid PRIMARY KEY,
    organization int NOT NULL REFERENCES organization,
    identity bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
  );
  CREATE TABLE key_challenge (
    id uuid PRIMARY KEY,
    organization int NOT NULL REFERENCES organization,
    signer uuid NOT NULL REFERENCES signer,
    keyid bytea NOT NULL,
    message bytea NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
  );
  CREATE TABLE signer_key (
    key int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization int NOT NULL REFERENCES organization,
    signer uuid NOT NULL REFERENCES signer,
    keyid bytea NOT NULL CHECK (octet_length(keyid) = 32),
    alg text NOT NULL,
    spki bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz,
    UNIQUE (organization, keyid)
  );
  CREATE TABLE evidence (
    organization int NOT NULL,
    id uuid NOT NULL,
    parcel bigint NOT NULL,
    ord smallint NOT NULL,
    prefix bigint NOT NULL,
    fingerprints bytea NOT NULL,
    secrets bytea NOT NULL,
    client_ref text,
    content bytea NOT NULL,
    PRIMARY KEY (organization, id)
  );
  CREATE UNIQUE INDEX evidence_client_ref ON evidence (organization, client_ref) WHERE client_ref IS NOT NULL;
  CREATE INDEX evidence_fingerprint ON evidence (organization, prefix);
  CREATE TABLE further_fingerprint (
    organization int NOT NULL,
    prefix bigint NOT NULL,
    evidence uuid NOT NULL,
    PRIMARY KEY (organization, prefix, evidence)
  );
  CREATE TABLE idempotency (
    organization int NOT NULL REFERENCES organization,
    key text NOT NULL,
    request_sha256 bytea NOT NULL,
    claim uuid NOT NULL,
    claimed_until timestamptz NOT NULL,
    status smallint,
    location text,
    body bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organization, key)
  );
  CREATE INDEX idempotency_age ON idempotency (created_at)`;

const ORGANIZATION_BOUND = [
  'api_key',
  'signer',
  'key_challenge',
  'signer_key',
  'evidence',
  'further_fingerprint',
  'idempotency',
];

/** The subselect makes PostgreSQL evaluate the setting once a statement instead of once a row. */
const ORGANIZATION_POLICY = (column: string): string =>
  `${column} = ANY ((SELECT string_to_array(nullif(current_setting('app.organizations', true), ''), ',')::int[])::int[])`;

const isolate = (table: string, column: string): string => `
  ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY;
  ALTER TABLE ${table} FORCE ROW LEVEL SECURITY;
  CREATE POLICY ${table}_owner ON ${table} TO CURRENT_USER USING (true) WITH CHECK (true);
  CREATE POLICY ${table}_organization ON ${table} TO cunzheng_api
    USING (${ORGANIZATION_POLICY(column)}) WITH CHECK (${ORGANIZATION_POLICY(column)})`;

/** Authentication happens before the organization is known: one function that gives one key by its public id. */
const FIND_API_KEY = `
  CREATE FUNCTION find_api_key(key_id text)
  RETURNS TABLE (organization int, organization_id text, secret_sha256 bytea, scopes text[], expires_at timestamptz, revoked_at timestamptz)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT k.organization, o.id, k.secret_sha256, k.scopes, k.expires_at, k.revoked_at
    FROM public.api_key k JOIN public.organization o ON o.key = k.organization WHERE k.id = key_id
  $$;
  REVOKE ALL ON FUNCTION find_api_key(text) FROM PUBLIC;
  GRANT EXECUTE ON FUNCTION find_api_key(text) TO cunzheng_api`;

/** Lets a statement that writes several things refuse itself: the exception undoes all of them. */
const REQUIRE_EQUAL = `
  CREATE FUNCTION require_equal(actual bigint, expected bigint, what text) RETURNS boolean
  LANGUAGE plpgsql AS $$
  BEGIN
    IF actual IS DISTINCT FROM expected THEN
      RAISE EXCEPTION '%: expected % row(s), found %', what, expected, actual;
    END IF;
    RETURN true;
  END $$`;

/** API processes remember keys for a moment; a change of a key makes them forget at once. */
const KEY_NOTIFICATIONS = `
  CREATE FUNCTION notify_keys_changed() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    PERFORM pg_notify('cunzheng_keys', '');
    RETURN NULL;
  END $$;
  CREATE TRIGGER api_key_changed AFTER UPDATE OR DELETE ON api_key EXECUTE FUNCTION notify_keys_changed();
  CREATE TRIGGER signer_key_changed AFTER UPDATE OR DELETE ON signer_key EXECUTE FUNCTION notify_keys_changed()`;

const GRANTS = `
  GRANT SELECT ON migration, log, block, log_event, checkpoint TO cunzheng_api, cunzheng_worker;
  GRANT SELECT, INSERT ON parcel, evidence, further_fingerprint, signer, signer_key, key_challenge TO cunzheng_api;
  GRANT SELECT ON organization TO cunzheng_api;
  GRANT UPDATE (used_at) ON key_challenge TO cunzheng_api;
  GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency TO cunzheng_api;
  GRANT INSERT ON log, block, log_event, checkpoint TO cunzheng_worker;
  GRANT UPDATE (anchored_at) ON block TO cunzheng_worker;
  GRANT SELECT ON parcel TO cunzheng_worker;
  GRANT UPDATE (height, first_leaf) ON parcel TO cunzheng_worker;
  GRANT SELECT, DELETE ON idempotency TO cunzheng_worker;
  CREATE POLICY idempotency_expired ON idempotency TO cunzheng_worker USING (created_at < now() - interval '24 hours')`;

export class Initial1763596800000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    for (const sql of [ROLES, LOG_TABLES, ORGANIZATION_TABLES]) await queryRunner.query(sql);
    await queryRunner.query(isolate('organization', 'key'));
    for (const table of ORGANIZATION_BOUND) await queryRunner.query(isolate(table, 'organization'));
    await queryRunner.query(FIND_API_KEY);
    await queryRunner.query(REQUIRE_EQUAL);
    await queryRunner.query(KEY_NOTIFICATIONS);
    await queryRunner.query(GRANTS);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only: restore a backup to go back'));
  }
}
