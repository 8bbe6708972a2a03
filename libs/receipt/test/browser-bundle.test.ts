/**
 * The library as a browser gets it: bundled by esbuild for the browser, where any Node module is a build error, and run in
 * a bare context that has nothing but the language, TextEncoder and TextDecoder. It must verify the fixtures there.
 */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { runInContext, createContext } from 'node:vm';

import { cosignNote, formatPolicy } from '@cunzheng/receipt';
import { buildSync } from 'esbuild';

import { buildReceipt, logVerifierKey, verifierKey } from './build-receipt.js';
import { FIXTURES_FOLDER } from './fixtures.js';
import { mlDsaTestKey } from './ml-dsa-key.js';

const LIBRARIES = ['canonical-json', 'crypto', 'ledger', 'merkle', 'receipt'];

/** Verifies the given files and hands the report out through a global. */
const ENTRY = `
  import { portableCrypto } from '@cunzheng/crypto';
  import { parseTrust, verifyReceipt } from '@cunzheng/receipt';
  globalThis.run = async (receipt, files, document) => JSON.stringify(
    await verifyReceipt(receipt, {
      crypto: portableCrypto,
      trust: parseTrust(portableCrypto, JSON.parse(files)),
      document: portableCrypto.digestNames.map((algorithm) => ({
        algorithm,
        digest: Array.from(portableCrypto.digest(algorithm).hash(new TextEncoder().encode(document)),
          (byte) => byte.toString(16).padStart(2, '0')).join(''),
      })),
    }),
  );`;

function bundle(): string {
  const { outputFiles } = buildSync({
    stdin: { contents: ENTRY, resolveDir: process.cwd(), loader: 'ts' },
    alias: Object.fromEntries(
      LIBRARIES.map((name) => [`@cunzheng/${name}`, resolve(`libs/${name}/src/index.ts`)]),
    ),
    bundle: true,
    platform: 'browser',
    format: 'iife',
    target: 'es2022',
    write: false,
    logLevel: 'silent',
  });
  return outputFiles[0]!.text;
}

const read = (name: string): string => readFileSync(join(FIXTURES_FOLDER, name), 'utf8');

describe('in a browser', () => {
  const code = bundle();
  const context = createContext({ TextEncoder, TextDecoder });
  runInContext(code, context);
  const run = async (
    receipt: string,
    policy = read('policy'),
  ): Promise<{ verdict: string; checks: { status: string; name: string }[] }> => {
    const files = { policy, 'trust.json': read('trust.json') };
    const call = `run(${JSON.stringify(receipt)}, ${JSON.stringify(JSON.stringify(files))}, ${JSON.stringify(read('document.txt'))})`;
    return JSON.parse((await runInContext(call, context)) as string) as Awaited<ReturnType<typeof run>>;
  };

  it('the fixture holds, with every fingerprint compared', async () => {
    const report = await run(read('receipt.json'));
    expect(report.verdict).toBe('holds');
    expect(report.checks.filter(({ status }) => status !== 'passed').map(({ name }) => name)).toEqual([
      'timestamps',
    ]);
  });

  it('a receipt cosigned with ML-DSA-44 holds', async () => {
    const key = mlDsaTestKey(11);
    const witness = verifierKey('witness.example', 'subtree/v1', key);
    const { receipt } = buildReceipt({
      witnesses: [],
      noteSignatures: (lines, text) => [
        ...lines,
        cosignNote(text, Date.UTC(2026, 10, 20, 8, 1) / 1000, witness, (message) => key.sign(message)),
      ],
    });
    const witnesses = [{ name: 'w', key: witness }];
    const policy = formatPolicy({ logs: [{ key: logVerifierKey }], witnesses, groups: [], quorum: 'w' });
    const report = await run(receipt, policy);
    expect(report.checks.find(({ name }) => name === 'witnesses')?.status).toBe('passed');
    expect((await run(receipt)).verdict).not.toBe('holds');
  });

  it('a changed record does not', async () => {
    expect((await run(read('receipt.json').replace('logs/main', 'logs/mine'))).verdict).not.toBe('holds');
  });

  it('nothing of Node is in the bundle', () => {
    expect(code).not.toMatch(/\brequire\(|["']node:|\bBuffer\.|\bprocess\./);
  });
});
