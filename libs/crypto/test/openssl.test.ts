/** The `openssl` program as the other side: it verifies what is signed by others here, and the suites verify what it signs. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeWithTool, requireTool } from '@test/tools.js';
import { ed25519 } from '@noble/curves/ed25519.js';
import { p256 } from '@noble/curves/nist.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { sm2 } from 'sm-crypto-v2';
import { fromHex, text, toHex, verdict } from './suites.js';

interface Recipe {
  readonly alg: string;
  readonly genpkey: readonly string[];
  /** Arguments of `openssl` between the verb and the files. */
  readonly sign: readonly string[];
  readonly verify: readonly string[];
  readonly signature: '-out' | '-sigfile';
}

const rawin = (...options: string[]): Pick<Recipe, 'sign' | 'verify' | 'signature'> => ({
  sign: ['pkeyutl', '-sign', '-rawin', ...options],
  verify: ['pkeyutl', '-verify', '-rawin', ...options],
  signature: '-sigfile',
});
const RSA = ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'];
const EC = (curve: string): string[] => ['-algorithm', 'EC', '-pkeyopt', `ec_paramgen_curve:${curve}`];

const RECIPES: readonly Recipe[] = [
  { alg: 'ed25519', genpkey: ['-algorithm', 'ED25519'], ...rawin() },
  { alg: 'ecdsa-p256-sha256', genpkey: EC('P-256'), ...rawin('-digest', 'sha256') },
  { alg: 'ecdsa-secp256k1-sha256', genpkey: EC('secp256k1'), ...rawin('-digest', 'sha256') },
  {
    alg: 'rsa-pss-sha256',
    genpkey: RSA,
    ...rawin('-digest', 'sha256', '-pkeyopt', 'rsa_padding_mode:pss', '-pkeyopt', 'rsa_pss_saltlen:32'),
  },
  { alg: 'rsa-pkcs1v15-sha256', genpkey: RSA, ...rawin('-digest', 'sha256') },
  {
    alg: 'sm2-sm3',
    genpkey: ['-algorithm', 'SM2'],
    ...rawin('-digest', 'sm3', '-pkeyopt', 'distid:1234567812345678'),
  },
];

describeWithTool('openssl', 'the openssl program', () => {
  const openssl = requireTool('openssl');
  const folder = mkdtempSync(join(tmpdir(), 'cunzheng-openssl-'));
  const file = (name: string): string => join(folder, name);
  const run = (...args: string[]): Buffer =>
    execFileSync(openssl, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const message = text('DSSEv1 of something');
  writeFileSync(file('message'), message);

  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  const makeKey = ({ genpkey }: Recipe): { pem: string; der: Buffer; spki: Uint8Array } => {
    const pem = file('key.pem');
    run('genpkey', ...genpkey, '-out', pem);
    run('pkey', '-in', pem, '-pubout', '-out', file('public.pem'));
    const spki = new Uint8Array(run('pkey', '-in', pem, '-pubout', '-outform', 'DER'));
    return { pem, der: run('pkey', '-in', pem, '-outform', 'DER'), spki };
  };

  const accepts = (recipe: Recipe, signature: Uint8Array): boolean => {
    writeFileSync(file('signature'), signature);
    try {
      run(
        ...recipe.verify,
        '-in',
        file('message'),
        '-pubin',
        '-inkey',
        file('public.pem'),
        '-sigfile',
        file('signature'),
      );
      return true;
    } catch {
      return false;
    }
  };

  test.each(RECIPES)('$alg: what it signs verifies', (recipe) => {
    const { pem, spki } = makeKey(recipe);
    for (let i = 0; i < 4; i++) {
      run(...recipe.sign, '-in', file('message'), '-inkey', pem, '-out', file('made'));
      const signature = new Uint8Array(readFileSync(file('made')));
      expect(verdict(recipe.alg, spki, message, signature)).toBe(true);
      expect(verdict(recipe.alg, spki, text('another'), signature)).toBe(false);
      expect(accepts(recipe, signature)).toBe(true);
    }
  });

  /** The private scalar or seed in the DER that openssl writes for these types: behind the one OCTET STRING of 32 bytes. */
  const secretOf = (der: Buffer): Uint8Array => {
    const at = der.indexOf(Buffer.from('0420', 'hex'));
    return new Uint8Array(der.subarray(at + 2, at + 34));
  };

  test.each<[string, (secret: Uint8Array, spki: Uint8Array) => Uint8Array]>([
    ['ed25519', (secret) => ed25519.sign(message, secret)],
    ['ecdsa-p256-sha256', (secret) => p256.sign(message, secret, { format: 'der', lowS: false })],
    ['ecdsa-secp256k1-sha256', (secret) => secp256k1.sign(message, secret, { format: 'der' })],
    [
      'sm2-sm3',
      (secret) =>
        fromHex(
          sm2.doSignature(message, toHex(secret), { hash: true, der: true, userId: '1234567812345678' }),
        ),
    ],
  ])('%s: it verifies what verifies here', (alg, sign) => {
    const recipe = RECIPES.find((candidate) => candidate.alg === alg)!;
    const { der, spki } = makeKey(recipe);
    for (let i = 0; i < 4; i++) {
      const signature = sign(secretOf(der), spki);
      expect(verdict(alg, spki, message, signature)).toBe(true);
      expect(accepts(recipe, signature)).toBe(true);
      expect(accepts(recipe, signature.with(20, signature[20]! ^ 1))).toBe(false);
    }
  });
});
