/**
 * Who reads what is not their own: a share link is told by its id, for the audit log of whose evidence it shows, and a
 * supervisor whose grant names `audit-log` reads the lines of that time and no other.
 */
import { type MigrationInterface, type QueryRunner } from 'typeorm';

export class Readers1765065600001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DROP FUNCTION find_share(bytea);
      CREATE FUNCTION find_share(token bytea)
      RETURNS TABLE (organization int, organization_id text, evidence uuid, disclose text[], id uuid)
      LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
        SELECT s.organization, o.id, s.evidence, s.disclose, s.id
        FROM public.share s JOIN public.organization o ON o.key = s.organization
        WHERE s.token_sha256 = token AND s.revoked_at IS NULL AND (s.expires_at IS NULL OR s.expires_at > now())
      $$;
      REVOKE ALL ON FUNCTION find_share(bytea) FROM PUBLIC;
      GRANT EXECUTE ON FUNCTION find_share(bytea) TO cunzheng_api;
      DROP POLICY organization_supervision ON organization;
      CREATE POLICY organization_supervision ON organization FOR SELECT TO cunzheng_api USING (
        CASE WHEN (SELECT nullif(current_setting('app.supervisor', true), '')) IS NULL THEN false
        ELSE supervises('evidence', key, NULL) OR supervises('audit-log', key, NULL) END);
      CREATE POLICY audit_log_supervision ON audit_log FOR SELECT TO cunzheng_api USING (
        CASE WHEN (SELECT nullif(current_setting('app.supervisor', true), '')) IS NULL THEN false
        ELSE supervises('audit-log', organization,
          (convert_from(line, 'UTF8')::json -> 'entry' ->> 'at')::timestamptz) END)`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only: restore a backup to go back'));
  }
}
