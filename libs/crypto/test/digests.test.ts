/** Digests against published values, and both implementations against each other. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { computeKeyid, portableCrypto } from '@cunzheng/crypto';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { code, suites, text, toHex } from './suites.js';

interface Case {
  readonly algorithm: string;
  readonly text: string;
  readonly times: number;
  readonly digest: string;
}

const { cases } = JSON.parse(readFileSync(join(__dirname, '../testdata/digests.json'), 'utf8')) as {
  cases: Case[];
};
const names = portableCrypto.digestNames;

describe.each(suites)('%s digests', (_, suite) => {
  test.each(cases)('$algorithm of $times × "$text"', ({ algorithm, text: part, times, digest }) => {
    const data = text(part.repeat(times));
    expect(toHex(suite.digest(algorithm).hash(data))).toBe(digest);
    const hasher = suite.digest(algorithm).create();
    for (let i = 0; i < data.length; i += 4097) hasher.update(data.subarray(i, i + 4097));
    expect(toHex(hasher.digest())).toBe(digest);
  });

  test.each(names)('%s gives plain arrays of its own', (name) => {
    const algorithm = suite.digest(name);
    const data = text('data');
    for (const digest of [algorithm.hash(data), algorithm.create().update(data).digest()]) {
      expect(Object.getPrototypeOf(digest)).toBe(Uint8Array.prototype);
      expect(digest.buffer.byteLength).toBe(algorithm.sizeBytes);
    }
    expect(data).toEqual(text('data'));
  });

  test.each(names)('a finished %s hasher refuses more', (name) => {
    const hasher = suite.digest(name).create();
    hasher.update(text('data')).digest();
    expect(() => hasher.update(text('more'))).toThrow(code('hasher-finished'));
    expect(() => hasher.digest()).toThrow(code('hasher-finished'));
  });
});

describe.each(names)('%s', (name) => {
  const [portable, native] = [portableCrypto.digest(name), nativeCrypto.digest(name)];

  test('agrees at every length around the block sizes', () => {
    for (let size = 0; size < 300; size++) {
      const data = new Uint8Array(size).fill(size);
      expect(toHex(native.hash(data))).toBe(toHex(portable.hash(data)));
    }
  });

  test('agrees however the data is cut into chunks', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 8 }), (chunks) => {
        const whole = native.hash(new Uint8Array(Buffer.concat(chunks)));
        for (const algorithm of [portable, native]) {
          const hasher = algorithm.create();
          for (const chunk of chunks) hasher.update(chunk);
          expect(toHex(hasher.digest())).toBe(toHex(whole));
        }
      }),
    );
  });
});

test('hashes a view, not the memory behind it', () => {
  const memory = new Uint8Array(300).map((_, i) => i);
  for (const name of names) {
    const view = memory.subarray(17, 203);
    for (const [, suite] of suites) {
      expect(suite.digest(name).hash(view)).toEqual(portableCrypto.digest(name).hash(new Uint8Array(view)));
    }
  }
});

test('keyid is the SHA-256 of the key in lower-case hex', () => {
  for (const [, suite] of suites) {
    expect(computeKeyid(suite, text('abc'))).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  }
});
