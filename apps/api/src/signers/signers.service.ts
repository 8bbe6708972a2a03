/**
 * Registered signers and their keys. A key is registered in two calls: the first answers with a challenge, the second
 * brings the challenge signed with that key, which proves that whoever registers it can use it.
 */
import { randomUUID, randomBytes } from 'node:crypto';
import { computeKeyid, CryptoError, type PublicKey } from '@cunzheng/crypto';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { type ValueCipher, type ValuePlace } from '@cunzheng/persistence';
import { DatabaseError, type PoolClient } from 'pg';
import { type Principal } from '../auth/principal.js';
import { type Database } from '../database/database.js';
import { storeAnswer, type Claim, type StoredAnswer } from '../idempotency/idempotency.js';
import { ProblemError } from '../problems/problem-error.js';
import { type KeyCertificate, readCertificates } from './key-certificates.js';
import { readIdentity, sealIdentity } from './signer-identity.js';
import { type KeyRequest, type SignerRequest } from './signers.schemas.js';
import { verifySignature } from './verify-signature.js';

const CHALLENGE_MINUTES = 10;

interface SignerRow {
  id: string;
  organization: number;
  identity: Buffer;
  created_at: Date;
  erased_at: Date | null;
}

interface KeyRow {
  key: number;
  keyid: Buffer;
  alg: string;
  created_at: Date;
  revoked_at: Date | null;
  valid_from: Date | null;
  valid_until: Date | null;
}

export class SignersService {
  constructor(
    private readonly database: Database,
    private readonly values: ValueCipher,
  ) {}

  async create(
    principal: Principal,
    identity: SignerRequest,
    claim: Claim | undefined,
  ): Promise<StoredAnswer> {
    const id = randomUUID();
    return await this.database.forOrganization(principal.organizationKey, async (client) => {
      const { rows } = await client.query<SignerRow>(
        'INSERT INTO signer (id, organization, identity) VALUES ($1, $2, $3) RETURNING *',
        [id, principal.organizationKey, sealIdentity(this.values, principal.organizationKey, id, identity)],
      );
      const answer = toAnswer(201, `/v1/signers/${id}`, describeSigner(this.values, rows[0], []));
      await storeAnswer(client, claim, answer);
      return answer;
    });
  }

  async read(principal: Principal, id: string): Promise<unknown> {
    return await this.database.forOrganization(principal.organizationKey, async (client) => {
      const signer = await findSigner(client, id);
      const { rows } = await client.query<KeyRow>(
        `SELECT k.*, least(k.revoked_at, (SELECT min(effective_at) FROM signer_revocation r WHERE r.key = k.key AND r.certificate IS NULL))
           AS revoked_at FROM signer_key k WHERE signer = $1 ORDER BY key`,
        [id],
      );
      const keys = rows.map(({ key }) => key);
      const certificates = await readCertificates(client, this.values, principal.organizationKey, keys);
      return describeSigner(this.values, signer, rows, certificates);
    });
  }

  /** The first call answers 200 with the challenge, the second 201 with the registered key. */
  async registerKey(
    principal: Principal,
    signer: string,
    request: KeyRequest,
    claim: Claim | undefined,
  ): Promise<StoredAnswer> {
    const key = importKey(request);
    const { challenge, signature } = request;
    return await this.database.forOrganization(principal.organizationKey, async (client) => {
      const { erased_at: erasedAt } = await findSigner(client, signer);
      if (erasedAt)
        throw new ProblemError(
          'key-revoked',
          'the personal data of this signer was erased: register a new signer',
        );
      const answer =
        challenge === undefined || signature === undefined
          ? await createChallenge(client, this.values, principal, signer, key)
          : await registerProven(client, this.values, principal, signer, key, {
              ...request,
              challenge,
              signature: Buffer.from(signature, 'base64'),
            });
      await storeAnswer(client, claim, answer);
      return answer;
    });
  }
}

function importKey({ alg, publicKey }: KeyRequest): PublicKey {
  try {
    return nativeCrypto.signature(alg).importPublicKey(Buffer.from(publicKey, 'base64'));
  } catch (error) {
    if (!(error instanceof CryptoError)) throw error;
    throw new ProblemError('invalid-content', `publicKey: ${error.message}`, {
      errors: [{ pointer: '/publicKey', detail: error.message }],
      cause: error,
    });
  }
}

async function findSigner(client: PoolClient, id: string): Promise<SignerRow> {
  const { rows } = await client.query<SignerRow>('SELECT * FROM signer WHERE id = $1', [id]);
  if (rows[0]) return rows[0];
  throw new ProblemError('not-found', 'no signer with this id in your organization');
}

const keyidOf = (key: PublicKey): Buffer => Buffer.from(computeKeyid(nativeCrypto, key.spki), 'hex');

async function createChallenge(
  client: PoolClient,
  values: ValueCipher,
  principal: Principal,
  signer: string,
  key: PublicKey,
): Promise<StoredAnswer> {
  const id = randomUUID();
  const message = formatChallenge(principal, signer, key);
  const { rows } = await client.query<{ expires_at: Date }>(
    `INSERT INTO key_challenge (id, organization, signer, keyid, message, expires_at)
     VALUES ($1, $2, $3, $4, $5, now() + make_interval(mins => $6)) RETURNING expires_at`,
    [
      id,
      principal.organizationKey,
      signer,
      keyidOf(key),
      values.seal(challengePlace(principal, id), message),
      CHALLENGE_MINUTES,
    ],
  );
  const expiresAt = rows[0]?.expires_at.toISOString();
  return toAnswer(200, null, { challenge: id, message: message.toString('base64'), expiresAt });
}

const challengePlace = ({ organizationKey }: Principal, id: string): ValuePlace => ({
  organization: organizationKey,
  column: 'key_challenge.message',
  id,
});

/** Names what it is for, so that a signature over it can stand for nothing else. */
function formatChallenge(principal: Principal, signer: string, key: PublicKey): Buffer {
  const lines = [
    'cunzheng/key-challenge@v1',
    `organization ${principal.organizationId}`,
    `signer ${signer}`,
    `keyid ${computeKeyid(nativeCrypto, key.spki)}`,
    `nonce ${randomBytes(16).toString('hex')}`,
  ];
  return Buffer.from(`${lines.join('\n')}\n`);
}

type KeyWindow = Pick<KeyRequest, 'validFrom' | 'validUntil'>;
type KeyProof = KeyWindow & { readonly challenge: string; readonly signature: Buffer };

async function registerProven(
  client: PoolClient,
  values: ValueCipher,
  principal: Principal,
  signer: string,
  key: PublicKey,
  { challenge, signature, ...window }: KeyProof,
): Promise<StoredAnswer> {
  const { rows } = await client.query<{ message: Buffer }>(
    `UPDATE key_challenge SET used_at = now()
     WHERE id = $1 AND signer = $2 AND keyid = $3 AND used_at IS NULL AND expires_at > now() RETURNING message`,
    [challenge, signer, keyidOf(key)],
  );
  const stored = rows[0]?.message;
  if (!stored)
    throw new ProblemError(
      'challenge-invalid',
      'the challenge is unknown, used, expired or for another key: ask for a new one',
    );
  const message = values.open(challengePlace(principal, challenge), stored);
  if (!(await verifySignature(key, message, signature))) {
    throw new ProblemError(
      'challenge-invalid',
      'the signature over the challenge message does not verify with this key',
    );
  }
  const row = await insertKey(client, principal, signer, key, window);
  return toAnswer(201, `/v1/signers/${signer}`, describeKey(row));
}

async function insertKey(
  client: PoolClient,
  principal: Principal,
  signer: string,
  key: PublicKey,
  { validFrom, validUntil }: KeyWindow,
): Promise<KeyRow | undefined> {
  try {
    const { rows } = await client.query<KeyRow>(
      `INSERT INTO signer_key (organization, signer, keyid, alg, spki, valid_from, valid_until)
       VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING *`,
      [
        principal.organizationKey,
        signer,
        keyidOf(key),
        key.alg,
        key.spki,
        validFrom ?? null,
        validUntil ?? null,
      ],
    );
    return rows[0];
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.code !== '23505') throw error;
    throw new ProblemError('key-registered', 'this key is registered in your organization already', {
      cause: error,
    });
  }
}

function describeSigner(
  values: ValueCipher,
  row: SignerRow | undefined,
  keys: readonly KeyRow[],
  certificates: ReadonlyMap<number, readonly KeyCertificate[]> = new Map(),
): unknown {
  if (!row) throw new Error('the signer was not stored');
  return {
    id: row.id,
    ...readIdentity(values, row.organization, row.id, row.identity),
    createdAt: row.created_at.toISOString(),
    ...(row.erased_at && { erasedAt: row.erased_at.toISOString() }),
    keys: keys.map((key) => describeKey(key, certificates.get(key.key))),
  };
}

function describeKey(row: KeyRow | undefined, certificates?: readonly KeyCertificate[]): unknown {
  if (!row) throw new Error('the key was not stored');
  return {
    keyid: row.keyid.toString('hex'),
    alg: row.alg,
    createdAt: row.created_at.toISOString(),
    ...(row.valid_from && { validFrom: row.valid_from.toISOString() }),
    ...(row.valid_until && { validUntil: row.valid_until.toISOString() }),
    ...(row.revoked_at && { revokedAt: row.revoked_at.toISOString() }),
    ...(certificates && { certificates }),
  };
}

function toAnswer(status: number, location: string | null, body: unknown): StoredAnswer {
  return { status, location, body: JSON.stringify(body) };
}
