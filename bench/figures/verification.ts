/** Offline verifications a second, against the least a verification must do: one signature and the hashes of the paths. */
import { sign, verify, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { createTreeHasher } from '@cunzheng/merkle';
import {
  createVerifier,
  formatTrustFolder,
  parsePolicy,
  parseReceipt,
  parseTrust,
  type Trust,
} from '@cunzheng/receipt';
import pg from 'pg';
import { unsignedBody } from '../bodies.js';
import { type Figure } from '../report.js';
import { type BenchProgram, type BenchStack } from '../stack.js';

const SECONDS = 4;

export async function measureVerification(stack: BenchStack, api: BenchProgram): Promise<Figure[]> {
  const receipt = await fetchReceipt(stack, api);
  const trust = await readTrust(stack);
  const baseline = measureBareLoop(receipt);
  const warmVerifier = createVerifier({ crypto: nativeCrypto, trust });
  const warm = await countPerSecond(() => warmVerifier.verify(receipt));
  const cold = await countPerSecond(() => createVerifier({ crypto: nativeCrypto, trust }).verify(receipt));
  const figure = (name: string, value: number): Figure => ({
    name,
    value,
    unit: '/s',
    baseline: { name: 'one signature + path hashes', value: baseline },
    target: { at: 'least', value: 0.5 },
  });
  return [
    figure('offline verification, cold checkpoint', cold),
    figure('offline verification, warm checkpoint', warm),
  ];
}

async function fetchReceipt({ organization }: BenchStack, api: BenchProgram): Promise<Buffer> {
  const answer = await fetch(`${api.url}/v1/evidence`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${organization.apiKey}`,
      'content-type': 'application/json',
      prefer: 'wait=20',
    },
    body: unsignedBody(),
  });
  return Buffer.from(await answer.arrayBuffer());
}

async function readTrust(stack: BenchStack): Promise<Trust> {
  const client = new pg.Client({ connectionString: stack.ownerUrl });
  await client.connect();
  const { rows } = await client.query<{ verifier_key: string }>('SELECT verifier_key FROM log');
  await client.end();
  const policy = parsePolicy(nativeCrypto, `log ${rows[0]?.verifier_key ?? ''}\nquorum none\n`);
  return parseTrust(nativeCrypto, formatTrustFolder({ policy }));
}

async function countPerSecond(once: () => Promise<{ verdict: string }>): Promise<number> {
  let count = 0;
  const startedMs = performance.now();
  while (performance.now() - startedMs < SECONDS * 1_000) {
    for (let i = 0; i < 100; i += 1) {
      if ((await once()).verdict !== 'holds') throw new Error('the receipt does not verify');
    }
    count += 100;
  }
  return count / ((performance.now() - startedMs) / 1_000);
}

function measureBareLoop(receipt: Uint8Array): number {
  const { inclusion, block, checkpoint } = parseReceipt(receipt);
  const hasher = createTreeHasher((data) => nativeCrypto.digest('sha-256').hash(data));
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const message = Buffer.from(checkpoint.slice(0, checkpoint.indexOf('\n\n') + 1));
  const signature = sign(null, message, privateKey);
  const key = createPublicKey(publicKey.export({ type: 'spki', format: 'pem' }));
  const steps = inclusion.hashes.length + block.hashes.length;
  let node = new Uint8Array(32);
  let count = 0;
  const startedMs = performance.now();
  while (performance.now() - startedMs < SECONDS * 1_000) {
    if (!verify(null, message, key, signature)) throw new Error('the signature does not verify');
    for (let step = 0; step < steps; step += 1)
      node = hasher.hashChildren(node, node) as Uint8Array<ArrayBuffer>;
    count += 1;
  }
  return count / ((performance.now() - startedMs) / 1_000);
}
