/**
 * What it costs intake that private values are encrypted: rows sealed and opened a second, one thread, against AES-256-GCM alone
 * over as many bytes, the key at hand and everything else left out.
 */
import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto';
import { openEvidence, sealEvidence, ValueCipher } from '@cunzheng/persistence';
import { medianRound, type Round } from '../ledger/rounds.js';
import { type Figure } from '../report.js';

const ROUNDS = 41;
const SLICE_MS = 40;
const ID = '0199aaaa-0000-7000-8000-000000000000';

/** A row of evidence with a title, a reference and a signer: two hundred bytes of secrets, three hundred of content. */
const ROW = { secrets: randomBytes(208), clientRef: 'reference-0001', content: randomBytes(300) };

export function measureSealing(): Figure[] {
  const key = createSecretKey(randomBytes(32));
  const cipher = new ValueCipher({ keys: new Map([[1, key]]), newest: 1, lookup: key }, createPool());
  const sealed = sealEvidence(cipher, 1, ID, ROW);
  const text = randomBytes(ROW.secrets.length + ROW.clientRef.length + ROW.content.length);
  const nonce = randomBytes(12);
  const encrypt = (): { ciphertext: Buffer; tag: Buffer } => {
    const bare = createCipheriv('aes-256-gcm', key, nonce);
    const ciphertext = bare.update(text);
    bare.final();
    return { ciphertext, tag: bare.getAuthTag() };
  };
  const { ciphertext, tag } = encrypt();
  const decrypt = (): Buffer => {
    const bare = createDecipheriv('aes-256-gcm', key, nonce);
    bare.setAuthTag(tag);
    const opened = bare.update(ciphertext);
    bare.final();
    return opened;
  };
  const columns = { secrets: Buffer.alloc(0), client_ref: null, content: sealed };
  return [
    figure('rows of evidence sealed', () => sealEvidence(cipher, 1, ID, ROW), encrypt),
    figure('rows of evidence opened', () => openEvidence(cipher, 1, ID, columns), decrypt),
  ];
}

/** Random bytes in small portions of large ones, as the API takes them. */
function createPool(): (size: number) => Uint8Array {
  let pool = Buffer.alloc(0);
  return (size) => {
    if (pool.length < size) pool = randomBytes(65_536);
    const portion = pool.subarray(0, size);
    pool = pool.subarray(size);
    return portion;
  };
}

function figure(name: string, work: () => unknown, bare: () => unknown): Figure {
  const measure = (): Round => ({ value: countPerSecond(work), baseline: countPerSecond(bare) });
  measure();
  const { value, baseline } = medianRound(Array.from({ length: ROUNDS }, measure));
  return { name, value, unit: 'rows/s', baseline: { name: 'AES-256-GCM alone', value: baseline } };
}

function countPerSecond(work: () => unknown): number {
  const startedMs = performance.now();
  let count = 0;
  for (; performance.now() - startedMs < SLICE_MS; count += 1) work();
  return (count * 1_000) / (performance.now() - startedMs);
}
