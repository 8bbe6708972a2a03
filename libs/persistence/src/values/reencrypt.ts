/**
 * Seals stored values anew with the newest key: evidence, signers with their certificates, and secrets of webhooks, whether they were sealed with an older key or are in
 * clear. Each statement changes only rows that are still as they were read, so it may run beside the service. Answers to
 * idempotent requests and key challenges are left: they go within a day.
 */
import { type Client } from 'pg';
import { clientRefMac, openEvidence, sealEvidence } from './evidence-values.js';
import { type ValueCipher } from './value-cipher.js';

const CHUNK = 500;
const REPORT_EVERY = 50_000;

export interface Reencrypted {
  /** The number of the key. */
  readonly key: number;
  readonly evidence: number;
  readonly signers: number;
}

/** `client` belongs to the owner. @throws PersistenceError `value-unreadable` at a value that does not open. */
export async function reencrypt(
  client: Client,
  cipher: ValueCipher,
  onProgress: (soFar: Reencrypted) => void,
): Promise<Reencrypted> {
  const done = { key: cipher.current.newest, evidence: 0, signers: 0 };
  done.signers = await reencryptSigners(client, cipher);
  await reencryptCertificates(client, cipher);
  await reencryptWebhookSecrets(client, cipher);
  let reported = 0;
  let after: EvidenceKey = { organization: 0, id: '00000000-0000-0000-0000-000000000000' };
  for (;;) {
    const rows = await readEvidence(client, done.key, after);
    const last = rows.at(-1);
    if (!last) return done;
    done.evidence += await replaceEvidence(client, cipher, rows);
    after = last;
    if (done.evidence - reported >= REPORT_EVERY) onProgress({ ...done });
    if (done.evidence - reported >= REPORT_EVERY) reported = done.evidence;
  }
}

interface EvidenceKey {
  readonly organization: number;
  readonly id: string;
}

interface EvidenceRow extends EvidenceKey {
  readonly secrets: Buffer;
  readonly client_ref: string | null;
  readonly content: Buffer;
}

/** The first bytes of a value that the key with this number has sealed. */
const headOf = (key: number): Buffer => Buffer.from([1, key >> 8, key & 0xff]);

async function readEvidence(client: Client, key: number, after: EvidenceKey): Promise<EvidenceRow[]> {
  const { rows } = await client.query<EvidenceRow>(
    `SELECT organization, id, secrets, client_ref, content FROM evidence
     WHERE (organization, id) > ($1, $2) AND substring(content FOR 3) <> $3
     ORDER BY organization, id LIMIT ${CHUNK}`,
    [after.organization, after.id, headOf(key)],
  );
  return rows;
}

async function replaceEvidence(
  client: Client,
  cipher: ValueCipher,
  rows: readonly EvidenceRow[],
): Promise<number> {
  const sealed = rows.map((row) => {
    const values = openEvidence(cipher, row.organization, row.id, row);
    const { clientRef } = values;
    return {
      content: sealEvidence(cipher, row.organization, row.id, values),
      mac:
        row.client_ref === null || clientRef === null
          ? null
          : clientRefMac(cipher, row.organization, clientRef),
    };
  });
  const { rowCount } = await client.query(
    `UPDATE evidence e SET content = r.content, secrets = '', client_ref = NULL,
       client_ref_mac = coalesce(r.mac, e.client_ref_mac)
     FROM unnest($1::int[], $2::uuid[], $3::bytea[], $4::bytea[], $5::bytea[]) AS r(organization, id, before, content, mac)
     WHERE e.organization = r.organization AND e.id = r.id AND e.content = r.before`,
    [
      rows.map(({ organization }) => organization),
      rows.map(({ id }) => id),
      rows.map(({ content }) => content),
      sealed.map(({ content }) => content),
      sealed.map(({ mac }) => mac),
    ],
  );
  return rowCount ?? 0;
}

async function reencryptSigners(client: Client, cipher: ValueCipher): Promise<number> {
  const { rows } = await client.query<{ organization: number; id: string; identity: Buffer }>(
    `SELECT organization, id, identity FROM signer
     WHERE identity <> '' AND substring(identity FOR 3) <> $1`,
    [headOf(cipher.current.newest)],
  );
  let done = 0;
  for (const { organization, id, identity } of rows) {
    const place = { organization, column: 'signer.identity', id };
    const { rowCount } = await client.query(
      'UPDATE signer SET identity = $3 WHERE id = $1 AND identity = $2',
      [id, identity, cipher.seal(place, cipher.open(place, identity))],
    );
    done += rowCount ?? 0;
  }
  return done;
}

async function reencryptCertificates(client: Client, cipher: ValueCipher): Promise<void> {
  const { rows } = await client.query<{ organization: number; id: string; chain: Buffer }>(
    'SELECT organization, id, chain FROM signer_certificate WHERE substring(chain FOR 3) <> $1',
    [headOf(cipher.current.newest)],
  );
  for (const { organization, id, chain } of rows) {
    const place = { organization, column: 'signer_certificate.chain', id };
    await client.query('UPDATE signer_certificate SET chain = $3 WHERE id = $1 AND chain = $2', [
      id,
      chain,
      cipher.seal(place, cipher.open(place, chain)),
    ]);
  }
}

async function reencryptWebhookSecrets(client: Client, cipher: ValueCipher): Promise<void> {
  const { rows } = await client.query<{ organization: number; id: string; endpoint: string; sealed: Buffer }>(
    'SELECT organization, id, endpoint, sealed FROM webhook_secret WHERE substring(sealed FOR 3) <> $1',
    [headOf(cipher.current.newest)],
  );
  for (const { organization, id, endpoint, sealed } of rows) {
    const place = { organization, column: 'webhook_secret.sealed', id: endpoint };
    await client.query('UPDATE webhook_secret SET sealed = $3 WHERE id = $1 AND sealed = $2', [
      id,
      sealed,
      cipher.seal(place, cipher.open(place, sealed)),
    ]);
  }
}
