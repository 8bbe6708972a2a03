/**
 * Webhooks. What matters about it:
 *
 * - `webhook_outbox` is written in the transaction of the fact (a block is anchored, its checkpoint attested): one row
 *   for a block, and none while nobody has an endpoint. It belongs to no organization.
 * - The worker turns it into events and deliveries under one advisory lock, held to the commit. So `position` is given
 *   in the order of commits and a reader that goes on from the last position it saw can skip nothing. Positions are
 *   ours, not PostgreSQL's transaction ids: they survive a dump and its restore. A test event has none.
 * - `webhook_delivery` is the schedule; queues only hold its ids. A lease says that somebody is at it, and counts up so
 *   that a repeated job does nothing.
 * - What endpoints have to do with each other across workers (rate, pauses, failures) is in their row.
 * - The worker finds the evidence of a block through a function that gives ids of organizations that asked for it,
 *   nothing else; `evidence_parcel` makes that a range of one index.
 */
import { type MigrationInterface, type QueryRunner } from 'typeorm';

const TABLES = `
  CREATE TABLE webhook_outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('anchored', 'attested')),
    log smallint NOT NULL,
    height bigint NOT NULL
  );
  CREATE TABLE webhook_endpoint (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    organization int NOT NULL REFERENCES organization,
    url text NOT NULL,
    description text NOT NULL,
    types text[] NOT NULL,
    tags text[] NOT NULL,
    max_per_second smallint NOT NULL CHECK (max_per_second > 0),
    enabled boolean NOT NULL,
    disabled_at timestamptz,
    disabled_reason text,
    created_at timestamptz NOT NULL DEFAULT now(),
    failures int NOT NULL DEFAULT 0,
    failing_since timestamptz,
    paused_until timestamptz NOT NULL DEFAULT '-infinity',
    tokens real NOT NULL DEFAULT 0,
    tokens_at timestamptz NOT NULL DEFAULT 'epoch'
  ) WITH (fillfactor = 50);
  CREATE INDEX webhook_endpoint_organization ON webhook_endpoint (organization, id);
  CREATE TABLE webhook_secret (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    organization int NOT NULL,
    endpoint uuid NOT NULL REFERENCES webhook_endpoint ON DELETE CASCADE,
    sealed bytea NOT NULL,
    public_key bytea NOT NULL CHECK (octet_length(public_key) = 32),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz
  );
  CREATE INDEX webhook_secret_endpoint ON webhook_secret (endpoint);
  CREATE TABLE webhook_event (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    organization int NOT NULL,
    position bigint,
    type text NOT NULL,
    tags text[],
    data json NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
  );
  CREATE SEQUENCE webhook_event_position;
  CREATE UNIQUE INDEX webhook_event_feed ON webhook_event (organization, position) WHERE position IS NOT NULL;
  CREATE INDEX webhook_event_age ON webhook_event (created_at);
  CREATE TABLE webhook_feed (
    organization int PRIMARY KEY,
    forgotten bigint NOT NULL
  );
  CREATE TABLE webhook_delivery (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    organization int NOT NULL,
    endpoint uuid NOT NULL,
    event uuid NOT NULL,
    state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'succeeded', 'failed')),
    attempts int NOT NULL DEFAULT 0,
    round smallint NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL,
    give_up_at timestamptz NOT NULL,
    lease int NOT NULL DEFAULT 0,
    leased_until timestamptz NOT NULL DEFAULT '-infinity',
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz,
    UNIQUE (endpoint, event)
  );
  CREATE INDEX webhook_delivery_due ON webhook_delivery (endpoint, next_attempt_at) WHERE state = 'pending';
  CREATE INDEX webhook_delivery_leased ON webhook_delivery (endpoint, leased_until)
    WHERE state = 'pending' AND leased_until > '-infinity';
  CREATE INDEX webhook_delivery_give_up ON webhook_delivery (give_up_at) WHERE state = 'pending';
  CREATE INDEX webhook_delivery_list ON webhook_delivery (organization, id);
  CREATE INDEX webhook_delivery_event ON webhook_delivery (event);
  CREATE TABLE webhook_attempt (
    organization int NOT NULL,
    delivery uuid NOT NULL REFERENCES webhook_delivery ON DELETE CASCADE,
    n int NOT NULL,
    started_at timestamptz NOT NULL,
    latency_ms int NOT NULL,
    status smallint,
    error text,
    answer bytea CHECK (octet_length(answer) <= 2048),
    PRIMARY KEY (delivery, n)
  )`;

const EVIDENCE = `
  ALTER TABLE evidence ADD COLUMN tag text;
  CREATE INDEX evidence_parcel ON evidence (parcel)`;

const ORGANIZATION_BOUND = [
  'webhook_endpoint',
  'webhook_secret',
  'webhook_event',
  'webhook_feed',
  'webhook_delivery',
  'webhook_attempt',
];

const BOUND = `organization = ANY ((SELECT string_to_array(nullif(current_setting('app.organizations', true), ''), ',')::int[])::int[])`;

/** The worker delivers for everybody; its grants say what it may do with the rows. */
const isolate = (table: string): string => `
  ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY;
  ALTER TABLE ${table} FORCE ROW LEVEL SECURITY;
  CREATE POLICY ${table}_owner ON ${table} TO CURRENT_USER USING (true) WITH CHECK (true);
  CREATE POLICY ${table}_worker ON ${table} TO cunzheng_worker USING (true) WITH CHECK (true);
  CREATE POLICY ${table}_organization ON ${table} TO cunzheng_api USING (${BOUND}) WITH CHECK (${BOUND})`;

const SUBSCRIBED_EVIDENCE = `
  CREATE FUNCTION subscribed_evidence(of_log smallint, of_height bigint, event_type text)
  RETURNS TABLE (organization int, id uuid, leaf_index bigint, tag text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT e.organization, e.id, p.first_leaf + e.ord, e.tag
    FROM public.parcel p JOIN public.evidence e ON e.parcel = p.id
    WHERE p.log = of_log AND p.height = of_height AND e.organization IN (
      SELECT w.organization FROM public.webhook_endpoint w WHERE event_type = ANY (w.types))
  $$;
  REVOKE ALL ON FUNCTION subscribed_evidence(smallint, bigint, text) FROM PUBLIC;
  GRANT EXECUTE ON FUNCTION subscribed_evidence(smallint, bigint, text) TO cunzheng_worker`;

const GRANTS = `
  GRANT SELECT, INSERT, DELETE ON webhook_outbox TO cunzheng_worker;
  GRANT SELECT ON webhook_endpoint, webhook_secret TO cunzheng_worker;
  GRANT UPDATE (enabled, disabled_at, disabled_reason, failures, failing_since, paused_until, tokens, tokens_at)
    ON webhook_endpoint TO cunzheng_worker;
  GRANT DELETE ON webhook_secret TO cunzheng_worker;
  GRANT SELECT, INSERT, DELETE ON webhook_event, webhook_delivery TO cunzheng_worker;
  GRANT USAGE ON SEQUENCE webhook_event_position TO cunzheng_worker;
  GRANT SELECT, INSERT, UPDATE (forgotten) ON webhook_feed TO cunzheng_worker;
  GRANT UPDATE (state, attempts, round, next_attempt_at, lease, leased_until, finished_at)
    ON webhook_delivery TO cunzheng_worker;
  GRANT SELECT, INSERT ON webhook_attempt TO cunzheng_worker;
  GRANT SELECT, INSERT, DELETE ON webhook_endpoint TO cunzheng_api;
  GRANT UPDATE (url, description, types, tags, max_per_second, enabled, disabled_at, disabled_reason, failures,
    failing_since, paused_until) ON webhook_endpoint TO cunzheng_api;
  GRANT SELECT, INSERT, UPDATE (expires_at) ON webhook_secret TO cunzheng_api;
  GRANT SELECT, INSERT ON webhook_event, webhook_delivery TO cunzheng_api;
  GRANT UPDATE (state, round, next_attempt_at, give_up_at, finished_at) ON webhook_delivery TO cunzheng_api;
  GRANT SELECT ON webhook_feed, webhook_attempt TO cunzheng_api`;

export class Webhooks1764201600000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(TABLES);
    await queryRunner.query(EVIDENCE);
    for (const table of ORGANIZATION_BOUND) await queryRunner.query(isolate(table));
    await queryRunner.query(SUBSCRIBED_EVIDENCE);
    await queryRunner.query(GRANTS);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only: restore a backup to go back'));
  }
}
