/**
 * The portable suite as a browser gets it: bundled by esbuild, run in a bare context that has nothing but the language. On
 * every algorithm it must say what node:crypto says, of signatures that neither of them made.
 */
import { createContext, runInContext } from 'node:vm';
import { portableCrypto, statementSignatureNames } from '@cunzheng/crypto';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { buildSync } from 'esbuild';
import { createKey } from './signing-keys.js';
import { text, toHex } from './suites.js';

const ENTRY = `
  import { portableCrypto } from './libs/crypto/src/index.ts';
  const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  globalThis.verify = (alg, spki, message, signature) => {
    const algorithm = portableCrypto.signature(alg);
    return algorithm.verify(algorithm.importPublicKey(bytes(spki)), bytes(message), bytes(signature));
  };
  globalThis.hash = (name, message) => Array.from(portableCrypto.digest(name).hash(bytes(message))).join();`;

describe('in a browser', () => {
  const { outputFiles } = buildSync({
    stdin: { contents: ENTRY, resolveDir: process.cwd(), loader: 'ts' },
    bundle: true,
    platform: 'browser',
    format: 'iife',
    target: 'es2022',
    write: false,
    logLevel: 'silent',
  });
  const context = createContext({});
  runInContext(outputFiles[0]!.text, context);
  const call = (name: string, ...args: string[]): unknown =>
    runInContext(`${name}(${args.map((arg) => JSON.stringify(arg)).join()})`, context);

  test.each(statementSignatureNames)('%s: agrees with the native suite', (alg) => {
    const key = createKey(alg);
    const algorithm = nativeCrypto.signature(alg);
    const imported = algorithm.importPublicKey(key.spki);
    const signature = new Uint8Array(key.sign(text('message')));
    const flipped = signature.map((byte, index) => (index === signature.length - 1 ? byte ^ 1 : byte));
    const cases: [string, Uint8Array, boolean][] = [
      ['message', signature, true],
      ['massage', signature, false],
      ['message', flipped, false],
      ['message', signature.subarray(1), false],
      ['message', new Uint8Array([...signature, 0]), false],
    ];
    for (const [message, made, expected] of cases) {
      const given = [toHex(key.spki), toHex(text(message)), toHex(made)];
      expect(call('verify', alg, ...given)).toBe(expected);
      expect(algorithm.verify(imported, text(message), made)).toBe(expected);
    }
  });

  test.each(portableCrypto.digestNames)('%s: agrees with the native suite', (name) => {
    const message = text('message');
    const native = Array.from(nativeCrypto.digest(name).hash(message)).join();
    expect(call('hash', name, toHex(message))).toBe(native);
  });
});
