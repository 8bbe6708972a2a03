/**
 * Whose records a parcel holds, and what organizations have used.
 *
 * - `parcel.organization` is whose records all of them are, `day` the UTC day on which they were accepted, `bytes` what
 *   their rows take. 0 is nobody's: timestamp tokens, and parcels of processes from before, which mix organizations. The
 *   sequencer takes organizations in turn through `parcel_turn`.
 * - `usage_day` counts records once their block is anchored, in the transaction that anchors it: whatever writes that
 *   (this version, one from before, an adopted block) counts, and nothing twice. What is accepted and not yet anchored is
 *   counted from its parcels when somebody asks. So the intake itself counts nothing.
 * - `delivery_day` counts deliveries of webhooks when they succeed. It is a table of its own, because anchoring must never
 *   wait for whoever delivers.
 *
 * The order matters: the trigger first, which holds anchoring up until all is committed, then what was anchored before,
 * and last the change of `parcel`, which holds up the intake and takes no time.
 */
import { type MigrationInterface, type QueryRunner } from 'typeorm';

const TABLES = `
  CREATE TABLE usage_day (
    organization int NOT NULL,
    day date NOT NULL,
    accepted bigint NOT NULL,
    accepted_bytes bigint NOT NULL,
    anchored bigint NOT NULL,
    PRIMARY KEY (organization, day)
  );
  CREATE TABLE delivery_day (
    organization int NOT NULL,
    day date NOT NULL,
    delivered bigint NOT NULL,
    PRIMARY KEY (organization, day)
  )`;

const BOUND = `organization = ANY ((SELECT string_to_array(nullif(current_setting('app.organizations', true), ''), ',')::int[])::int[])`;

const isolate = (table: string): string => `
  ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY;
  ALTER TABLE ${table} FORCE ROW LEVEL SECURITY;
  CREATE POLICY ${table}_owner ON ${table} TO CURRENT_USER USING (true) WITH CHECK (true);
  CREATE POLICY ${table}_organization ON ${table} TO cunzheng_api USING (${BOUND}) WITH CHECK (${BOUND});
  GRANT SELECT ON ${table} TO cunzheng_api`;

const ROW_BYTES = 'octet_length(e.fingerprints) + octet_length(e.content) + 68';
const DAY_ACCEPTED = "(time_of_id(e.id) AT TIME ZONE 'UTC')::date";

/** In the order of its key, as everybody who locks several of its rows must. */
const COUNT = (contents: string, anchoredDay: string): string => `
  INSERT INTO public.usage_day AS u (organization, day, accepted, accepted_bytes, anchored)
  SELECT organization, day, sum(accepted), sum(bytes), sum(anchored) FROM (
    SELECT organization, day, records AS accepted, bytes, 0 AS anchored FROM (${contents}) c
    UNION ALL SELECT organization, ${anchoredDay}, 0, 0, records FROM (${contents}) c
  ) used GROUP BY organization, day ORDER BY organization, day
  ON CONFLICT (organization, day) DO UPDATE SET accepted = u.accepted + excluded.accepted,
    accepted_bytes = u.accepted_bytes + excluded.accepted_bytes, anchored = u.anchored + excluded.anchored`;

const ANCHORED = `
  CREATE FUNCTION count_anchored() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  BEGIN
    ${COUNT(
      `SELECT organization, day, n AS records, bytes FROM public.parcel
       WHERE log = NEW.log AND height = NEW.height AND organization <> 0
       UNION ALL
       SELECT e.organization, ${DAY_ACCEPTED}, 1, ${ROW_BYTES}
       FROM public.parcel p JOIN public.evidence e ON e.parcel = p.id
       WHERE p.log = NEW.log AND p.height = NEW.height AND p.organization = 0`,
      "(NEW.anchored_at AT TIME ZONE 'UTC')::date",
    )};
    RETURN NULL;
  END $$;
  CREATE TRIGGER block_anchored AFTER UPDATE OF anchored_at ON block FOR EACH ROW
    WHEN (OLD.anchored_at IS NULL AND NEW.anchored_at IS NOT NULL) EXECUTE FUNCTION count_anchored()`;

const ANCHORED_BEFORE = COUNT(
  `SELECT e.organization, ${DAY_ACCEPTED} AS day, (b.anchored_at AT TIME ZONE 'UTC')::date AS anchored_day,
     count(*) AS records, sum(${ROW_BYTES}) AS bytes
   FROM block b JOIN parcel p ON p.log = b.log AND p.height = b.height JOIN evidence e ON e.parcel = p.id
   WHERE b.anchored_at IS NOT NULL GROUP BY 1, 2, 3`,
  'anchored_day',
);

const DELIVERED = `
  CREATE FUNCTION count_delivered() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  BEGIN
    INSERT INTO public.delivery_day AS d VALUES (NEW.organization, (NEW.finished_at AT TIME ZONE 'UTC')::date, 1)
    ON CONFLICT (organization, day) DO UPDATE SET delivered = d.delivered + 1;
    RETURN NULL;
  END $$;
  CREATE TRIGGER webhook_delivered AFTER UPDATE OF state ON webhook_delivery FOR EACH ROW
    WHEN (OLD.state <> 'succeeded' AND NEW.state = 'succeeded') EXECUTE FUNCTION count_delivered();
  INSERT INTO delivery_day SELECT organization, (finished_at AT TIME ZONE 'UTC')::date, count(*)
    FROM webhook_delivery WHERE state = 'succeeded' GROUP BY 1, 2`;

const PARCELS = `
  CREATE INDEX block_unanchored ON block (log, height) WHERE anchored_at IS NULL;
  ALTER TABLE parcel
    ADD organization int NOT NULL DEFAULT 0,
    ADD day date,
    ADD bytes bigint NOT NULL DEFAULT 0;
  CREATE INDEX parcel_turn ON parcel (log, organization, id) INCLUDE (n) WHERE height IS NULL`;

export class Usage1764979200000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(TABLES);
    for (const table of ['usage_day', 'delivery_day']) await queryRunner.query(isolate(table));
    for (const sql of [ANCHORED, ANCHORED_BEFORE, DELIVERED, PARCELS]) await queryRunner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only: restore a backup to go back'));
  }
}
