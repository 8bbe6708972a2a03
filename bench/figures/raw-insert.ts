/**
 * The baseline of the bulk figures: the service's own insert statement, table and indexes, fed rows that were built
 * beforehand, 1,000 a statement, on one connection, with binary arrays. It runs in a database of its own.
 */
import { createSecretKey, randomBytes } from 'node:crypto';
import pg from 'pg';
import { insertParcels, ValueCipher, type ParcelInsert } from '@cunzheng/persistence';
import { fixRecord } from '../../apps/api/src/evidence/fix-record.js';
import { createRandomPool } from '../../apps/api/src/evidence/random-pool.js';
import { type EvidenceParts } from '../../apps/api/src/evidence/evidence-parts.js';
import { type EvidenceRequest } from '../../apps/api/src/evidence/evidence.schemas.js';
import { unsignedBody } from '../bodies.js';
import { type BenchStack } from '../stack.js';

const ROWS = 1_000;
const PREBUILT = 100;
const LOG = { origin: 'localhost/logs/baseline', service: 'localhost' };

/** Rows a second. */
export async function measureRawInsert(stack: BenchStack): Promise<number> {
  const { ownerUrl, apiUrl } = await stack.createDatabase('baseline');
  await seed(ownerUrl);
  const client = new pg.Client({ connectionString: apiUrl, pipeline: true });
  await client.connect();
  const parcels = Array.from({ length: PREBUILT }, buildParcel);
  for (const parcel of parcels.splice(0, 10)) await insertParcels(client, parcel);
  const startedMs = performance.now();
  for (const parcel of parcels) await insertParcels(client, parcel);
  const seconds = (performance.now() - startedMs) / 1_000;
  await client.end();
  return (parcels.length * ROWS) / seconds;
}

async function seed(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query("INSERT INTO organization (id, name) VALUES ('baseline', 'Baseline')");
  await client.query('INSERT INTO log (name, origin, verifier_key) VALUES ($1, $2, $3)', [
    'baseline',
    LOG.origin,
    '-',
  ]);
  await client.end();
}

const random = createRandomPool();
const secret = createSecretKey(randomBytes(32));
const values = new ValueCipher({ keys: new Map([[1, secret]]), newest: 1, lookup: secret }, random);

function buildParcel(): ParcelInsert {
  const items = Array.from(
    { length: ROWS },
    () => fixRecord(parts(), 1, LOG, Date.now(), { random, values }).evidence,
  );
  return {
    log: 1,
    entries: Buffer.concat(items.map(({ entry }) => entry)),
    rows: items.map(({ row }) => row),
    outcomes: [],
  };
}

function parts(): EvidenceParts {
  const { fingerprints = [], ...rest } = JSON.parse(unsignedBody()) as EvidenceRequest;
  const { title = '', mediaType = '', sizeBytes = 0 } = rest;
  return {
    organization: 'bench',
    fingerprints,
    members: { title, mediaType, sizeBytes },
    signing: { by: 'platform', signers: [] },
  };
}
