/**
 * Verification of an envelope's signatures with keys that the caller vouches for. Says of each signer what came of it
 * and never turns a missing key or an algorithm this build lacks into a verdict.
 */
import { type CryptoSuite, type PublicKey } from '@cunzheng/crypto';

import { computePae } from './dsse.js';
import { type Envelope } from './envelope.js';
import { type StatementSigner } from './statement.js';

/** `key-mismatch`: the key given for this keyid is of another algorithm than the statement says. */
export type SignatureResult = 'valid' | 'invalid' | 'key-missing' | 'key-mismatch' | 'algorithm-unsupported';

export interface SignerResult {
  readonly keyid: string;
  readonly alg: StatementSigner['alg'];
  readonly result: SignatureResult;
}

/** One result per signer, in the statement's order. `keys` maps a keyid to the key whose SPKI hashes to it. */
export function verifyEnvelope(
  crypto: CryptoSuite,
  envelope: Envelope,
  keys: ReadonlyMap<string, PublicKey>,
): SignerResult[] {
  const pae = computePae(envelope.payload);
  return envelope.statement.signers.map(({ alg, keyid }, index) => {
    const sig = envelope.signatures[index]?.sig ?? new Uint8Array();
    return { keyid, alg, result: verifySigner(crypto, alg, keys.get(keyid), pae, sig) };
  });
}

function verifySigner(
  crypto: CryptoSuite,
  alg: string,
  key: PublicKey | undefined,
  pae: Uint8Array,
  sig: Uint8Array,
): SignatureResult {
  if (!crypto.isSignatureName(alg)) return 'algorithm-unsupported';
  if (key === undefined) return 'key-missing';
  if (key.alg !== alg) return 'key-mismatch';
  return crypto.signature(alg).verify(key, pae, sig) ? 'valid' : 'invalid';
}
