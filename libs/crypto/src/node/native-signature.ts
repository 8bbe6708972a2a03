/**
 * Signature verification by node:crypto. Keys and signatures pass the shared rules first (see `../signature.ts`), so
 * OpenSSL sees only canonical encodings and its laxer readings never matter. Parsed keys are cached for as long as the
 * public key lives: that alone doubles the rate of Ed25519.
 */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import {
  type NativeRecipe,
  type PublicKey,
  type SignatureAlgorithm,
  type SignatureDefinition,
} from '../signature.js';
import { verifyInWorker } from './worker-pool.js';

const keyObjects = new WeakMap<PublicKey, KeyObject>();

/** The native algorithm of a definition, or the definition's own where there is no native. */
export function nativeSignature<Name extends string>(
  definition: SignatureDefinition<Name>,
): SignatureAlgorithm<Name> {
  const { name, native } = definition;
  if (!native) return definition;
  return {
    name,
    importPublicKey(spki) {
      const key = definition.importPublicKey(spki);
      keyObjectOf(key);
      return key;
    },
    verify: (key, message, signature) =>
      definition.isWellFormed(key, signature) &&
      verify(native.digest, message, keyInput(native, key), signature),
  };
}

/**
 * As `verify` of the native algorithm, on a thread of libuv's pool, or where there is none on one of our own: the event
 * loop stays free. What is malformed is refused on the spot.
 */
export async function verifyOnPool(
  definition: SignatureDefinition,
  key: PublicKey,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  const { native } = definition;
  if (!definition.isWellFormed(key, signature)) return false;
  if (!native) return verifyInWorker({ alg: key.alg, spki: key.spki, message, signature });
  return new Promise((resolve, reject) => {
    verify(native.digest, message, keyInput(native, key), signature, (error, valid) => {
      if (error) reject(error);
      else resolve(valid);
    });
  });
}

function keyInput(native: NativeRecipe, key: PublicKey): KeyObject | { key: KeyObject } {
  const keyObject = keyObjectOf(key);
  return native.options ? { ...native.options, key: keyObject } : keyObject;
}

function keyObjectOf(key: PublicKey): KeyObject {
  const cached = keyObjects.get(key);
  if (cached) return cached;
  const keyObject = createPublicKey({ key: Buffer.from(key.spki), format: 'der', type: 'spki' });
  keyObjects.set(key, keyObject);
  return keyObject;
}
