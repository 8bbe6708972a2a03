/**
 * What the API's role reaches beyond its organizations, through functions that check what they are given: whether a key was
 * revoked by anybody, since the public event does not say by whom and verifiers refuse the key to all; the events that the API
 * makes, in exactly their form, and no other log entry; audit entries of organizations that there are, and none that says an
 * operator made it or goes into the operator's chain.
 */
import { type MigrationInterface, type QueryRunner } from 'typeorm';

const REVOCATIONS = `
  CREATE INDEX signer_key_by_keyid ON signer_key (keyid);
  CREATE FUNCTION revocations_of_key(of_keyid bytea) RETURNS TABLE (certificate bytea, effective_at timestamptz)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT r.certificate, min(r.effective_at)
    FROM public.signer_key k JOIN public.signer_revocation r ON r.key = k.key
    WHERE k.keyid = of_keyid GROUP BY r.certificate
  $$`;

const TIME = '"(\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z)"';
const HASH = '"[0-9a-f]{64}"';
const REASONS =
  'affiliation-changed|ca-compromise|cessation-of-operation|key-compromise|privilege-withdrawn|superseded|unspecified';
const EVENT = '"format":"cunzheng/event@v1"';

/** Of both, the log is the last group and the others are times; J sorts members by name. */
const REVOCATION_FORM =
  `^\\{(?:"certificate":${HASH},)?"createdAt":${TIME},"effectiveAt":${TIME},"event":"revocation",${EVENT},` +
  `"keyid":${HASH},"log":"([^"\\\\]+)"(?:,"reason":"(?:${REASONS})")?\\}$`;
const ERASURE_FORM =
  `^\\{"count":[1-9]\\d{0,14},"createdAt":${TIME},(?:"digest":${HASH},)?"event":"erasure",${EVENT},` +
  `"log":"([^"\\\\]+)"\\}$`;

/** A body in another form could stop the sequencer, and an event of another kind would be the operator's word. */
const EVENTS = `
  CREATE FUNCTION queue_api_event(of_log smallint, body bytea) RETURNS boolean
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  DECLARE
    text_of_body text := convert_from(body, 'UTF8');
    parts text[] := coalesce(
      regexp_match(text_of_body, '${REVOCATION_FORM}'),
      regexp_match(text_of_body, '${ERASURE_FORM}'));
    at text;
  BEGIN
    IF parts IS NULL THEN
      RAISE EXCEPTION 'no event that the API makes' USING ERRCODE = 'check_violation';
    END IF;
    FOREACH at IN ARRAY parts[1:cardinality(parts) - 1] LOOP
      IF to_char(at::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') <> at THEN
        RAISE EXCEPTION 'no time: %', at USING ERRCODE = 'check_violation';
      END IF;
    END LOOP;
    INSERT INTO public.log_entry (log, type, body)
      SELECT l.id, 2, queue_api_event.body FROM public.log l
      WHERE l.id = of_log AND l.closed_at IS NULL AND l.last_size IS NULL AND l.origin = parts[cardinality(parts)];
    RETURN FOUND;
  END $$`;

const AUDIT = `
  CREATE FUNCTION append_api_audit(organizations int[], bodies bytea[]) RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  BEGIN
    IF EXISTS (SELECT FROM unnest(organizations) o WHERE NOT EXISTS (SELECT FROM public.organization g WHERE g.key = o))
      OR EXISTS (SELECT FROM unnest(bodies) b WHERE coalesce(convert_from(b, 'UTF8')::jsonb ->> 'actor', 'operator:') LIKE 'operator:%')
    THEN
      RAISE EXCEPTION 'no audit entry that the API makes' USING ERRCODE = 'check_violation';
    END IF;
    PERFORM public.append_audit(organizations, bodies);
  END $$`;

const GRANTS = `
  REVOKE ALL ON FUNCTION revocations_of_key(bytea), queue_api_event(smallint, bytea), append_api_audit(int[], bytea[]) FROM PUBLIC;
  GRANT EXECUTE ON FUNCTION revocations_of_key(bytea), queue_api_event(smallint, bytea), append_api_audit(int[], bytea[]) TO cunzheng_api;
  REVOKE INSERT (log, type, body) ON log_entry FROM cunzheng_api;
  REVOKE EXECUTE ON FUNCTION append_audit(int[], bytea[]) FROM cunzheng_api`;

export class NarrowerApi1765324800000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    for (const sql of [REVOCATIONS, EVENTS, AUDIT, GRANTS]) await queryRunner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only: restore a backup to go back'));
  }
}
