/** The two suites under test, and what tests of both need. */
import { type CryptoErrorCode, type CryptoSuite, portableCrypto } from '@cunzheng/crypto';
import { nativeCrypto } from '@cunzheng/crypto/node';

export const suites: readonly (readonly [string, CryptoSuite])[] = [
  ['portable', portableCrypto],
  ['native', nativeCrypto],
];

/** Matches a CryptoError by its code, whatever its message. */
export function code(code: CryptoErrorCode): Error {
  return expect.objectContaining({ name: 'CryptoError', code }) as Error;
}

export const fromHex = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));
export const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
export const text = (value: string): Uint8Array => new TextEncoder().encode(value);

/** The verdict of both suites on one signature, which must be the same; false where the key is refused. */
export function verdict(alg: string, spki: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const [portable, native] = suites.map(([, suite]) => {
    const algorithm = suite.signature(alg);
    try {
      return algorithm.verify(algorithm.importPublicKey(spki), message, signature);
    } catch (error) {
      expect(error).toEqual(code('key-invalid'));
      return 'key refused';
    }
  });
  expect(native).toBe(portable);
  return portable === true;
}
