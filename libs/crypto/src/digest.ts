/**
 * What a digest algorithm is: to its users ({@link DigestAlgorithm}), and to those who add one ({@link
 * DigestDefinition}, one file in `digests/` and one line in `digest-list.ts`).
 */
import { CryptoError } from './errors.js';

/** Hashes data that comes in chunks. `digest` ends it: any later call throws `hasher-finished`. */
export interface Hasher {
  update(chunk: Uint8Array): this;
  digest(): Uint8Array;
}

/** A digest algorithm under the name that statements and records use. */
export interface DigestAlgorithm<Name extends string = string> {
  readonly name: Name;
  /** Length of a digest. */
  readonly sizeBytes: number;
  /** The digest of `data`, a fresh array; `data` is not kept. */
  hash(data: Uint8Array): Uint8Array;
  create(): Hasher;
}

/** A running hash as libraries provide it; {@link createHasher} adds the guard. */
export interface RunningHash {
  update(chunk: Uint8Array): unknown;
  digest(): Uint8Array;
}

/** The portable implementation, and the name under which OpenSSL knows the algorithm. */
export interface DigestDefinition<Name extends string = string> {
  readonly name: Name;
  readonly sizeBytes: number;
  readonly nativeName: string;
  hash(data: Uint8Array): Uint8Array;
  start(): RunningHash;
}

/** The portable algorithm of a definition. */
export function portableDigest<Name extends string>(
  definition: DigestDefinition<Name>,
): DigestAlgorithm<Name> {
  const { name, sizeBytes } = definition;
  return {
    name,
    sizeBytes,
    hash: (data) => definition.hash(data),
    create: () => createHasher(definition.start()),
  };
}

/** A hasher that fails the same way everywhere when it is used after its end. */
export function createHasher(running: RunningHash): Hasher {
  let current: RunningHash | undefined = running;
  const active = (): RunningHash => {
    if (!current)
      throw new CryptoError('hasher-finished', 'hasher is finished, want a new one for more data');
    return current;
  };
  return {
    update(chunk) {
      active().update(chunk);
      return this;
    },
    digest() {
      const digest = active().digest();
      current = undefined;
      return digest;
    },
  };
}
