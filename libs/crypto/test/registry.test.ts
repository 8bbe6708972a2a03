/** Lookup by name, and keys that did not come from where they must. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { type PublicKey, portableCrypto, statementSignatureNames } from '@cunzheng/crypto';
import { nativeCrypto, verifyInThreadPool } from '@cunzheng/crypto/node';
import { portableDigest } from '../src/digest.js';
import { digestList } from '../src/digest-list.js';
import { retiredSignatures, signatureList } from '../src/signature-list.js';
import { createSuite } from '../src/suite.js';
import { createKey } from './signing-keys.js';
import { code, suites, text } from './suites.js';

const unknownNames = [
  '',
  'SHA-256',
  'sha256',
  'Ed25519',
  'md5',
  '__proto__',
  'constructor',
  'toString',
  'x'.repeat(10_000),
];

describe.each(suites)('%s registry', (_, suite) => {
  test('knows its names', () => {
    expect(suite.digestNames).toEqual(['sha-256', 'sha-384', 'sha-512', 'sha3-256', 'sm3']);
    expect(suite.signatureNames).toEqual([
      'ed25519',
      'ecdsa-p256-sha256',
      'ecdsa-secp256k1-sha256',
      'rsa-pss-sha256',
      'rsa-pkcs1v15-sha256',
      'sm2-sm3',
      'ml-dsa-65',
      'ml-dsa-44',
    ]);
    for (const name of suite.digestNames) {
      expect(suite.isDigestName(name)).toBe(true);
      expect(suite.digest(name).name).toBe(name);
    }
    for (const name of suite.signatureNames) {
      expect(suite.isSignatureName(name)).toBe(true);
      expect(suite.signature(name).name).toBe(name);
    }
  });

  test.each(unknownNames)('does not know %p', (name) => {
    expect(suite.isDigestName(name)).toBe(false);
    expect(suite.isSignatureName(name)).toBe(false);
    expect(() => suite.digest(name)).toThrow(code('digest-unknown'));
    expect(() => suite.signature(name)).toThrow(code('signature-unknown'));
  });
});

describe('keys', () => {
  const message = text('message');
  const pair = generateKeyPairSync('ed25519');
  const spki = new Uint8Array(pair.publicKey.export({ format: 'der', type: 'spki' }));
  const signature = new Uint8Array(sign(null, message, pair.privateKey));

  test('serve every suite, whichever imported them', async () => {
    for (const [, importer] of suites) {
      const key = importer.signature('ed25519').importPublicKey(spki);
      for (const [, verifier] of suites)
        expect(verifier.signature('ed25519').verify(key, message, signature)).toBe(true);
      expect(await verifyInThreadPool(key, message, signature)).toBe(true);
    }
  });

  test('keep their own copy of the encoding', () => {
    const given = new Uint8Array(spki);
    const key = nativeCrypto.signature('ed25519').importPublicKey(given);
    given.fill(0);
    expect(key.spki).toEqual(spki);
    expect(nativeCrypto.signature('ed25519').verify(key, message, signature)).toBe(true);
  });

  test('cannot be made by hand or used with another algorithm', async () => {
    const imported = portableCrypto.signature('ed25519').importPublicKey(spki);
    const forged: PublicKey = { alg: 'ed25519', spki };
    const renamed = { alg: 'rot13', spki } as unknown as PublicKey;
    for (const [, suite] of suites) {
      expect(() => suite.signature('ed25519').verify(forged, message, signature)).toThrow(
        code('key-mismatch'),
      );
      expect(() => suite.signature('ecdsa-p256-sha256').verify(imported, message, signature)).toThrow(
        code('key-mismatch'),
      );
    }
    await expect(verifyInThreadPool(forged, message, signature)).rejects.toThrow(code('key-mismatch'));
    await expect(verifyInThreadPool(renamed, message, signature)).rejects.toThrow(code('key-mismatch'));
  });
});

describe('thread pool', () => {
  test.each(statementSignatureNames)('gives the verdicts of the native suite for %s', async (alg) => {
    const signer = createKey(alg);
    const key = nativeCrypto.signature(alg).importPublicKey(signer.spki);
    const message = text('message');
    const signature = new Uint8Array(signer.sign(message));
    expect(await verifyInThreadPool(key, message, signature)).toBe(true);
    expect(await verifyInThreadPool(key, text('massage'), signature)).toBe(false);
    expect(await verifyInThreadPool(key, message, signature.subarray(1))).toBe(false);
    expect(await verifyInThreadPool(key, message, new Uint8Array(0))).toBe(false);
    const pending = verifyInThreadPool(key, message, signature);
    message.fill(0);
    signature.fill(0);
    expect(await pending).toBe(true);
  });
});

describe('retired algorithms', () => {
  test('still verify, and say that they are retired', () => {
    const suite = createSuite(
      digestList.map((definition) => portableDigest(definition)),
      signatureList,
      ['ed25519'],
    );
    const signer = createKey('ed25519');
    const algorithm = suite.signature('ed25519');
    const message = text('message');
    expect(algorithm.verify(algorithm.importPublicKey(signer.spki), message, signer.sign(message))).toBe(
      true,
    );
    expect(suite.signatureNames.filter((name) => suite.isRetired(name))).toEqual(['ed25519']);
    expect(nativeCrypto.signatureNames.filter((name) => nativeCrypto.isRetired(name))).toEqual(
      retiredSignatures,
    );
  });
});
