/**
 * Digests by node:crypto. What the OpenSSL at hand does not know (SM3, in some builds) is computed by the portable code.
 */
import { createHash, getHashes, hash } from 'node:crypto';
import { createHasher, type DigestAlgorithm, type DigestDefinition, portableDigest } from '../digest.js';

const nativeNames = new Set(getHashes());

/** The native algorithm of a definition, or its portable one where there is no native. */
export function nativeDigest<Name extends string>(definition: DigestDefinition<Name>): DigestAlgorithm<Name> {
  const { name, sizeBytes, nativeName } = definition;
  if (!nativeNames.has(nativeName)) return portableDigest(definition);
  return {
    name,
    sizeBytes,
    // A one-byte-per-character string: making a Buffer costs more than hashing a short input and unpacking this.
    hash: (data) => unpack(hash(nativeName, data, 'binary'), sizeBytes),
    create: () => createHasher(startNative(nativeName)),
  };
}

function startNative(nativeName: string): { update(chunk: Uint8Array): unknown; digest(): Uint8Array } {
  const running = createHash(nativeName);
  return {
    update: (chunk) => running.update(chunk),
    // A Buffer's `slice` and `toString` are not those of a Uint8Array: hand out a plain one.
    digest: () => new Uint8Array(running.digest()),
  };
}

function unpack(binary: string, sizeBytes: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  for (let i = 0; i < sizeBytes; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
