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
import { openChain } from './key-certificates.js';
import { readIdentity } from './signer-identity.js';
import { holdsChain } from './signer-roots.js';

const REMEMBER_MS = 5_000;
const MAX_REMEMBERED = 10_000;

export interface RegisteredKey extends KeyDetails {
  readonly publicKey: PublicKey;
  /** By any organization that has it: the event names the key alone, and verifiers refuse it to all. */
  readonly revoked: boolean;
  /** Hex SHA-256 of certificates for this key that are revoked. */
  readonly revokedCertificates: readonly string[];
  /** Registered for it and not revoked, newest first; each DER in base64, the signer's own first. */
  readonly chains: readonly (readonly string[])[];
  /** When it may sign: from the first moment on, and before the second. */
  readonly validFromMs: number | undefined;
  readonly validUntilMs: number | undefined;
  /** The signer's personal data was erased, or is about to be. */
  readonly erased: boolean;
}

interface DetailsRow {
  key: number;
  organization: number;
  signer: string;
  keyid: Buffer;
  alg: KeyDetails['alg'];
  spki: Buffer;
  identity: Buffer;
}

interface KeyRow extends DetailsRow {
  erased_at: Date | null;
  valid_from: Date | null;
  valid_until: Date | null;
  revoked: boolean;
  revoked_certificates: string[];
  chain_ids: string[];
  chains: Buffer[];
}

const DETAILS = 'k.key, k.organization, k.signer, k.keyid, k.alg, k.spki, s.identity';
const FROM = 'FROM signer_key k JOIN signer s ON s.id = k.signer';
const CHAINS = `FROM signer_certificate c WHERE c.key = k.key AND NOT EXISTS (
    SELECT FROM revocations_of_key(k.keyid) r WHERE r.certificate = c.sha256) ORDER BY c.created_at DESC, c.id`;
const SELECT = `SELECT ${DETAILS}, s.erased_at, k.valid_from, k.valid_until,
    k.revoked_at IS NOT NULL OR EXISTS (SELECT FROM revocations_of_key(k.keyid) r WHERE r.certificate IS NULL) AS revoked,
    ARRAY(SELECT encode(r.certificate, 'hex') FROM revocations_of_key(k.keyid) r WHERE r.certificate IS NOT NULL) AS revoked_certificates,
    ARRAY(SELECT c.id::text ${CHAINS}) AS chain_ids, ARRAY(SELECT c.chain ${CHAINS}) AS chains
  ${FROM}`;

export class SignerKeys {
  private readonly remembered = new Map<string, { key: RegisteredKey; untilMs: number }>();
  /** Counts changes of keys: what was read before one is not remembered after it. */
  private changes = 0;
  private readonly chosen = new WeakMap<RegisteredKey, Promise<readonly string[] | undefined>>();

  constructor(
    private readonly database: Database,
    private readonly values: ValueCipher,
    /** DER roots that certificates of signers must lead to. */
    private readonly signerRoots: readonly Uint8Array[],
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

  /** The newest chain registered for the key that holds for as long as the key is remembered, if there is one. */
  chainOf(key: RegisteredKey): Promise<readonly string[] | undefined> {
    const known = this.chosen.get(key);
    if (known) return known;
    const chain = this.chooseChain(key);
    this.chosen.set(key, chain);
    return chain;
  }

  forget(): void {
    this.changes += 1;
    this.remembered.clear();
  }

  /** A chain that holds at both ends of a time holds all through it: validity has no gaps. */
  private async chooseChain({ chains, spki }: RegisteredKey): Promise<readonly string[] | undefined> {
    const nowMs = this.now();
    for (const chain of chains) {
      const certificates = chain.map((one) => new Uint8Array(Buffer.from(one, 'base64')));
      const request = { certificates, publicKey: new Uint8Array(spki), roots: this.signerRoots };
      const ends = [nowMs, nowMs + REMEMBER_MS].map((atMs) => holdsChain({ ...request, atMs }));
      if ((await Promise.all(ends)).every(Boolean)) return chain;
    }
    return undefined;
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
  const { rows } = await client.query<DetailsRow>(`SELECT ${DETAILS} ${FROM} WHERE k.key = ANY($1)`, [
    [...new Set(keys)],
  ]);
  return new Map(rows.map((row) => [row.key, toDetails(row, values)]));
}

function toDetails(row: DetailsRow, values: ValueCipher): KeyDetails {
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
    chains: row.chain_ids.map((id, index) =>
      openChain(values, row.organization, id, row.chains[index] ?? Buffer.of()),
    ),
    validFromMs: row.valid_from?.getTime(),
    validUntilMs: row.valid_until?.getTime(),
    erased: row.erased_at !== null,
  };
}
