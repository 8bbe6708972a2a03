/**
 * Organizations are admitted, have people, and may be supervised. `admission` is the history of an organization's state:
 * what it handed in (digests only), which version of the agreement, who decided. `member` is a person by a handle of the
 * organization's choosing, never a name. A key may belong to a member and then has no more rights than the member.
 * `supervision_grant` lets an organization read what it names of others and nothing else: the policies below read the
 * grant itself, so a query that asks for more gets no row. A change of any of these makes API processes forget keys.
 */
import { type MigrationInterface, type QueryRunner } from 'typeorm';

const TABLES = `
  ALTER TABLE organization
    ADD type text NOT NULL DEFAULT 'submitter'
      CHECK (type IN ('submitter', 'arbitration', 'notary', 'copyright-platform', 'auditor')),
    ADD state text NOT NULL DEFAULT 'approved' CHECK (state IN ('applied', 'approved', 'suspended', 'left'));
  CREATE TABLE admission (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization int NOT NULL REFERENCES organization,
    state text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    operator text NOT NULL,
    documents text[] NOT NULL DEFAULT '{}',
    agreement text NOT NULL DEFAULT '',
    reason text NOT NULL DEFAULT ''
  );
  CREATE INDEX admission_organization ON admission (organization, id);
  CREATE TABLE member (
    organization int NOT NULL REFERENCES organization,
    id text NOT NULL CHECK (id ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
    roles text[] NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    suspended_at timestamptz,
    PRIMARY KEY (organization, id)
  );
  ALTER TABLE api_key
    ADD roles text[] NOT NULL DEFAULT '{}',
    ADD member text,
    ADD FOREIGN KEY (organization, member) REFERENCES member;
  CREATE INDEX api_key_organization ON api_key (organization, id);
  CREATE TABLE api_key_use (
    key text PRIMARY KEY,
    organization int NOT NULL,
    used_at timestamptz NOT NULL
  );
  CREATE TABLE supervision_grant (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    supervisor int NOT NULL REFERENCES organization,
    organizations int[] NOT NULL CHECK (cardinality(organizations) > 0),
    kinds text[] NOT NULL CHECK (cardinality(kinds) > 0 AND kinds <@ ARRAY['evidence', 'audit-log']),
    accepted_from timestamptz NOT NULL,
    accepted_before timestamptz NOT NULL CHECK (accepted_before > accepted_from),
    basis text NOT NULL CHECK (basis <> ''),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz
  );
  CREATE INDEX supervision_grant_supervisor ON supervision_grant (supervisor)`;

const OF_ORGANIZATION = `organization = ANY ((SELECT string_to_array(nullif(current_setting('app.organizations', true), ''), ',')::int[])::int[])`;

const isolate = (table: string): string => `
  ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY;
  ALTER TABLE ${table} FORCE ROW LEVEL SECURITY;
  CREATE POLICY ${table}_owner ON ${table} TO CURRENT_USER USING (true) WITH CHECK (true);
  CREATE POLICY ${table}_organization ON ${table} TO cunzheng_api
    USING (${OF_ORGANIZATION}) WITH CHECK (${OF_ORGANIZATION})`;

const FUNCTIONS = `
  DROP FUNCTION find_api_key(text);
  CREATE FUNCTION find_api_key(key_id text)
  RETURNS TABLE (organization int, organization_id text, secret_sha256 bytea, scopes text[], expires_at timestamptz,
    revoked_at timestamptz, organization_type text, organization_state text, roles text[], member text,
    member_roles text[], member_suspended_at timestamptz)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT k.organization, o.id, k.secret_sha256, k.scopes, k.expires_at, k.revoked_at, o.type, o.state, k.roles,
      k.member, m.roles, m.suspended_at
    FROM public.api_key k JOIN public.organization o ON o.key = k.organization
    LEFT JOIN public.member m ON m.organization = k.organization AND m.id = k.member
    WHERE k.id = key_id
  $$;
  CREATE FUNCTION record_key_use(keys text[], times timestamptz[]) RETURNS void
  LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    INSERT INTO public.api_key_use AS u (key, organization, used_at)
    SELECT k.id, k.organization, t.used_at FROM unnest(keys, times) AS t(key, used_at) JOIN public.api_key k ON k.id = t.key ORDER BY k.id
    ON CONFLICT (key) DO UPDATE SET used_at = greatest(u.used_at, excluded.used_at)
  $$;
  CREATE FUNCTION supervises(kind text, subject int, accepted_at timestamptz) RETURNS boolean
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT EXISTS (
      SELECT FROM public.supervision_grant g
      WHERE g.supervisor = nullif(current_setting('app.supervisor', true), '')::int
        AND g.revoked_at IS NULL AND g.expires_at > now() AND kind = ANY (g.kinds) AND subject = ANY (g.organizations)
        AND (accepted_at IS NULL OR (accepted_at >= g.accepted_from AND accepted_at < g.accepted_before)))
  $$;
  CREATE FUNCTION time_of_id(id uuid) RETURNS timestamptz LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT to_timestamp(('x' || translate(left(id::text, 13), '-', ''))::bit(48)::bigint / 1000.0)
  $$;
  REVOKE ALL ON FUNCTION find_api_key(text), record_key_use(text[], timestamptz[]), supervises(text, int, timestamptz)
    FROM PUBLIC;
  GRANT EXECUTE ON FUNCTION find_api_key(text), record_key_use(text[], timestamptz[]), supervises(text, int, timestamptz)
    TO cunzheng_api`;

/** Without a supervisor the first condition, evaluated once a statement, spares every row the second. */
const supervised = (table: string, organization: string, time: string): string => `
  CREATE POLICY ${table}_supervision ON ${table} FOR SELECT TO cunzheng_api USING (
    CASE WHEN (SELECT nullif(current_setting('app.supervisor', true), '')) IS NULL THEN false
    ELSE supervises('evidence', ${organization}, ${time}) END)`;

const NOTIFY = `
  CREATE TRIGGER organization_changed AFTER UPDATE OR DELETE ON organization EXECUTE FUNCTION notify_keys_changed();
  CREATE TRIGGER member_changed AFTER UPDATE OR DELETE ON member EXECUTE FUNCTION notify_keys_changed()`;

const GRANTS = `
  GRANT SELECT, INSERT, UPDATE (roles, suspended_at) ON member TO cunzheng_api;
  GRANT SELECT (id, organization, scopes, roles, member, label, created_at, expires_at, revoked_at),
    INSERT, UPDATE (expires_at, revoked_at) ON api_key TO cunzheng_api;
  GRANT SELECT ON api_key_use TO cunzheng_api`;

export class Tenants1764374400000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(TABLES);
    for (const table of ['admission', 'member', 'api_key_use']) await queryRunner.query(isolate(table));
    await queryRunner.query(FUNCTIONS);
    await queryRunner.query(supervised('organization', 'key', 'NULL'));
    await queryRunner.query(supervised('signer', 'organization', 'NULL'));
    await queryRunner.query(supervised('signer_key', 'organization', 'NULL'));
    await queryRunner.query(supervised('evidence', 'organization', 'time_of_id(id)'));
    for (const sql of [NOTIFY, GRANTS]) await queryRunner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only: restore a backup to go back'));
  }
}
