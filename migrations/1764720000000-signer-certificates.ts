/**
 * From when to when a registered key may sign, and certificates that are registered for a key. What matters about it:
 *
 * - A chain is sealed: certificates name persons. Its row is found by the key; the hash beside it is that of the signer's
 *   own certificate, which revocations name.
 * - Erasing a signer's identity removes the chains, and none is stored for a signer that was erased: the trigger shares a
 *   lock on the signer with whoever erases it. Evidence keeps the chain that its record discloses in its own row.
 */
import { type MigrationInterface, type QueryRunner } from 'typeorm';

const OWN = `organization = ANY ((SELECT string_to_array(nullif(current_setting('app.organizations', true), ''), ',')::int[])::int[])`;

const TABLES = `
  ALTER TABLE signer_key ADD COLUMN valid_from timestamptz;
  ALTER TABLE signer_key ADD COLUMN valid_until timestamptz;
  ALTER TABLE signer_key ADD CHECK (valid_from < valid_until);
  CREATE TABLE signer_certificate (
    id uuid PRIMARY KEY,
    organization int NOT NULL REFERENCES organization,
    key int NOT NULL REFERENCES signer_key,
    sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
    chain bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (key, sha256)
  );
  ALTER TABLE signer_certificate ENABLE ROW LEVEL SECURITY;
  ALTER TABLE signer_certificate FORCE ROW LEVEL SECURITY;
  CREATE POLICY signer_certificate_owner ON signer_certificate TO CURRENT_USER USING (true) WITH CHECK (true);
  CREATE POLICY signer_certificate_organization ON signer_certificate TO cunzheng_api USING (${OWN}) WITH CHECK (${OWN});
  GRANT SELECT, INSERT ON signer_certificate TO cunzheng_api`;

const TRIGGERS = `
  CREATE FUNCTION refuse_erased_certificates() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  BEGIN
    PERFORM FROM public.signer s JOIN public.signer_key k ON k.signer = s.id
      WHERE k.key IN (SELECT key FROM inserted) FOR SHARE OF s;
    IF EXISTS (SELECT FROM public.signer s JOIN public.signer_key k ON k.signer = s.id
      WHERE k.key IN (SELECT key FROM inserted) AND s.erased_at IS NOT NULL) THEN
      RAISE EXCEPTION 'the signer of this certificate was erased';
    END IF;
    RETURN NULL;
  END $$;
  REVOKE ALL ON FUNCTION refuse_erased_certificates() FROM PUBLIC;
  CREATE TRIGGER signer_certificate_not_erased AFTER INSERT ON signer_certificate
    REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION refuse_erased_certificates();
  CREATE TRIGGER signer_certificate_added AFTER INSERT ON signer_certificate EXECUTE FUNCTION notify_keys_changed()`;

const ERASE = `
  CREATE OR REPLACE FUNCTION erase_signer(row_organization int, row_id uuid, forget_identity boolean) RETURNS timestamptz
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  DECLARE erased timestamptz;
  BEGIN
    PERFORM public.require_bound(row_organization);
    UPDATE public.signer SET erased_at = coalesce(erased_at, now()), identity = CASE WHEN forget_identity THEN '' ELSE identity END
    WHERE organization = row_organization AND id = row_id RETURNING erased_at INTO erased;
    IF forget_identity THEN
      DELETE FROM public.signer_certificate c USING public.signer_key k
      WHERE k.key = c.key AND k.organization = row_organization AND k.signer = row_id;
    END IF;
    PERFORM pg_notify('cunzheng_keys', '');
    RETURN erased;
  END $$`;

export class SignerCertificates1764720000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    for (const sql of [TABLES, TRIGGERS, ERASE]) await queryRunner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only: restore a backup to go back'));
  }
}
