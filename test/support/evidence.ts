/** What tests send and get back, made with node:crypto alone so that nothing of ours is checked against itself. */
import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  type KeyObject,
} from 'node:crypto';
import { ml_dsa65 } from '@noble/post-quantum/ml-dsa.js';
import { sm2 } from 'sm-crypto-v2';
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
  readonly alg: string;
  sign(message: Uint8Array): Buffer;
  /** DER SubjectPublicKeyInfo. */
  readonly spki: Buffer;
  /** Lower-case hex. */
  readonly keyid: string;
}

/** How OpenSSL makes a key of an algorithm and signs with it. */
const OPENSSL_KEYS: Record<string, { generate: () => KeyObject; digest: string | null; options?: object }> = {
  ed25519: { generate: () => generateKeyPairSync('ed25519').privateKey, digest: null },
  'ecdsa-p256-sha256': {
    generate: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
    digest: 'sha256',
  },
  'ecdsa-secp256k1-sha256': {
    generate: () => generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey,
    digest: 'sha256',
  },
  'rsa-pss-sha256': {
    generate: () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
    digest: 'sha256',
    options: { padding: 6, saltLength: 32 },
  },
  'rsa-pkcs1v15-sha256': {
    generate: () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
    digest: 'sha256',
  },
};

export function createSigningKey(alg = 'ed25519'): SigningKey {
  const openssl = OPENSSL_KEYS[alg];
  if (!openssl) return withKeyid({ alg, ...(alg === 'sm2-sm3' ? sm2Key() : mlDsaKey()) });
  const { generate, digest, options } = openssl;
  return toSigningKey(alg, generate(), digest, options);
}

/** A key that exists already, such as that of a certificate. */
export function toSigningKey(
  alg: string,
  privateKey: KeyObject,
  digest: string | null = 'sha256',
  options: object = {},
): SigningKey {
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  return withKeyid({ alg, spki, sign: (message) => sign(digest, message, { ...options, key: privateKey }) });
}

function withKeyid(key: Omit<SigningKey, 'keyid'>): SigningKey {
  return { ...key, keyid: createHash('sha256').update(key.spki).digest('hex') };
}

function sm2Key(): Pick<SigningKey, 'spki' | 'sign'> {
  const { publicKey, privateKey } = sm2.generateKeyPairHex();
  const options = { hash: true, der: true, userId: '1234567812345678' };
  return {
    spki: Buffer.from(`3059301306072a8648ce3d020106082a811ccf5501822d034200${publicKey}`, 'hex'),
    sign: (message) => Buffer.from(sm2.doSignature(message, privateKey, options), 'hex'),
  };
}

function mlDsaKey(): Pick<SigningKey, 'spki' | 'sign'> {
  const { publicKey, secretKey } = ml_dsa65.keygen();
  const header = Buffer.from('308207b2300b0609608648016503040312038207a100', 'hex');
  return {
    spki: Buffer.concat([header, publicKey]),
    sign: (message) => Buffer.from(ml_dsa65.sign(message, secretKey)),
  };
}

export function signBytes(key: SigningKey, message: Uint8Array): Buffer {
  return key.sign(message);
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
