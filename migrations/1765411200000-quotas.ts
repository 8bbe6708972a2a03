/**
 * What organizations may send: so many records a minute and a calendar month (UTC), each if the operator says so.
 *
 * `quota_month` counts the records of organizations that have a monthly quota, by the month in their record, in the
 * statement that stores them: what is stored is counted, once, and what is beyond the quota is not stored. The exception
 * (CZ002) tells of each organization that goes beyond it how many records are left. The rows are locked in the order of their
 * key and as the last thing a statement does, so intakes do not wait for each other in a circle.
 *
 * Whoever gives an organization a quota counts what the month holds already, with `parcel` locked, so that no record comes
 * between the count and the quota (`libs/persistence/src/usage/organization-limits.ts`).
 */
import { type MigrationInterface, type QueryRunner } from 'typeorm';

const COLUMNS = `
  ALTER TABLE organization
    ADD records_per_minute int CHECK (records_per_minute BETWEEN 1 AND 1000000000),
    ADD records_per_month bigint CHECK (records_per_month BETWEEN 1 AND 1000000000000)`;

const BOUND = `organization = ANY ((SELECT string_to_array(nullif(current_setting('app.organizations', true), ''), ',')::int[])::int[])`;

const COUNTER = `
  CREATE TABLE quota_month (
    organization int NOT NULL,
    month date NOT NULL,
    records bigint NOT NULL,
    PRIMARY KEY (organization, month)
  );
  ALTER TABLE quota_month ENABLE ROW LEVEL SECURITY;
  ALTER TABLE quota_month FORCE ROW LEVEL SECURITY;
  CREATE POLICY quota_month_owner ON quota_month TO CURRENT_USER USING (true) WITH CHECK (true);
  CREATE POLICY quota_month_organization ON quota_month TO cunzheng_api USING (${BOUND}) WITH CHECK (${BOUND});
  GRANT SELECT ON quota_month TO cunzheng_api`;

const COUNT = `
  CREATE FUNCTION count_against_quota() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  DECLARE
    beyond text;
  BEGIN
    WITH added AS (
      SELECT p.organization, date_trunc('month', p.day)::date AS month, sum(p.n) AS n, o.records_per_month AS quota
      FROM added_parcel p JOIN public.organization o ON o.key = p.organization
      WHERE o.records_per_month IS NOT NULL AND p.day IS NOT NULL
      GROUP BY 1, 2, 4
    ), counted AS (
      INSERT INTO public.quota_month AS q SELECT organization, month, n FROM added ORDER BY organization, month
      ON CONFLICT (organization, month) DO UPDATE SET records = q.records + excluded.records
      RETURNING q.organization, q.month, q.records
    )
    SELECT json_agg(json_build_object('organization', a.organization, 'month', a.month, 'quota', a.quota,
      'left', greatest(0, a.quota - (c.records - a.n)))) INTO beyond
    FROM counted c JOIN added a USING (organization, month) WHERE c.records > a.quota;
    IF beyond IS NOT NULL THEN
      RAISE EXCEPTION 'beyond the quota of the month' USING ERRCODE = 'CZ002', DETAIL = beyond;
    END IF;
    RETURN NULL;
  END $$;
  CREATE TRIGGER parcel_within_quota AFTER INSERT ON parcel REFERENCING NEW TABLE AS added_parcel
    FOR EACH STATEMENT EXECUTE FUNCTION count_against_quota()`;

const FIND_API_KEY = `
  DROP FUNCTION find_api_key(text);
  CREATE FUNCTION find_api_key(key_id text)
  RETURNS TABLE (organization int, organization_id text, secret_sha256 bytea, scopes text[], expires_at timestamptz,
    revoked_at timestamptz, organization_type text, organization_state text, roles text[], member text,
    member_roles text[], member_suspended_at timestamptz, records_per_minute int, records_per_month bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT k.organization, o.id, k.secret_sha256, k.scopes, k.expires_at, k.revoked_at, o.type, o.state, k.roles,
      k.member, m.roles, m.suspended_at, o.records_per_minute, o.records_per_month
    FROM public.api_key k JOIN public.organization o ON o.key = k.organization
    LEFT JOIN public.member m ON m.organization = k.organization AND m.id = k.member
    WHERE k.id = key_id
  $$;
  REVOKE ALL ON FUNCTION find_api_key(text) FROM PUBLIC;
  GRANT EXECUTE ON FUNCTION find_api_key(text) TO cunzheng_api`;

export class Quotas1765411200000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    for (const sql of [COLUMNS, COUNTER, COUNT, FIND_API_KEY]) await queryRunner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only: restore a backup to go back'));
  }
}
