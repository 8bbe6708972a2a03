/** Tenants stay apart in the database itself: what the API's role can and cannot see and write. */
import pg from 'pg';
import { assertRestrictedRole } from '@cunzheng/persistence';
import { createTestDatabase, type TestDatabase } from '@test/test-database.js';

const TENANT_TABLES = ['organization', 'api_key', 'signer', 'signer_key', 'key_challenge', 'evidence', 'further_fingerprint', 'idempotency'];

describe('row-level security', () => {
  let database: TestDatabase;
  let owner: pg.Pool;
  let api: pg.Pool;

  beforeAll(async () => {
    database = await createTestDatabase();
    owner = new pg.Pool({ connectionString: database.ownerUrl, max: 2 });
    api = new pg.Pool({ connectionString: database.apiUrl, max: 1 });
    await owner.query(`
      INSERT INTO organization (id, name) VALUES ('first', 'First'), ('second', 'Second');
      INSERT INTO idempotency (organization, key, request_sha256, claim, claimed_until)
        SELECT key, 'k', '\\x00', gen_random_uuid(), now() FROM organization;
      INSERT INTO evidence SELECT key, gen_random_uuid(), 1, 0, 7, '\\x00', '\\x00', NULL, '\\x00' FROM organization;`);
  });

  afterAll(async () => {
    await Promise.all([owner.end(), api.end()]);
    await database.drop();
  });

  const organizationKey = async (id: string): Promise<number> => {
    const { rows } = await owner.query<{ key: number }>('SELECT key FROM organization WHERE id = $1', [id]);
    return rows[0]!.key;
  };

  test('the API role sees no tenant row without an organization', async () => {
    for (const table of ['organization', 'evidence', 'idempotency']) {
      expect((await owner.query(`SELECT FROM ${table}`)).rowCount).toBe(2);
      expect((await api.query(`SELECT FROM ${table}`)).rowCount).toBe(0);
    }
  });

  test('every tenant table has forced row-level security', async () => {
    const { rows } = await owner.query<{ relname: string }>(
      'SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity ORDER BY relname',
    );
    expect(rows.map((row) => row.relname)).toEqual([...TENANT_TABLES].sort());
  });

  test('an organization sees its own rows only and cannot write for another', async () => {
    const [first, second] = [await organizationKey('first'), await organizationKey('second')];
    await api.query("SELECT set_config('app.organizations', $1, false)", [String(first)]);
    const { rows } = await api.query<{ organization: number }>('SELECT organization FROM evidence');
    expect(rows).toEqual([{ organization: first }]);
    await expect(
      api.query("INSERT INTO evidence SELECT $1, gen_random_uuid(), 1, 0, 7, '\\x00', '\\x00', NULL, '\\x00'", [second]),
    ).rejects.toThrow(/row-level security/);
    await api.query("SELECT set_config('app.organizations', '', false)");
  });

  test('the API role cannot read keys, change evidence, or touch the ledger tables', async () => {
    await expect(api.query('SELECT * FROM api_key')).rejects.toThrow(/permission denied/);
    await expect(api.query('DELETE FROM evidence')).rejects.toThrow(/permission denied/);
    await expect(api.query('UPDATE parcel SET height = 1')).rejects.toThrow(/permission denied/);
    await expect(api.query("INSERT INTO checkpoint VALUES (1, 1, 0, '')")).rejects.toThrow(/permission denied/);
  });

  test('a role that owns tables is refused, the API role is accepted', async () => {
    await expect(assertRestrictedRole(owner)).rejects.toMatchObject({ code: 'role-too-powerful' });
    await expect(assertRestrictedRole(api)).resolves.toBeUndefined();
  });
});
