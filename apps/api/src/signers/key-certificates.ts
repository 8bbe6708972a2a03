/**
 * Certificates registered for a signer's key: chains that were good for signing with it when they came, by the roots of this
 * service. Envelopes signed with the key get the newest one that still holds, so that clients need not send it each time.
 */
import { hash, randomUUID } from 'node:crypto';
import { type ValueCipher, type ValuePlace } from '@cunzheng/persistence';
import { parseCertificate } from '@cunzheng/x509';
import { type PoolClient } from 'pg';
import { type Principal } from '../auth/principal.js';
import { type Database } from '../database/database.js';
import { storeAnswer, type Claim, type StoredAnswer } from '../idempotency/idempotency.js';
import { ProblemError } from '../problems/problem-error.js';
import { type KeyPath } from './key-path.js';
import { assertSignerChain } from './signer-roots.js';

/** A key has one certificate at a time, and the next one before it ends; revoked ones do not count. */
const MAX_CERTIFICATES = 16;

interface KeyRow {
  key: number;
  spki: Buffer;
  erased_at: Date | null;
  revoked: boolean;
  certificate_revoked: boolean;
  known: boolean;
  count: number;
}

interface CertificateRow {
  id: string;
  key: number;
  chain: Buffer;
  created_at: Date;
  revoked_at: Date | null;
}

/** As clients see it; times of validity are the certificate's own. */
export interface KeyCertificate {
  /** Lower-case hex, of the signer's own certificate. */
  readonly sha256: string;
  readonly subject: string;
  readonly issuer: string;
  readonly notBefore: string;
  readonly notAfter: string;
  readonly createdAt: string;
  readonly revokedAt?: string;
}

export class KeyCertificates {
  constructor(
    private readonly database: Database,
    private readonly values: ValueCipher,
    private readonly roots: readonly Uint8Array[],
    private readonly now: () => number,
  ) {}

  /** @throws ProblemError `not-found` | `key-revoked` | `certificate-registered` | `certificate-invalid` | `limit-reached`. */
  async register(
    { organizationKey }: Principal,
    of: KeyPath,
    certificates: readonly string[],
    claim: Claim | undefined,
  ): Promise<StoredAnswer> {
    const chain = certificates.map((certificate) => new Uint8Array(Buffer.from(certificate, 'base64')));
    const sha256 = hash('sha256', chain[0] ?? new Uint8Array(), 'buffer');
    return await this.database.forOrganization(organizationKey, async (client) => {
      const { key, spki } = await requireOpenKey(client, of, sha256);
      const publicKey = new Uint8Array(spki);
      await assertSignerChain(0, { certificates: chain, publicKey, roots: this.roots, atMs: this.now() });
      const id = randomUUID();
      const sealed = this.values.seal(
        placeOf(organizationKey, id),
        Buffer.from(JSON.stringify(certificates)),
      );
      const { rows } = await client.query<{ created_at: Date }>(
        `INSERT INTO signer_certificate (id, organization, key, sha256, chain) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT DO NOTHING RETURNING created_at`,
        [id, organizationKey, key, sha256, sealed],
      );
      if (!rows[0]) throw registeredAlready();
      const described = describeCertificate(certificates, rows[0].created_at, null);
      const answer = { status: 201, location: `/v1/signers/${of.signer}`, body: JSON.stringify(described) };
      await storeAnswer(client, claim, answer);
      return answer;
    });
  }
}

const registeredAlready = (): ProblemError =>
  new ProblemError('certificate-registered', 'this certificate is registered for this key already');

async function requireOpenKey(
  client: PoolClient,
  { signer, keyid }: KeyPath,
  sha256: Buffer,
): Promise<KeyRow> {
  const { rows } = await client.query<KeyRow>(
    `SELECT k.key, k.spki, s.erased_at,
       k.revoked_at IS NOT NULL OR EXISTS (SELECT FROM revocations_of_key(k.keyid) r WHERE r.certificate IS NULL) AS revoked,
       EXISTS (SELECT FROM revocations_of_key(k.keyid) r WHERE r.certificate = $3) AS certificate_revoked,
       EXISTS (SELECT FROM signer_certificate c WHERE c.key = k.key AND c.sha256 = $3) AS known,
       (SELECT count(*)::int FROM signer_certificate c WHERE c.key = k.key AND NOT EXISTS (
          SELECT FROM signer_revocation r WHERE r.key = c.key AND r.certificate = c.sha256)) AS count
     FROM signer_key k JOIN signer s ON s.id = k.signer WHERE k.signer = $1 AND k.keyid = $2`,
    [signer, Buffer.from(keyid, 'hex'), sha256],
  );
  const [key] = rows;
  if (!key) throw new ProblemError('not-found', 'no such key of this signer in your organization');
  if (key.erased_at) throw new ProblemError('key-revoked', 'the personal data of this signer was erased');
  if (key.revoked) throw new ProblemError('key-revoked', 'the key is revoked');
  if (key.certificate_revoked) throw new ProblemError('key-revoked', 'the certificate is revoked');
  if (key.known) throw registeredAlready();
  if (key.count < MAX_CERTIFICATES) return key;
  throw new ProblemError('limit-reached', `the key has ${MAX_CERTIFICATES} certificates: revoke one first`);
}

/** The certificates of keys by the number of the key's row, oldest first, inside a transaction of their organization. */
export async function readCertificates(
  client: PoolClient,
  values: ValueCipher,
  organization: number,
  keys: readonly number[],
): Promise<ReadonlyMap<number, readonly KeyCertificate[]>> {
  const { rows } = await client.query<CertificateRow>(
    `SELECT c.id, c.key, c.chain, c.created_at,
       (SELECT min(effective_at) FROM signer_revocation r WHERE r.key = c.key AND r.certificate = c.sha256) AS revoked_at
     FROM signer_certificate c WHERE c.key = ANY($1) ORDER BY c.created_at, c.id`,
    [keys],
  );
  const found = new Map<number, KeyCertificate[]>();
  for (const { id, key, chain, created_at: createdAt, revoked_at: revokedAt } of rows) {
    const described = describeCertificate(openChain(values, organization, id, chain), createdAt, revokedAt);
    found.set(key, [...(found.get(key) ?? []), described]);
  }
  return found;
}

/** A stored chain: DER certificates in base64, the signer's own first. */
export function openChain(
  values: ValueCipher,
  organization: number,
  id: string,
  stored: Buffer,
): readonly string[] {
  return JSON.parse(values.open(placeOf(organization, id), stored).toString('utf8')) as readonly string[];
}

const placeOf = (organization: number, id: string): ValuePlace => ({
  organization,
  column: 'signer_certificate.chain',
  id,
});

function describeCertificate(
  [own = '']: readonly string[],
  createdAt: Date,
  revokedAt: Date | null,
): KeyCertificate {
  const der = new Uint8Array(Buffer.from(own, 'base64'));
  const { subject, issuer, notBeforeMs, notAfterMs } = parseCertificate(der);
  return {
    sha256: hash('sha256', der, 'hex'),
    subject: subject.text,
    issuer: issuer.text,
    notBefore: new Date(notBeforeMs).toISOString(),
    notAfter: new Date(notAfterMs).toISOString(),
    createdAt: createdAt.toISOString(),
    ...(revokedAt && { revokedAt: revokedAt.toISOString() }),
  };
}
