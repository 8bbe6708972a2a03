/** The registry at native speed, for servers and the command line. */
import { digestList } from '../digest-list.js';
import { CryptoError } from '../errors.js';
import { signatureList } from '../signature-list.js';
import { createSuite, type CryptoSuite, type PublicKey } from '../suite.js';
import { nativeDigest } from './native-digest.js';
import { nativeSignature, verifyOnPool } from './native-signature.js';

export const nativeCrypto: CryptoSuite = createSuite(
  digestList.map((definition) => nativeDigest(definition)),
  signatureList.map((definition) => nativeSignature(definition)),
);

/**
 * Verifies on another thread, with the verdicts of `nativeCrypto`. `message` and `signature` are copied before this
 * returns. Rejects with `key-mismatch` for a key that no suite imported, and with `pool-full` when too many wait.
 */
export async function verifyInThreadPool(
  key: PublicKey,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  const definition = signatureList.find(({ name }) => name === key.alg);
  if (!definition)
    throw new CryptoError('key-mismatch', `got a key for ${key.alg}, want one of a known algorithm`);
  return verifyOnPool(definition, key, message, signature);
}
