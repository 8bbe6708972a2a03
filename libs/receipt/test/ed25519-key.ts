/** Ed25519 keys made of a seed, so that everything the tests sign is the same in every run. */
import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';

export interface TestKey {
  /** The raw 32-byte public key. */
  readonly raw: Uint8Array;
  /** DER SubjectPublicKeyInfo. */
  readonly spki: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
}

const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The key whose 32-byte seed repeats one byte. */
export function testKey(seedByte: number): TestKey {
  const der = Buffer.concat([PKCS8_PREFIX, Buffer.alloc(32, seedByte)]);
  return toTestKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
}

/** A key that exists already, such as that of a certificate. */
export function toTestKey(privateKey: KeyObject): TestKey {
  const spki = Uint8Array.from(createPublicKey(privateKey).export({ format: 'der', type: 'spki' }));
  return { raw: spki.slice(-32), spki, sign: (message) => Uint8Array.from(sign(null, message, privateKey)) };
}
