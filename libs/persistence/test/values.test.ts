/** Sealed values: only in their place, only with their key, and keys that are added, lost or mixed up. */
import { createSecretKey, randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import pg from 'pg';
import {
  addValueKey,
  clientRefMac,
  createValueKeys,
  loadValueKeys,
  openEvidence,
  reencrypt,
  registerValueKeys,
  sealEvidence,
  ValueCipher,
  type ValueKeys,
} from '@cunzheng/persistence';
import { createTestDatabase, type TestDatabase } from '@test/test-database.js';

const directory = mkdtempSync(join(tmpdir(), 'cunzheng-values-'));
afterAll(() => {
  rmSync(directory, { recursive: true });
});

const keysOf = (...ids: number[]): ValueKeys => ({
  keys: new Map(ids.map((id) => [id, createSecretKey(randomBytes(32))])),
  newest: Math.max(...ids),
  lookup: createSecretKey(randomBytes(32)),
});
const place = { organization: 1, column: 'evidence.content', id: 'a' };

describe('a sealed value', () => {
  const cipher = new ValueCipher(keysOf(1, 300), randomBytes);

  test('opens to what was sealed, whatever it is, and shows nothing of it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1_200 }), (value) => {
        const sealed = cipher.seal(place, value);
        expect(cipher.open(place, sealed).equals(value)).toBe(true);
        expect(cipher.seal(place, value).equals(sealed)).toBe(false);
      }),
    );
    const text = 'a name that is long enough';
    expect(cipher.seal(place, Buffer.from(text)).toString('latin1')).not.toContain(text.slice(0, 4));
  });

  test.each([
    ['another organization', { ...place, organization: 2 }],
    ['another column', { ...place, column: 'signer.identity' }],
    ['another row', { ...place, id: 'b' }],
  ])('does not open in %s', (_, elsewhere) => {
    const sealed = cipher.seal(place, Buffer.from('value'));
    expect(() => cipher.open(elsewhere, sealed)).toThrow(
      expect.objectContaining({ code: 'value-unreadable' }) as Error,
    );
  });

  test('does not open with a bit changed, cut short, or under a key that is not there', () => {
    const sealed = cipher.seal(place, Buffer.from('value'));
    // The first byte says that it is sealed at all.
    for (let index = 1; index < sealed.length; index += 1) {
      const changed = Buffer.from(sealed);
      changed[index]! ^= 1;
      expect(() => cipher.open(place, changed)).toThrow(
        expect.objectContaining({ code: 'value-unreadable' }) as Error,
      );
      expect(() => cipher.open(place, sealed.subarray(0, index))).toThrow(
        expect.objectContaining({ code: 'value-unreadable' }) as Error,
      );
    }
    expect(() => new ValueCipher(keysOf(1), randomBytes).open(place, sealed)).toThrow(/no value key 300/);
  });

  test('from before there were keys is given back as it is', () => {
    const stored = Buffer.from('{"v":1}');
    expect(cipher.open(place, stored)).toBe(stored);
  });
});

describe('the key file', () => {
  test('is made once, for its owner alone, and grows', () => {
    const folder = join(directory, 'grows');
    const path = join(folder, 'value-keys.json');
    expect([createValueKeys(folder), createValueKeys(folder)]).toEqual([true, false]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const first = loadValueKeys(folder);
    const cipher = new ValueCipher(first, randomBytes, () => loadValueKeys(folder));
    expect(addValueKey(folder)).toBe(2);
    const second = loadValueKeys(folder);
    expect([first.newest, second.newest, [...second.keys.keys()]]).toEqual([1, 2, [1, 2]]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    // A process that started before reads what one sealed that started after, and the other way round.
    const newer = new ValueCipher(second, randomBytes);
    expect(newer.open(place, cipher.seal(place, Buffer.from('old')))).toEqual(Buffer.from('old'));
    expect(cipher.open(place, newer.seal(place, Buffer.from('new')))).toEqual(Buffer.from('new'));
    expect(newer.mac(1, 'c', 'x')).toEqual(new ValueCipher(first, randomBytes).mac(1, 'c', 'x'));
  });

  test('that is missing, readable by others or damaged is refused, and the way out is said', () => {
    const folder = join(directory, 'refused');
    expect(() => loadValueKeys(folder)).toThrow(
      /is missing: restore it from its backup, or .*value-key create/,
    );
    createValueKeys(folder);
    const path = join(folder, 'value-keys.json');
    const good = readFileSync(path, 'utf8');
    chmodSync(path, 0o640);
    expect(() => loadValueKeys(folder)).toThrow(/can be read by others: chmod 600/);
    chmodSync(path, 0o600);
    const file = JSON.parse(good) as { keys: Record<string, string> };
    for (const bad of [
      good.slice(0, -20),
      '{}',
      JSON.stringify({ ...file, format: 'x' }),
      JSON.stringify({ ...file, keys: {} }),
      JSON.stringify({ ...file, keys: { 1: 'AAAA' } }),
      JSON.stringify({ ...file, keys: { 70000: file.keys['1'] } }),
      JSON.stringify({ ...file, lookup: undefined }),
    ]) {
      writeFileSync(path, bad);
      expect(() => loadValueKeys(folder)).toThrow(
        expect.objectContaining({ code: 'value-keys-invalid' }) as Error,
      );
    }
  });
});

describe('in a database', () => {
  let database: TestDatabase;
  let owner: pg.Client;

  beforeAll(async () => {
    database = await createTestDatabase();
    owner = new pg.Client({ connectionString: database.ownerUrl });
    await owner.connect();
    await owner.query("INSERT INTO organization (id, name) VALUES ('first', 'First')");
  });

  afterAll(async () => {
    await owner.end();
    await database.drop();
  });

  test('only the keys that were used with it are taken', async () => {
    const api = new pg.Pool({ connectionString: database.apiUrl, max: 1 });
    const keys = keysOf(1);
    const grown = {
      ...keys,
      keys: new Map([...keys.keys, [2, createSecretKey(randomBytes(32))]]),
      newest: 2,
    };
    await registerValueKeys(api, keys);
    await registerValueKeys(api, grown);
    await registerValueKeys(api, grown);
    for (const other of [keys, keysOf(1, 2), { ...grown, lookup: createSecretKey(randomBytes(32)) }])
      await expect(registerValueKeys(api, other)).rejects.toMatchObject({ code: 'value-keys-mismatch' });
    await api.end();
  });

  test('reencrypt seals what is in clear or under an older key, and nothing twice', async () => {
    const old = keysOf(1);
    const keys = { ...old, keys: new Map([...old.keys, [2, createSecretKey(randomBytes(32))]]), newest: 2 };
    const [before, after] = [new ValueCipher(old, randomBytes), new ValueCipher(keys, randomBytes)];
    const [clear, sealed, newest] = [1, 2, 3].map((n) => `00000000-0000-7000-8000-00000000000${n}`) as [
      string,
      string,
      string,
    ];
    const values = { secrets: randomBytes(48), clientRef: 'ref', content: Buffer.from('{"v":1,"m":{}}') };
    const insert = `INSERT INTO evidence (organization, id, parcel, ord, prefix, fingerprints, secrets, client_ref, client_ref_mac, content)
      VALUES (1, $1, 1, 0, 7, '', $2, $3, $4, $5)`;
    await owner.query(insert, [clear, values.secrets, 'in clear', null, values.content]);
    const mac = clientRefMac(before, 1, 'ref');
    await owner.query(insert, [sealed, '', null, mac, sealEvidence(before, 1, sealed, values)]);
    const current = sealEvidence(after, 1, newest, { ...values, clientRef: null });
    await owner.query(insert, [newest, '', null, null, current]);
    await owner.query('INSERT INTO signer (id, organization, identity) VALUES ($1, 1, \'{"name":"x"}\')', [
      clear,
    ]);

    await owner.query(
      `INSERT INTO signer_key (organization, signer, keyid, alg, spki) VALUES (1, $1, sha256('x'), 'ed25519', '')`,
      [clear],
    );
    const chain = { organization: 1, column: 'signer_certificate.chain', id: sealed };
    await owner.query(
      `INSERT INTO signer_certificate (id, organization, key, sha256, chain) SELECT $1, 1, key, sha256('x'), $2 FROM signer_key`,
      [sealed, before.seal(chain, Buffer.from('[]'))],
    );

    expect(await reencrypt(owner, after, () => undefined)).toEqual({ key: 2, evidence: 2, signers: 1 });
    const certificates = await owner.query<{ chain: Buffer }>('SELECT chain FROM signer_certificate');
    const { rows } = await owner.query<{
      id: string;
      secrets: Buffer;
      client_ref: null;
      client_ref_mac: Buffer | null;
      content: Buffer;
    }>('SELECT id, secrets, client_ref, client_ref_mac, content FROM evidence ORDER BY id');
    const alone = new ValueCipher({ ...keys, keys: new Map([...keys.keys].slice(1)) }, randomBytes);
    expect(rows.map((row) => ({ ...openEvidence(alone, 1, row.id, row), plain: row.client_ref }))).toEqual([
      { ...values, clientRef: 'in clear', plain: null },
      { ...values, plain: null },
      { ...values, clientRef: null, plain: null },
    ]);
    expect(rows.map((row) => row.client_ref_mac)).toEqual([clientRefMac(alone, 1, 'in clear'), mac, null]);
    expect(rows[2]!.content).toEqual(current);
    const signer = await owner.query<{ identity: Buffer }>('SELECT identity FROM signer');
    const identity = { organization: 1, column: 'signer.identity', id: clear };
    expect(alone.open(chain, certificates.rows[0]!.chain)).toEqual(Buffer.from('[]'));
    expect(alone.open(identity, signer.rows[0]!.identity)).toEqual(Buffer.from('{"name":"x"}'));
    expect(await reencrypt(owner, after, () => undefined)).toEqual({ key: 2, evidence: 0, signers: 0 });
  });
});
