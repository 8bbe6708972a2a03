/**
 * Values at rest are sealed by the API with a key that is not in the database, and can be erased.
 *
 * - `content` of evidence holds secrets, client reference and content sealed as one value; `secrets` and `client_ref` are
 *   what older rows have. References are found by a keyed hash (`client_ref_mac`). `value_key` proves which keys a
 *   database needs, and holds none.
 * - `evidence_signer` says which evidence a registered signer signed, so that the signer's personal data can be found. Its
 *   trigger shares a lock on the signer with whoever erases it: nothing is stored for a signer that was erased.
 * - The API's role has no UPDATE on evidence and signers. Erasing goes through two functions that change one row of the
 *   bound organization, only if it is what the caller has read, and always leave their time on it.
 */
import { type MigrationInterface, type QueryRunner } from 'typeorm';

const TABLES = `
  ALTER TABLE evidence ALTER COLUMN secrets SET DEFAULT '';
  ALTER TABLE evidence ADD COLUMN client_ref_mac bytea;
  ALTER TABLE evidence ADD COLUMN erased_at timestamptz;
  CREATE UNIQUE INDEX evidence_client_ref_mac ON evidence (organization, client_ref_mac) WHERE client_ref_mac IS NOT NULL;
  ALTER TABLE signer ADD COLUMN erased_at timestamptz;
  ALTER TABLE idempotency ADD COLUMN shows bytea;
  CREATE TABLE value_key (
    id int PRIMARY KEY,
    proof bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
  );
  CREATE TABLE evidence_signer (
    organization int NOT NULL,
    signer uuid NOT NULL,
    evidence uuid NOT NULL,
    PRIMARY KEY (organization, signer, evidence)
  )`;

/** Rows of the first release are plain JSON: `e[2]` lists the keys that signed. */
const FILL_SIGNERS = `
  INSERT INTO evidence_signer (organization, signer, evidence)
  SELECT DISTINCT e.organization, k.signer, e.id
  FROM (SELECT organization, id,
          CASE WHEN substring(content FOR 1) = '\\x7b' THEN convert_from(content, 'UTF8')::jsonb END AS content
        FROM evidence) e
  CROSS JOIN LATERAL jsonb_array_elements(e.content->'e'->2) AS s
  JOIN signer_key k ON k.organization = e.organization AND k.key = (s->>0)::int`;

const POLICY = `organization = ANY ((SELECT string_to_array(nullif(current_setting('app.organizations', true), ''), ',')::int[])::int[])`;

const ISOLATE = `
  ALTER TABLE evidence_signer ENABLE ROW LEVEL SECURITY;
  ALTER TABLE evidence_signer FORCE ROW LEVEL SECURITY;
  CREATE POLICY evidence_signer_owner ON evidence_signer TO CURRENT_USER USING (true) WITH CHECK (true);
  CREATE POLICY evidence_signer_organization ON evidence_signer TO cunzheng_api USING (${POLICY}) WITH CHECK (${POLICY})`;

const REFUSE_ERASED = `
  CREATE FUNCTION refuse_erased_signers() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  BEGIN
    PERFORM FROM public.signer s WHERE s.id IN (SELECT signer FROM inserted) FOR SHARE;
    IF EXISTS (SELECT FROM public.signer s WHERE s.id IN (SELECT signer FROM inserted) AND s.erased_at IS NOT NULL) THEN
      RAISE EXCEPTION 'a signer of this evidence was erased';
    END IF;
    RETURN NULL;
  END $$;
  REVOKE ALL ON FUNCTION refuse_erased_signers() FROM PUBLIC;
  CREATE TRIGGER evidence_signer_not_erased AFTER INSERT ON evidence_signer
    REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION refuse_erased_signers()`;

const ERASE = `
  CREATE FUNCTION require_bound(organization int) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
  BEGIN
    IF (organization = ANY (string_to_array(nullif(current_setting('app.organizations', true), ''), ',')::int[])) IS NOT TRUE THEN
      RAISE insufficient_privilege USING MESSAGE = 'the transaction is not bound to this organization';
    END IF;
  END $$;
  CREATE FUNCTION erase_evidence(row_organization int, row_id uuid, expected bytea, replacement bytea, reference_mac bytea)
  RETURNS timestamptz
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  DECLARE erased timestamptz;
  BEGIN
    PERFORM public.require_bound(row_organization);
    UPDATE public.evidence SET content = replacement, secrets = '', client_ref = NULL,
      client_ref_mac = reference_mac, erased_at = now()
    WHERE organization = row_organization AND id = row_id AND content = expected
    RETURNING erased_at INTO erased;
    RETURN erased;
  END $$;
  CREATE FUNCTION erase_signer(row_organization int, row_id uuid, forget_identity boolean) RETURNS timestamptz
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  DECLARE erased timestamptz;
  BEGIN
    PERFORM public.require_bound(row_organization);
    UPDATE public.signer SET erased_at = coalesce(erased_at, now()), identity = CASE WHEN forget_identity THEN '' ELSE identity END
    WHERE organization = row_organization AND id = row_id RETURNING erased_at INTO erased;
    PERFORM pg_notify('cunzheng_keys', '');
    RETURN erased;
  END $$;
  REVOKE ALL ON FUNCTION erase_evidence(int, uuid, bytea, bytea, bytea) FROM PUBLIC;
  REVOKE ALL ON FUNCTION erase_signer(int, uuid, boolean) FROM PUBLIC;
  GRANT EXECUTE ON FUNCTION erase_evidence(int, uuid, bytea, bytea, bytea) TO cunzheng_api;
  GRANT EXECUTE ON FUNCTION erase_signer(int, uuid, boolean) TO cunzheng_api`;

const GRANTS = `
  GRANT SELECT, INSERT ON value_key TO cunzheng_api;
  GRANT SELECT, INSERT, DELETE ON evidence_signer TO cunzheng_api`;

export class PersonalData1763856000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    for (const sql of [TABLES, ISOLATE, FILL_SIGNERS, REFUSE_ERASED, ERASE, GRANTS])
      await queryRunner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only: restore a backup to go back'));
  }
}
