/**
 * Project Wycheproof's vectors (github.com/C2SP/wycheproof) on both suites: what it calls valid verifies, everything
 * else, `acceptable` included, is refused. Signatures with a context are valid elsewhere and refused here.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromHex, verdict } from './suites.js';

interface Vectors {
  readonly groups: readonly {
    /** DER in hex; empty where the file has a raw key alone. */
    readonly spki: string;
    readonly tests: readonly {
      readonly id: number;
      readonly comment: string;
      readonly msg: string;
      readonly ctx?: string;
      readonly sig: string;
      readonly result: 'valid' | 'invalid' | 'acceptable';
    }[];
  }[];
}

const read = (file: string): Vectors['groups'] =>
  (JSON.parse(readFileSync(join(__dirname, `../testdata/wycheproof/${file}.json`), 'utf8')) as Vectors)
    .groups;

describe.each([
  ['ed25519', 'ed25519'],
  ['ecdsa-p256-sha256', 'ecdsa-secp256r1-sha256'],
  ['ecdsa-secp256k1-sha256', 'ecdsa-secp256k1-sha256'],
  ['rsa-pss-sha256', 'rsa-pss-2048-sha256-mgf1-32'],
  ['rsa-pkcs1v15-sha256', 'rsa-signature-2048-sha256'],
  ['ml-dsa-65', 'ml-dsa-65'],
])('%s against %s', (alg, file) => {
  test('every case has the verdict that it should', () => {
    const wrong: string[] = [];
    let valid = 0;
    for (const { spki, tests } of read(file)) {
      for (const { id, comment, msg, ctx, sig, result } of tests) {
        const wanted = result === 'valid' && ctx === undefined;
        const got = verdict(alg, fromHex(spki), fromHex(msg), fromHex(sig));
        if (got !== wanted) wrong.push(`${id} ${comment}: got ${String(got)}`);
        if (got) valid += 1;
      }
    }
    expect(wrong).toEqual([]);
    expect(valid).toBeGreaterThan(5);
  });
});

test.each(['rsa-pss-sha256', 'rsa-pkcs1v15-sha256'])('%s takes no key that carries PSS parameters', (alg) => {
  for (const { spki, tests } of read('rsa-pss-2048-sha256-mgf1-32-params')) {
    for (const { msg, sig } of tests) {
      expect(verdict(alg, fromHex(spki), fromHex(msg), fromHex(sig))).toBe(false);
    }
  }
});
