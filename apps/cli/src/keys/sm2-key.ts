/**
 * SM2 keys in the PKCS #8 form that OpenSSL writes (RFC 5958 around the ECPrivateKey of RFC 5915, with the public key).
 * node:crypto reads such a key and then signs something that is not SM2, so it never sees one.
 */
import { sm2 } from 'sm-crypto-v2';
import { type KeyPair } from './key-pair.js';

const PKCS8_HEAD = '308187020100301306072a8648ce3d020106082a811ccf5501822d046d306b0201010420';
const PUBLIC_KEY_HEAD = 'a144034200';
const SPKI_HEAD = '3059301306072a8648ce3d020106082a811ccf5501822d034200';
const PKCS8 = new RegExp(`^${PKCS8_HEAD}([0-9a-f]{64})${PUBLIC_KEY_HEAD}(04[0-9a-f]{128})$`);
/** The default user id of GM/T 0009-2012 §10, as the algorithm sm2-sm3 has it. */
const OPTIONS = { hash: true, der: true, userId: '1234567812345678' };

/** DER of a new key in PKCS #8. */
export function generateSm2Key(): Uint8Array {
  const { privateKey, publicKey } = sm2.generateKeyPairHex();
  return Buffer.from(PKCS8_HEAD + privateKey + PUBLIC_KEY_HEAD + publicKey, 'hex');
}

/** Undefined for what is no SM2 key in this form, or has another public key than its own. */
export function parseSm2Key(pkcs8: Buffer): KeyPair | undefined {
  const [, privateKey, publicKey] = PKCS8.exec(pkcs8.toString('hex')) ?? [];
  if (privateKey === undefined || publicKey === undefined) return undefined;
  if (sm2.getPublicKeyFromPrivateKey(privateKey) !== publicKey) return undefined;
  return {
    alg: 'sm2-sm3',
    spki: new Uint8Array(Buffer.from(SPKI_HEAD + publicKey, 'hex')),
    sign: (message) => new Uint8Array(Buffer.from(sm2.doSignature(message, privateKey, OPTIONS), 'hex')),
  };
}
