/**
 * Verifier keys (vkeys) of C2SP signed-note, `NAME+HASH+BASE64(TYPE ‖ KEY)`: how a log or witness key is written in a
 * policy and in the log's `open` event. HASH is the first four bytes of SHA-256(NAME ‖ 0A ‖ TYPE ‖ KEY) in hex. Three types
 * are known: 0x01 Ed25519 (a log's line), 0x04 Ed25519 cosignatures (a witness's) and 0x06 ML-DSA-44 (a witness's, or a
 * log's second line), the latter two by C2SP tlog-cosignature. They are called by what stands at the head of the message
 * they sign.
 */
import { type CryptoSuite, type PublicKey, type SignatureName } from '@cunzheng/crypto';

import { decodeBase64, encodeBase64 } from '../encoding/base64.js';
import { decodeHex, encodeHex } from '../encoding/hex.js';
import { ReceiptError } from '../errors.js';
import { MAX_COSIGNER_NAME_BYTES } from './subtree-message.js';

export type VerifierKeyType = 'ed25519' | 'cosignature/v1' | 'subtree/v1';

export interface VerifierKey {
  readonly name: string;
  readonly type: VerifierKeyType;
  /** First four bytes of the key hash, lower-case hex. With the name it finds a key's lines; it proves nothing. */
  readonly keyHash: string;
  readonly publicKey: PublicKey;
  /** The vkey itself. */
  readonly vkey: string;
}

/** A public key algorithm as vkeys hold it: raw, without the header of its DER SubjectPublicKeyInfo. */
interface RawKey {
  readonly algorithm: SignatureName;
  readonly spkiHeader: string;
  readonly sizeBytes: number;
}

/** RFC 8410 §4. */
const ED25519: RawKey = {
  algorithm: 'ed25519',
  spkiHeader: '302a300506032b6570032100',
  sizeBytes: 32,
};

/** RFC 9881 §4. */
const ML_DSA_44: RawKey = {
  algorithm: 'ml-dsa-44',
  spkiHeader: '30820532300b06096086480165030403110382052100',
  sizeBytes: 1312,
};

const TYPES: Readonly<Record<VerifierKeyType, { readonly byte: number; readonly raw: RawKey }>> = {
  ed25519: { byte: 0x01, raw: ED25519 },
  'cosignature/v1': { byte: 0x04, raw: ED25519 },
  'subtree/v1': { byte: 0x06, raw: ML_DSA_44 },
};

/** No white space, no control character, no plus. */
const KEY_NAME = /^[^\p{White_Space}\p{Control}\p{Surrogate}+]{1,512}$/u;
const encoder = new TextEncoder();

/** Whether a text can name a key: C2SP signed-note, "Format". */
export function isKeyName(text: string): boolean {
  return KEY_NAME.test(text);
}

/** The key in a vkey. Throws ReceiptError `verifier-key-invalid`, or `verifier-key-type` for a type of no use here. */
export function parseVerifierKey(crypto: CryptoSuite, vkey: string): VerifierKey {
  const [, name = '', keyHash = '', base64 = ''] =
    /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(vkey) ?? [];
  const typed = decodeBase64(base64);
  if (!isKeyName(name) || typed === undefined) return refuse('expected NAME+HASH+BASE64');
  const type = typeOf(typed[0]);
  const { raw } = TYPES[type];
  if (typed.length !== 1 + raw.sizeBytes) {
    refuse(`expected a key of ${raw.sizeBytes} bytes, got ${typed.length - 1}`);
  }
  if (hashKey(crypto, name, typed) !== keyHash) refuse('its hash is not that of its name, type and key');
  if (type === 'subtree/v1' && encoder.encode(name).length > MAX_COSIGNER_NAME_BYTES) {
    refuse(`expected a name of at most ${MAX_COSIGNER_NAME_BYTES} bytes, which is all it can sign`);
  }
  return { name, type, keyHash, publicKey: importKey(crypto, raw, typed.subarray(1)), vkey };
}

/** The vkey of a raw public key: 32 bytes of Ed25519, 1,312 of ML-DSA-44. Throws as {@link parseVerifierKey}. */
export function formatVerifierKey(
  crypto: CryptoSuite,
  name: string,
  type: VerifierKeyType,
  key: Uint8Array,
): string {
  const typed = Uint8Array.of(TYPES[type].byte, ...key);
  const vkey = `${name}+${hashKey(crypto, name, typed)}+${encodeBase64(typed)}`;
  return parseVerifierKey(crypto, vkey).vkey;
}

/** Whether two keys wrap the same public key, whatever they are called and used for. */
export function isSamePublicKey(a: VerifierKey, b: VerifierKey): boolean {
  return encodeHex(a.publicKey.spki) === encodeHex(b.publicKey.spki);
}

function hashKey(crypto: CryptoSuite, name: string, typed: Uint8Array): string {
  const head = encoder.encode(`${name}\n`);
  const input = new Uint8Array(head.length + typed.length);
  input.set(head);
  input.set(typed, head.length);
  return encodeHex(crypto.digest('sha-256').hash(input).subarray(0, 4));
}

function typeOf(byte: number | undefined): VerifierKeyType {
  const types = Object.keys(TYPES) as VerifierKeyType[];
  const type = types.find((candidate) => TYPES[candidate].byte === byte);
  if (type !== undefined) return type;
  throw new ReceiptError('verifier-key-type', `expected a key of type 1, 4 or 6, got ${byte ?? 'none'}`);
}

function importKey(
  crypto: CryptoSuite,
  { algorithm, spkiHeader, sizeBytes }: RawKey,
  key: Uint8Array,
): PublicKey {
  const header = decodeHex(spkiHeader);
  const spki = new Uint8Array(header.length + sizeBytes);
  spki.set(header);
  spki.set(key, header.length);
  try {
    return crypto.signature(algorithm).importPublicKey(spki);
  } catch (cause) {
    throw new ReceiptError('verifier-key-invalid', `expected a valid ${algorithm} public key`, { cause });
  }
}

function refuse(message: string): never {
  throw new ReceiptError('verifier-key-invalid', message);
}
