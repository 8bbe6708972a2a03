/**
 * The worker that hashes: the file as a stream, every algorithm in one pass, whatever its size. hash-wasm, because
 * WebCrypto takes a file only as a whole and knows neither SM3 nor SHA-3; a response of its own lets this script, and
 * not the page, compile WebAssembly.
 */
import { type DigestName } from '@cunzheng/crypto';
import { createSHA256, createSHA3, createSHA384, createSHA512, createSM3, type IHasher } from 'hash-wasm';
import { type HashMessage, type HashRequest } from './protocol.js';

const CREATE: Readonly<Record<DigestName, () => Promise<IHasher>>> = {
  'sha-256': createSHA256,
  'sha-384': createSHA384,
  'sha-512': createSHA512,
  'sha3-256': () => createSHA3(256),
  sm3: createSM3,
};

/** Progress is told as often as a screen could show it. */
const REPORT_EVERY_MS = 50;

const tell = (message: HashMessage): void => {
  postMessage(message);
};

onmessage = ({ data }: MessageEvent<HashRequest>) => {
  hash(data).then(tell, (error: unknown) => {
    tell({ kind: 'failed', message: error instanceof Error ? error.message : 'the file cannot be read' });
  });
};

async function hash({ file, algorithms }: HashRequest): Promise<HashMessage> {
  const hashers = await Promise.all(algorithms.map(async (name) => [name, await CREATE[name]()] as const));
  const reader = file.stream().getReader();
  let hashedBytes = 0;
  let toldMs = performance.now();
  // The next chunk is read while this one is hashed.
  for (let next = reader.read(); ;) {
    const { done, value } = await next;
    if (done) break;
    next = reader.read();
    for (const [, hasher] of hashers) hasher.update(value);
    hashedBytes += value.length;
    if (performance.now() - toldMs < REPORT_EVERY_MS) continue;
    toldMs = performance.now();
    tell({ kind: 'progress', hashedBytes });
  }
  if (hashedBytes !== file.size)
    throw new Error(`the file has ${file.size} bytes, but ${hashedBytes} were read`);
  return {
    kind: 'done',
    digests: Object.fromEntries(hashers.map(([name, hasher]) => [name, hasher.digest('hex')])),
  };
}
