/** What tests send and get back, made with node:crypto alone so that nothing of ours is checked against itself. */
import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  type KeyObject,
} from 'node:crypto';
import { type HttpClient } from './http-client.js';

export interface Fingerprint {
  readonly algorithm: string;
  readonly digest: string;
}

/** An evidence resource as clients see it. */
export interface Evidence {
  readonly id: string;
  readonly state: string;
  readonly final: boolean;
  readonly acceptedAt: string;
  readonly clientRef?: string;
  readonly record: string;
  readonly disclosures: readonly string[];
  readonly entry: string;
  readonly leafIndex?: number;
  readonly blockHeight?: number;
  readonly anchoredAt?: string;
  readonly receipt: string;
}

/** A problem document as clients see it. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly errors?: readonly { pointer: string; detail: string }[];
  readonly requestId?: string;
}

export interface BatchResult {
  readonly index: number;
  readonly status: number;
  readonly evidence?: Evidence;
  readonly problem?: Problem;
}

const HASH_NAMES: Record<string, string> = {
  'sha-256': 'sha256',
  'sha-384': 'sha384',
  'sha-512': 'sha512',
  'sha3-256': 'sha3-256',
  sm3: 'sm3',
};

export const ALGORITHMS = Object.keys(HASH_NAMES);

export function fingerprintOf(document: string | Buffer, algorithm = 'sha-256'): Fingerprint {
  return {
    algorithm,
    digest: createHash(HASH_NAMES[algorithm] ?? algorithm)
      .update(document)
      .digest('hex'),
  };
}

/** A request for a document of its own. */
export function evidenceOf(
  document: string | Buffer = randomBytes(16),
  algorithms = ['sha-256'],
): { fingerprints: Fingerprint[] } {
  return { fingerprints: algorithms.map((algorithm) => fingerprintOf(document, algorithm)) };
}

/** The 68-byte ledger entry of a record, from its definition: `43 5A 01 01 ‖ SHA-256(body) ‖ SM3(body)`. */
export function entryOf(record: string): Buffer {
  const digests = ['sha256', 'sm3'].map((name) => createHash(name).update(record).digest());
  return Buffer.concat([Buffer.from('435a0101', 'hex'), ...digests]);
}

/** What a disclosure says: `[name, value]`. */
export function readDisclosure(disclosure: string): [string, unknown] {
  const [, name, value] = JSON.parse(Buffer.from(disclosure, 'base64url').toString('utf8')) as [
    string,
    string,
    unknown,
  ];
  return [name, value];
}

/** RFC 8785 for the values that tests use: members sorted, no spaces. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  const sorted = members.sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${sorted.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`;
}

export interface SigningKey {
  readonly alg: 'ed25519' | 'ecdsa-p256-sha256';
  readonly privateKey: KeyObject;
  /** DER SubjectPublicKeyInfo. */
  readonly spki: Buffer;
  /** Lower-case hex. */
  readonly keyid: string;
}

export function createSigningKey(alg: SigningKey['alg'] = 'ed25519'): SigningKey {
  const { privateKey } =
    alg === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  return { alg, privateKey, spki, keyid: createHash('sha256').update(spki).digest('hex') };
}

export function signBytes({ alg, privateKey }: SigningKey, message: Uint8Array): Buffer {
  return sign(alg === 'ed25519' ? null : 'sha256', message, privateKey);
}

/** Asks for the challenge of a key, without answering it. */
export async function requestChallenge(
  http: HttpClient,
  signer: string,
  key: SigningKey,
): Promise<{ challenge: string; message: Buffer }> {
  const body = { alg: key.alg, publicKey: key.spki.toString('base64') };
  const answer = (await http.post(`/v1/signers/${signer}/keys`, body)).json<{
    challenge: string;
    message: string;
  }>();
  return { challenge: answer.challenge, message: Buffer.from(answer.message, 'base64') };
}

/** Registers a signer with one key of each kind given. */
export async function registerSigner(
  http: HttpClient,
  name: string,
  ...keys: readonly SigningKey[]
): Promise<string> {
  const { id } = (await http.post('/v1/signers', { name })).json<{ id: string }>();
  for (const key of keys) {
    const { challenge, message } = await requestChallenge(http, id, key);
    const body = {
      alg: key.alg,
      publicKey: key.spki.toString('base64'),
      challenge,
      signature: signBytes(key, message).toString('base64'),
    };
    const { status, text } = await http.post(`/v1/signers/${id}/keys`, body);
    if (status !== 201) throw new Error(`key not registered: ${text}`);
  }
  return id;
}

/** The members of a statement that tests change; `undefined` leaves one out. */
export function statementOf(
  organization: string,
  keys: readonly SigningKey[],
  members: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    createdAt: new Date().toISOString(),
    fingerprints: [fingerprintOf(randomBytes(16))],
    format: 'cunzheng/statement@v1',
    nonce: randomBytes(16).toString('hex'),
    organization,
    service: 'localhost',
    signers: keys.map(({ alg, keyid }) => ({ alg, keyid })),
    ...members,
  };
}

export interface EnvelopeJson {
  payload: string;
  payloadType: string;
  signatures: { keyid: string; sig: string }[];
}

/** DSSE v1: each key signs `DSSEv1 SP len(type) SP type SP len(payload) SP payload`. */
export function signEnvelope(payload: string, keys: readonly SigningKey[]): EnvelopeJson {
  const payloadType = 'application/vnd.cunzheng.statement+json';
  const bytes = Buffer.from(payload);
  const pae = Buffer.concat([
    Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${bytes.length} `),
    bytes,
  ]);
  return {
    payload: bytes.toString('base64'),
    payloadType,
    signatures: keys.map((key) => ({ keyid: key.keyid, sig: signBytes(key, pae).toString('base64') })),
  };
}
