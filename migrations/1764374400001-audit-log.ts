/**
 * The audit log: one chain of lines for each organization, and chain 0 for what the operator does to the service itself.
 * Nobody writes the tables: `append_audit` numbers a line, puts the SHA-256 of the line before it in, and stores it, under
 * a lock on the chain. A trigger refuses changes and removals, the owner's too. `audit_head` has what bound a chain into
 * the ledger; bodies of heads are private, so that outsiders do not learn how much an organization does.
 */
import { type MigrationInterface, type QueryRunner } from 'typeorm';

const TABLES = `
  CREATE TABLE audit_chain (
    organization int PRIMARY KEY,
    sequence bigint NOT NULL,
    head bytea NOT NULL CHECK (octet_length(head) = 32),
    bound_sequence bigint NOT NULL DEFAULT 0,
    bound_at timestamptz
  );
  CREATE TABLE audit_log (
    organization int NOT NULL,
    sequence bigint NOT NULL,
    line bytea NOT NULL,
    PRIMARY KEY (organization, sequence)
  );
  CREATE TABLE audit_head (
    organization int NOT NULL,
    sequence bigint NOT NULL,
    log_entry bigint NOT NULL REFERENCES log_entry,
    PRIMARY KEY (organization, sequence)
  )`;

const OF_ORGANIZATION = `organization = ANY ((SELECT string_to_array(nullif(current_setting('app.organizations', true), ''), ',')::int[])::int[])`;

const isolate = (table: string): string => `
  ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY;
  ALTER TABLE ${table} FORCE ROW LEVEL SECURITY;
  CREATE POLICY ${table}_owner ON ${table} TO CURRENT_USER USING (true) WITH CHECK (true);
  CREATE POLICY ${table}_organization ON ${table} FOR SELECT TO cunzheng_api USING (${OF_ORGANIZATION})`;

/** line = J({entry, previous, sequence}); the bodies are J(entry) already. Chains are locked in order: no deadlocks. */
const APPEND = `
  CREATE FUNCTION append_audit(organizations int[], bodies bytea[]) RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  DECLARE
    unit record;
    chain public.audit_chain;
    body bytea;
    line bytea;
  BEGIN
    INSERT INTO public.audit_chain (organization, sequence, head)
      SELECT DISTINCT o, 0, decode(repeat('00', 32), 'hex') FROM unnest(organizations) o ORDER BY o
      ON CONFLICT DO NOTHING;
    FOR unit IN
      SELECT t.o AS organization, array_agg(t.b ORDER BY t.n) AS bodies
      FROM unnest(organizations, bodies) WITH ORDINALITY AS t(o, b, n) GROUP BY t.o ORDER BY t.o
    LOOP
      SELECT * INTO chain FROM public.audit_chain c WHERE c.organization = unit.organization FOR UPDATE;
      FOREACH body IN ARRAY unit.bodies LOOP
        chain.sequence := chain.sequence + 1;
        line := convert_to('{"entry":', 'UTF8') || body || convert_to(
          ',"previous":"' || encode(chain.head, 'hex') || '","sequence":' || chain.sequence || '}', 'UTF8');
        INSERT INTO public.audit_log VALUES (unit.organization, chain.sequence, line);
        chain.head := sha256(line);
      END LOOP;
      UPDATE public.audit_chain c SET sequence = chain.sequence, head = chain.head
        WHERE c.organization = unit.organization;
    END LOOP;
  END $$`;

const HEADS = `
  CREATE FUNCTION take_due_audit_heads(older_than interval)
  RETURNS TABLE (organization int, organization_id text, sequence bigint, head bytea)
  LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    WITH due AS (
      SELECT c.organization FROM public.audit_chain c
      WHERE c.sequence > c.bound_sequence AND (c.bound_at IS NULL OR c.bound_at <= now() - older_than)
      ORDER BY c.organization LIMIT 1000 FOR UPDATE SKIP LOCKED
    ), taken AS (
      UPDATE public.audit_chain c SET bound_sequence = c.sequence, bound_at = now()
      FROM due WHERE c.organization = due.organization RETURNING c.organization, c.sequence, c.head
    )
    SELECT t.organization, coalesce(o.id, ''), t.sequence, t.head
    FROM taken t LEFT JOIN public.organization o ON o.key = t.organization
  $$;
  CREATE FUNCTION note_audit_head(of_organization int, of_sequence bigint, body bytea) RETURNS void
  LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    INSERT INTO public.audit_head
      SELECT of_organization, of_sequence, e.id FROM public.log_entry e
      WHERE e.type = 3 AND e.height IS NULL AND e.body = note_audit_head.body ORDER BY e.id DESC LIMIT 1
  $$;
  CREATE FUNCTION audit_heads() RETURNS TABLE (organization int, sequence bigint, body bytea, height bigint, leaf_index bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT h.organization, h.sequence, e.body, e.height, e.leaf_index
    FROM public.audit_head h JOIN public.log_entry e ON e.id = h.log_entry WHERE h.${OF_ORGANIZATION}
    ORDER BY h.organization, h.sequence
  $$`;

const APPEND_ONLY = `
  CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'insufficient_privilege';
  END $$;
  CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
    EXECUTE FUNCTION refuse_audit_change();
  CREATE TRIGGER audit_head_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_head
    EXECUTE FUNCTION refuse_audit_change()`;

const GRANTS = `
  REVOKE ALL ON FUNCTION append_audit(int[], bytea[]), take_due_audit_heads(interval),
    note_audit_head(int, bigint, bytea), audit_heads() FROM PUBLIC;
  GRANT SELECT ON audit_log TO cunzheng_api;
  GRANT EXECUTE ON FUNCTION append_audit(int[], bytea[]), audit_heads() TO cunzheng_api;
  GRANT EXECUTE ON FUNCTION take_due_audit_heads(interval), note_audit_head(int, bigint, bytea) TO cunzheng_worker`;

export class AuditLog1764374400001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(TABLES);
    for (const table of ['audit_chain', 'audit_log', 'audit_head']) await queryRunner.query(isolate(table));
    for (const sql of [APPEND, HEADS, APPEND_ONLY, GRANTS]) await queryRunner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only: restore a backup to go back'));
  }
}
