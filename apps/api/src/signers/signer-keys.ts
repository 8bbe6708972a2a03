/**
 * Registered keys by keyid, for checking envelopes. Found keys are remembered with their parsed public key for a few
 * seconds (parsing costs more than verifying); a change of any key forgets all of them.
 */
import { type PoolClient } from 'pg';
import { type PublicKey } from '@cunzheng/crypto';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { type ValueCipher } from '@cunzheng/persistence';
import { type Database } from '../database/database.js';
import { type KeyDetails } from '../evidence/evidence-row.js';
import { readIdentity } from './signer-identity.js';

const REMEMBER_MS = 5_000;
const MAX_REMEMBERED = 10_000;

export interface RegisteredKey extends KeyDetails {
  readonly publicKey: PublicKey;
  readonly revoked: boolean;
  /** Hex SHA-256 of certificates for this key that are revoked. */
  readonly revokedCertificates: readonly string[];
  /** The signer's personal data was erased, or is about to be. */
  readonly erased: boolean;
}

interface KeyRow {
  key: number;
  organization: number;
  signer: string;
  erased_at: Date | null;
  keyid: Buffer;
  alg: KeyDetails['alg'];
  spki: Buffer;
  revoked: boolean;
  revoked_certificates: string[];
  identity: Buffer;
}

const SELECT = `SELECT k.key, k.organization, k.signer, k.keyid, k.alg, k.spki, s.identity, s.erased_at,
                  k.revoked_at IS NOT NULL OR EXISTS (SELECT FROM signer_revocation r WHERE r.key = k.key AND r.certificate IS NULL) AS revoked,
                  ARRAY(SELECT encode(r.certificate, 'hex') FROM signer_revocation r WHERE r.key = k.key AND r.certificate IS NOT NULL) AS revoked_certificates
                FROM signer_key k JOIN signer s ON s.id = k.signer`;

export class SignerKeys {
  private readonly remembered = new Map<string, { key: RegisteredKey; untilMs: number }>();
  /** Counts changes of keys: what was read before one is not remembered after it. */
  private changes = 0;

  constructor(
    private readonly database: Database,
    private readonly values: ValueCipher,
    private readonly now: () => number,
  ) {}

  /** The organization's keys among `keyids` (lower-case hex), revoked ones included. */
  async find(organization: number, keyids: readonly string[]): Promise<ReadonlyMap<string, RegisteredKey>> {
    const found = new Map<string, RegisteredKey>();
    for (const keyid of keyids) {
      const known = this.remembered.get(`${organization}:${keyid}`);
      if (known && known.untilMs > this.now()) found.set(keyid, known.key);
    }
    if (found.size === new Set(keyids).size) return found;
    return await this.load(organization, keyids);
  }

  forget(): void {
    this.changes += 1;
    this.remembered.clear();
  }

  private async load(
    organization: number,
    keyids: readonly string[],
  ): Promise<ReadonlyMap<string, RegisteredKey>> {
    const { changes } = this;
    const bytes = keyids.map((keyid) => Buffer.from(keyid, 'hex'));
    const { rows } = await this.database.forOrganization(organization, (client) =>
      client.query<KeyRow>(`${SELECT} WHERE k.keyid = ANY($1)`, [bytes]),
    );
    if (this.remembered.size + rows.length > MAX_REMEMBERED) this.remembered.clear();
    const keys = rows.map((row) => toRegisteredKey(row, this.values));
    for (const key of changes === this.changes ? keys : []) {
      this.remembered.set(`${organization}:${key.keyid}`, { key, untilMs: this.now() + REMEMBER_MS });
    }
    return new Map(keys.map((key) => [key.keyid, key]));
  }
}

/** Stands for an identity that was erased: no evidence refers to one any more. */
const NOBODY = { name: '' };

/** Details of keys by their row number, inside a transaction of their organization. */
export async function readKeyDetails(
  client: PoolClient,
  values: ValueCipher,
  keys: readonly number[],
): Promise<ReadonlyMap<number, KeyDetails>> {
  if (keys.length === 0) return new Map();
  const { rows } = await client.query<KeyRow>(`${SELECT} WHERE k.key = ANY($1)`, [[...new Set(keys)]]);
  return new Map(rows.map((row) => [row.key, toDetails(row, values)]));
}

function toDetails(row: KeyRow, values: ValueCipher): KeyDetails {
  const { key, signer, alg, spki } = row;
  return {
    key,
    signer,
    alg,
    spki,
    keyid: row.keyid.toString('hex'),
    identity: readIdentity(values, row.organization, signer, row.identity) ?? NOBODY,
  };
}

function toRegisteredKey(row: KeyRow, values: ValueCipher): RegisteredKey {
  const publicKey = nativeCrypto.signature(row.alg).importPublicKey(row.spki);
  return {
    ...toDetails(row, values),
    publicKey,
    revoked: row.revoked,
    revokedCertificates: row.revoked_certificates,
    erased: row.erased_at !== null,
  };
}
