/** Tenants stay apart in the database itself: what the roles of API and worker can and cannot see and write. */
import pg from 'pg';
import { assertRestrictedRole, createDataSource, entities } from '@cunzheng/persistence';
import { createTestDatabase, type TestDatabase } from '@test/test-database.js';

/** Every table that belongs to an organization, with the column that says to which. */
const TENANT_TABLES: Record<string, string> = {
  organization: 'key',
  admission: 'organization',
  audit_chain: 'organization',
  audit_log: 'organization',
  audit_head: 'organization',
  member: 'organization',
  api_key_use: 'organization',
  api_key: 'organization',
  signer: 'organization',
  signer_key: 'organization',
  signer_revocation: 'organization',
  signer_certificate: 'organization',
  key_challenge: 'organization',
  evidence: 'organization',
  further_fingerprint: 'organization',
  evidence_signer: 'organization',
  idempotency: 'organization',
  webhook_endpoint: 'organization',
  webhook_secret: 'organization',
  webhook_event: 'organization',
  webhook_feed: 'organization',
  webhook_delivery: 'organization',
  webhook_attempt: 'organization',
  share: 'organization',
  publication: 'organization',
  published_fingerprint: 'organization',
  package_timestamp: 'organization',
  import: 'organization',
  import_part: 'organization',
  usage_day: 'organization',
  delivery_day: 'organization',
  quota_month: 'organization',
};
/** Hashes only, and everybody's: the sequencer takes organizations in turn, and receipts of others' records need them. */
const NOT_ISOLATED = ['parcel'];
const tables = Object.keys(TENANT_TABLES);
/** Those that the API's role may read; of keys everything but the secret's hash. */
const UNREADABLE = ['admission', 'audit_chain', 'audit_head'];
const READABLE = tables.filter((table) => !UNREADABLE.includes(table));

const SEED = `
  INSERT INTO organization (id, name) VALUES ('first', 'First'), ('second', 'Second');
  INSERT INTO member (organization, id, roles) SELECT key, 'm', '{}' FROM organization;
  INSERT INTO admission (organization, state, operator) SELECT key, 'approved', 'x' FROM organization;
  INSERT INTO api_key_use SELECT 'key-' || id, key, now() FROM organization;
  SELECT append_audit(array_agg(key), array_agg('{}'::bytea)) FROM organization;
  INSERT INTO log (name, origin, verifier_key) VALUES ('main', 'x/logs/main', 'x');
  INSERT INTO log_entry (log, type, body) VALUES (1, 3, '{}');
  INSERT INTO audit_head SELECT key, 1, 1 FROM organization;
  INSERT INTO api_key (id, organization, secret_sha256, scopes) SELECT 'key-' || id, key, '\\x00', '{}' FROM organization;
  INSERT INTO signer (id, organization, identity) SELECT gen_random_uuid(), key, '{}' FROM organization;
  INSERT INTO signer_key (organization, signer, keyid, alg, spki)
    SELECT organization, id, sha256(id::text::bytea), 'ed25519', '\\x00' FROM signer;
  INSERT INTO signer_revocation (organization, key, effective_at) SELECT organization, key, now() FROM signer_key;
  INSERT INTO signer_certificate (id, organization, key, sha256, chain)
    SELECT gen_random_uuid(), organization, key, sha256('x'), '\\x00' FROM signer_key;
  INSERT INTO key_challenge (id, organization, signer, keyid, message, expires_at)
    SELECT gen_random_uuid(), organization, id, '\\x00', '\\x00', now() FROM signer;
  INSERT INTO idempotency (organization, key, request_sha256, claim, claimed_until)
    SELECT key, 'k', '\\x00', gen_random_uuid(), now() FROM organization;
  INSERT INTO evidence SELECT key, gen_random_uuid(), 1, 0, 7, '\\x00', '\\x00', NULL, '\\x00' FROM organization;
  INSERT INTO further_fingerprint SELECT organization, 7, id FROM evidence;
  INSERT INTO evidence_signer SELECT organization, s.id, e.id FROM evidence e JOIN signer s USING (organization);
  INSERT INTO webhook_endpoint (organization, url, description, types, tags, max_per_second, enabled)
    SELECT key, 'https://example.com', '', '{endpoint.disabled}', '{}', 50, true FROM organization;
  INSERT INTO webhook_secret (organization, endpoint, sealed, public_key)
    SELECT organization, id, '\\x00', sha256('x') FROM webhook_endpoint;
  INSERT INTO webhook_event (organization, position, type, data)
    SELECT key, nextval('webhook_event_position'), 'endpoint.disabled', '{}' FROM organization;
  INSERT INTO webhook_feed SELECT key, 0 FROM organization;
  INSERT INTO webhook_delivery (organization, endpoint, event, next_attempt_at, give_up_at)
    SELECT e.organization, w.id, e.id, now(), now() FROM webhook_event e JOIN webhook_endpoint w USING (organization);
  INSERT INTO webhook_attempt (organization, delivery, n, started_at, latency_ms)
    SELECT organization, id, 1, now(), 1 FROM webhook_delivery;
  INSERT INTO share (id, organization, evidence, token_sha256, disclose)
    SELECT gen_random_uuid(), organization, id, sha256(id::text::bytea), '{}' FROM evidence;
  INSERT INTO publication (organization, evidence, disclose) SELECT organization, id, '{}' FROM evidence;
  INSERT INTO published_fingerprint SELECT 'sha-256:0', organization, evidence FROM publication;
  INSERT INTO package_timestamp (organization, manifest_sha256, token)
    SELECT key, sha256(id::bytea), '\\x00' FROM organization;
  INSERT INTO import (organization) SELECT key FROM organization;
  INSERT INTO import_part (organization, import, first_line, n, outcomes, problems)
    SELECT organization, id, 1, 1, decode(repeat('00', 17), 'hex'), '[]' FROM import;
  INSERT INTO usage_day SELECT key, '2026-11-20', 1, 1, 1 FROM organization;
  INSERT INTO delivery_day SELECT key, '2026-11-20', 1 FROM organization;
  INSERT INTO quota_month SELECT key, '2026-11-01', 1 FROM organization`;

describe('row-level security', () => {
  let database: TestDatabase;
  let owner: pg.Pool;
  let api: pg.Pool;
  let worker: pg.Pool;
  let first: number;
  let second: number;

  beforeAll(async () => {
    database = await createTestDatabase();
    owner = new pg.Pool({ connectionString: database.ownerUrl, max: 2 });
    api = new pg.Pool({ connectionString: database.apiUrl, max: 1 });
    worker = new pg.Pool({ connectionString: database.workerUrl, max: 1 });
    await owner.query(SEED);
    const { rows } = await owner.query<{ key: number }>('SELECT key FROM organization ORDER BY id');
    [first, second] = rows.map(({ key }) => key) as [number, number];
  });

  afterEach(() => api.query("SELECT set_config('app.organizations', '', false)"));

  afterAll(async () => {
    await Promise.all([owner.end(), api.end(), worker.end()]);
    await database.drop();
  });

  const actAs = (...organizations: readonly unknown[]): Promise<unknown> =>
    api.query("SELECT set_config('app.organizations', $1, false)", [organizations.join(',')]);

  test.each(READABLE)('%s: the API role sees no row without an organization', async (table) => {
    expect((await owner.query(`SELECT FROM ${table}`)).rowCount).toBe(2);
    expect((await api.query(`SELECT FROM ${table}`)).rowCount).toBe(0);
  });

  test('a connection on which the setting was never made sees no row either', async () => {
    const client = new pg.Client({ connectionString: database.apiUrl });
    await client.connect();
    for (const table of READABLE) expect((await client.query(`SELECT FROM ${table}`)).rowCount).toBe(0);
    await client.end();
  });

  test.each(READABLE)('%s: an organization sees its own rows alone, several theirs', async (table) => {
    const column = TENANT_TABLES[table]!;
    await actAs(first);
    expect(
      (await api.query<{ organization: number }>(`SELECT ${column} AS organization FROM ${table}`)).rows,
    ).toEqual([{ organization: first }]);
    expect((await api.query(`SELECT FROM ${table} WHERE ${column} = $1`, [second])).rowCount).toBe(0);
    await actAs(first, second);
    expect((await api.query(`SELECT FROM ${table}`)).rowCount).toBe(2);
    await actAs(2_000_000_000);
    expect((await api.query(`SELECT FROM ${table}`)).rowCount).toBe(0);
  });

  test.each(['evidence', 'further_fingerprint', 'evidence_signer', 'signer', 'idempotency'])(
    '%s: no row can be written for another organization, or for none',
    async (table) => {
      const copy = `INSERT INTO ${table} SELECT (jsonb_populate_record(t, '{"organization": ${second}}')).* FROM ${table} t`;
      await actAs(first);
      await expect(api.query(copy)).rejects.toThrow(/row-level security/);
      const { rows } = await owner.query<Record<string, unknown>>(
        `SELECT * FROM ${table} WHERE organization = $1`,
        [first],
      );
      await actAs();
      const names = Object.keys(rows[0]!);
      const insert = `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map((_, index) => `$${index + 1}`).join(', ')})`;
      await expect(api.query(insert, Object.values(rows[0]!))).rejects.toThrow(/row-level security/);
    },
  );

  test('rows of another organization cannot be changed or removed', async () => {
    await actAs(first);
    expect(
      (await api.query('UPDATE idempotency SET status = 200 WHERE organization = $1', [second])).rowCount,
    ).toBe(0);
    expect((await api.query('DELETE FROM idempotency WHERE organization = $1', [second])).rowCount).toBe(0);
    expect(
      (await api.query('UPDATE key_challenge SET used_at = now() WHERE organization = $1', [second]))
        .rowCount,
    ).toBe(0);
    await expect(api.query('UPDATE idempotency SET organization = $1', [second])).rejects.toThrow(
      /row-level security/,
    );
  });

  test('what is no list of numbers in the setting gives an error, never rows', async () => {
    for (const nonsense of ['all', '1;2', `${first} OR true`, '*']) {
      await actAs(nonsense);
      await expect(api.query('SELECT FROM evidence')).rejects.toThrow(/invalid input syntax/);
    }
  });

  test('every tenant table has forced row-level security, and every table of an organization is known here', async () => {
    const { rows } = await owner.query<{ relname: string }>(
      'SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity ORDER BY relname',
    );
    expect(rows.map((row) => row.relname)).toEqual([...tables].sort());
    const owned = await owner.query<{ name: string }>(
      "SELECT table_name AS name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'organization'",
    );
    expect(owned.rows.map(({ name }) => name).sort()).toEqual(
      [...tables.filter((table) => table !== 'organization'), ...NOT_ISOLATED].sort(),
    );
  });

  test('the API role may do this to tables and nothing else', async () => {
    const { rows } = await owner.query<{ table: string; privileges: string }>(
      `SELECT table_name AS table, string_agg(DISTINCT privilege_type, ' ' ORDER BY privilege_type) AS privileges
       FROM information_schema.role_table_grants WHERE grantee = 'cunzheng_api' AND table_schema = 'public' GROUP BY 1`,
    );
    const granted = Object.fromEntries(rows.map(({ table, privileges }) => [table, privileges]));
    const written = [
      'member',
      'parcel',
      'evidence',
      'further_fingerprint',
      'signer',
      'signer_key',
      'signer_revocation',
      'signer_certificate',
      'key_challenge',
      'value_key',
      'webhook_secret',
      'webhook_event',
      'webhook_delivery',
      'share',
      'published_fingerprint',
      'package_timestamp',
      'tsa_key',
      'tsa_token',
      'import',
      'import_part',
    ];
    expect(granted['idempotency']).toBe('DELETE INSERT SELECT UPDATE');
    expect(granted['evidence_signer']).toBe('DELETE INSERT SELECT');
    expect(granted['webhook_endpoint']).toBe('DELETE INSERT SELECT');
    expect(granted['publication']).toBe('DELETE INSERT SELECT');
    expect(granted['rate_limit']).toBe('DELETE INSERT SELECT UPDATE');
    expect(granted['api_key']).toBe('INSERT');
    for (const table of [...UNREADABLE, 'supervision_grant', 'webhook_outbox'])
      expect([table, granted[table]]).toEqual([table, undefined]);
    const apart = [
      'idempotency',
      'evidence_signer',
      'webhook_endpoint',
      'publication',
      'rate_limit',
      'api_key',
    ];
    for (const [table, privileges] of Object.entries(granted).filter(([name]) => !apart.includes(name))) {
      expect([table, privileges]).toEqual([table, written.includes(table) ? 'INSERT SELECT' : 'SELECT']);
    }
  });

  test('the API role cannot read keys, change evidence, touch the ledger tables or make any of its own', async () => {
    await actAs(first, second);
    for (const sql of [
      'SELECT * FROM api_key',
      'SELECT secret_sha256 FROM api_key',
      'DELETE FROM api_key',
      'DELETE FROM audit_log',
      'INSERT INTO audit_log SELECT * FROM audit_log',
      'SELECT * FROM supervision_grant',
      'DELETE FROM evidence',
      'UPDATE evidence SET client_ref = NULL',
      'UPDATE parcel SET height = 1',
      'DELETE FROM parcel',
      'UPDATE signer_key SET revoked_at = NULL',
      'UPDATE key_challenge SET expires_at = now()',
      "INSERT INTO organization (id, name) VALUES ('third', 'Third')",
      "INSERT INTO checkpoint (log, tree_size, height, note) VALUES (1, 1, 0, '')",
      'TRUNCATE idempotency',
      'CREATE TABLE mine (x int)',
      'ALTER TABLE evidence DISABLE ROW LEVEL SECURITY',
      'SET ROLE cunzheng',
      'SET ROLE cunzheng_worker',
    ]) {
      await expect(api.query(sql)).rejects.toThrow(/permission denied|must be owner/);
    }
    // Switching row security off does not show more, it gives an error.
    await api.query('SET row_security = off');
    await expect(api.query('SELECT FROM evidence')).rejects.toThrow(/row-level security/);
    await api.query('RESET row_security');
  });

  test('the API role appends to chains of organizations that there are, and never as the operator', async () => {
    const append = (organization: number, actor?: string): Promise<pg.QueryResult> =>
      api.query('SELECT append_api_audit($1, $2)', [
        [organization],
        [Buffer.from(JSON.stringify({ actor }))],
      ]);
    await append(first, 'key:abcdefgh');
    for (const [organization, actor] of [
      [0, 'key:abcdefgh'],
      [999_999, 'key:abcdefgh'],
      [first, 'operator:root'],
      [first, undefined],
    ] as const)
      await expect(append(organization, actor)).rejects.toThrow('no audit entry that the API makes');
    await expect(api.query("SELECT append_audit(ARRAY[0], ARRAY['{}'::bytea])")).rejects.toThrow(
      /permission denied/,
    );
  });

  test('of a key, the API role learns when anybody revoked it, and nothing else', async () => {
    const { rows } = await api.query<Record<string, unknown>>('SELECT * FROM revocations_of_key($1)', [
      Buffer.alloc(32),
    ]);
    expect(rows).toEqual([]);
    await expect(worker.query("SELECT revocations_of_key('\\x00')")).rejects.toThrow(/permission denied/);
  });

  test('a key is found by its id, one at a time, and by the API role alone', async () => {
    const find = (pool: pg.Pool, id: string): Promise<pg.QueryResult> =>
      pool.query('SELECT * FROM find_api_key($1)', [id]);
    expect((await find(api, 'key-first')).rows).toEqual([
      expect.objectContaining({ organization: first, organization_id: 'first' }),
    ]);
    for (const id of ['', '%', 'key-%', 'key-third', "key-first' OR ''='"])
      expect((await find(api, id)).rowCount).toBe(0);
    await expect(find(worker, 'key-first')).rejects.toThrow(/permission denied/);
  });

  test('the worker role sees nothing of organizations but their webhooks, and of remembered answers and imports only those that have had their time', async () => {
    const seen = ['idempotency', 'import'];
    for (const table of tables.filter((name) => !seen.includes(name) && !name.startsWith('webhook_'))) {
      await expect(worker.query(`SELECT FROM ${table}`)).rejects.toThrow(/permission denied/);
    }
    expect((await worker.query('SELECT FROM idempotency')).rowCount).toBe(0);
    expect((await worker.query('DELETE FROM idempotency')).rowCount).toBe(0);
    await owner.query(
      "UPDATE idempotency SET created_at = now() - interval '25 hours' WHERE organization = $1",
      [first],
    );
    expect((await worker.query('DELETE FROM idempotency')).rowCount).toBe(1);
    expect((await owner.query('SELECT FROM idempotency')).rowCount).toBe(1);
    expect((await worker.query('DELETE FROM import')).rowCount).toBe(0);
    await owner.query("UPDATE import SET updated_at = now() - interval '91 days' WHERE organization = $1", [
      first,
    ]);
    expect((await worker.query('DELETE FROM import')).rowCount).toBe(1);
    for (const table of ['import', 'import_part'])
      expect((await owner.query(`SELECT FROM ${table}`)).rowCount).toBe(1);
    for (const sql of [
      'DELETE FROM parcel',
      'UPDATE parcel SET entries = entries',
      'UPDATE block SET header = header',
      'DELETE FROM checkpoint',
      "INSERT INTO parcel (log, n, entries) VALUES (1, 1, '')",
    ]) {
      await expect(worker.query(sql)).rejects.toThrow(/permission denied/);
    }
  });

  test('a role that owns tables or bypasses row security is refused, the API role is accepted', async () => {
    const superuser = new pg.Pool({ connectionString: database.superuserUrl, max: 1 });
    await expect(assertRestrictedRole(owner)).rejects.toMatchObject({ code: 'role-too-powerful' });
    await expect(assertRestrictedRole(superuser)).rejects.toMatchObject({ code: 'role-too-powerful' });
    await expect(assertRestrictedRole(api)).resolves.toBeUndefined();
    await superuser.end();
  });

  test('every entity can be read from its table', async () => {
    const dataSource = await createDataSource(database.ownerUrl).initialize();
    for (const entity of entities)
      await expect(dataSource.getRepository(entity).find()).resolves.toBeInstanceOf(Array);
    await dataSource.destroy();
  });
});
