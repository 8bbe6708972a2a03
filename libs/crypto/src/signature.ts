/**
 * What a signature algorithm is: to its users ({@link SignatureAlgorithm}), and to those who add one ({@link
 * SignatureRules}, one file in `signatures/` and one line in `signature-list.ts`). Keys and signatures are an
 * attacker's. So that native and portable code can never disagree, both run the same rules on the encodings of key and
 * signature first, and only what passes reaches either implementation.
 */
import { CryptoError } from './errors.js';

/** A public key that passed its algorithm's rules. Made only by `importPublicKey`, and good for every suite. */
export interface PublicKey<Name extends string = string> {
  readonly alg: Name;
  /** DER SubjectPublicKeyInfo, the one canonical encoding of the key. */
  readonly spki: Uint8Array;
}

/** A signature algorithm under the name that statements use; some serve notes alone. */
export interface SignatureAlgorithm<Name extends string = string> {
  readonly name: Name;
  /** Checks and copies a DER SubjectPublicKeyInfo. Throws `key-invalid`. */
  importPublicKey(spki: Uint8Array): PublicKey<Name>;
  /**
   * Whether `signature` is valid for the message (of any length, not yet hashed). False for any malformed signature.
   * Throws `key-mismatch` for a key that this algorithm did not import.
   */
  verify(key: PublicKey, message: Uint8Array, signature: Uint8Array): boolean;
}

/** How OpenSSL verifies the algorithm, as `crypto.verify` wants it told. */
export interface NativeRecipe {
  /** The digest, or null where the algorithm names its own. */
  readonly digest: string | null;
  /** RSA_PKCS1_PSS_PADDING and the like, and the salt's length. */
  readonly options?: { readonly padding?: number; readonly saltLength?: number };
}

/** The rules of one algorithm. `Key` is what it keeps of a parsed key. */
export interface SignatureRules<Name extends string, Key> {
  readonly name: Name;
  /** Null where OpenSSL is wrong about the algorithm or does not know it: the portable code serves everywhere. */
  readonly native: NativeRecipe | null;
  /** Everything that is to be checked of a key. Throws `key-invalid`. */
  parseKey(spki: Uint8Array): Key;
  /** Everything that is to be checked of a signature without the message. */
  isWellFormed(signature: Uint8Array, key: Key): boolean;
  /** The portable verification of a well-formed signature. */
  verify(key: Key, message: Uint8Array, signature: Uint8Array): boolean;
}

/** An algorithm with what a native implementation of it shares with the portable one. */
export interface SignatureDefinition<Name extends string = string> extends SignatureAlgorithm<Name> {
  readonly native: NativeRecipe | null;
  /** The rules before any arithmetic: false if the signature is malformed; throws `key-mismatch`. */
  isWellFormed(key: PublicKey, signature: Uint8Array): boolean;
}

/** Builds the portable algorithm from its rules and keeps the parsed keys, out of reach of forged key objects. */
export function defineSignature<Name extends string, Key>(
  rules: SignatureRules<Name, Key>,
): SignatureDefinition<Name> {
  const parsedKeys = new WeakMap<PublicKey, Key>();
  const parsedKey = (key: PublicKey): Key => {
    const parsed = parsedKeys.get(key);
    if (parsed === undefined) {
      throw new CryptoError('key-mismatch', `got a key for ${key.alg}, want one imported for ${rules.name}`);
    }
    return parsed;
  };
  return {
    name: rules.name,
    native: rules.native,
    importPublicKey(spki) {
      const key = Object.freeze({ alg: rules.name, spki: new Uint8Array(spki) });
      parsedKeys.set(key, rules.parseKey(key.spki));
      return key;
    },
    isWellFormed(key, signature) {
      return rules.isWellFormed(signature, parsedKey(key));
    },
    verify(key, message, signature) {
      const parsed = parsedKey(key);
      return rules.isWellFormed(signature, parsed) && rules.verify(parsed, message, signature);
    },
  };
}
