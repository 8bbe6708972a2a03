/**
 * Verifier keys (vkeys) of C2SP signed-note, `NAME+HASH+BASE64(TYPE ‖ KEY)`: how a log or witness key is written in a
 * policy and in the log's `open` event. HASH is the first four bytes of SHA-256(NAME ‖ 0A ‖ TYPE ‖ KEY) in hex. Two types
 * are known: 0x01 Ed25519 (a log's line) and 0x04 cosignature/v1 (a witness's, C2SP tlog-cosignature).
 */
import { type CryptoSuite, type PublicKey } from '@cunzheng/crypto';

import { decodeBase64, encodeBase64 } from '../encoding/base64.js';
import { encodeHex } from '../encoding/hex.js';
import { ReceiptError } from '../errors.js';

const TYPE_BYTES = { ed25519: 0x01, 'cosignature/v1': 0x04 } as const;
export type VerifierKeyType = keyof typeof TYPE_BYTES;

export interface VerifierKey {
  readonly name: string;
  readonly type: VerifierKeyType;
  /** First four bytes of the key hash, lower-case hex. With the name it finds a key's lines; it proves nothing. */
  readonly keyHash: string;
  readonly publicKey: PublicKey;
  /** The vkey itself. */
  readonly vkey: string;
}

/** DER SubjectPublicKeyInfo of an Ed25519 key up to its 32 bytes, RFC 8410 §4. */
const SPKI_PREFIX = Uint8Array.of(0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00);
const KEY_BYTES = 32;
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
  if (typed.length !== 1 + KEY_BYTES) refuse(`expected a key of ${KEY_BYTES} bytes, got ${typed.length - 1}`);
  if (hashKey(crypto, name, typed) !== keyHash) refuse('its hash is not that of its name, type and key');
  return { name, type, keyHash, publicKey: importKey(crypto, typed.subarray(1)), vkey };
}

/** The vkey of a raw 32-byte Ed25519 public key. Throws as {@link parseVerifierKey}. */
export function formatVerifierKey(
  crypto: CryptoSuite,
  name: string,
  type: VerifierKeyType,
  key: Uint8Array,
): string {
  const typed = Uint8Array.of(TYPE_BYTES[type], ...key);
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
  if (byte === TYPE_BYTES.ed25519) return 'ed25519';
  if (byte === TYPE_BYTES['cosignature/v1']) return 'cosignature/v1';
  throw new ReceiptError('verifier-key-type', `expected a key of type 1 or 4, got ${byte ?? 'none'}`);
}

function importKey(crypto: CryptoSuite, key: Uint8Array): PublicKey {
  const spki = new Uint8Array(SPKI_PREFIX.length + KEY_BYTES);
  spki.set(SPKI_PREFIX);
  spki.set(key, SPKI_PREFIX.length);
  try {
    return crypto.signature('ed25519').importPublicKey(spki);
  } catch (cause) {
    throw new ReceiptError('verifier-key-invalid', 'expected a valid Ed25519 public key', { cause });
  }
}

function refuse(message: string): never {
  throw new ReceiptError('verifier-key-invalid', message);
}
