/** The threads for what OpenSSL cannot verify: right under load, the event loop free meanwhile, bounded, and repaired. */
import { nativeCrypto, verifyInThreadPool } from '@cunzheng/crypto/node';
import { verifyInWorker } from '../src/node/worker-pool.js';
import { createKey } from './signing-keys.js';
import { code, text } from './suites.js';

describe.each(['sm2-sm3', 'ml-dsa-65'])('%s', (alg) => {
  const signer = createKey(alg);
  const key = nativeCrypto.signature(alg).importPublicKey(signer.spki);
  const message = text('message');
  const signature = signer.sign(message);

  test('many at once are answered rightly, while the event loop goes on', async () => {
    await verifyInThreadPool(key, message, signature);
    let hasTurned = false;
    setImmediate(() => (hasTurned = true));
    const verdicts = await Promise.all(
      Array.from({ length: 300 }, (_, i) =>
        verifyInThreadPool(key, i % 3 === 0 ? text(`other ${i}`) : message, signature),
      ),
    );
    expect(verdicts).toEqual(verdicts.map((_, i) => i % 3 !== 0));
    // On the loop they would all have run in one turn.
    expect(hasTurned).toBe(true);
  });

  test('more than may wait are refused, and those that wait are answered', async () => {
    const all = await Promise.allSettled(
      Array.from({ length: 1_300 }, () => verifyInThreadPool(key, message, signature)),
    );
    const refused = all.filter(({ status }) => status === 'rejected');
    expect(refused.length).toBeGreaterThan(200);
    for (const result of refused) expect(result).toMatchObject({ reason: code('pool-full') });
    expect(all.filter((result) => result.status === 'fulfilled' && result.value)).toHaveLength(
      1_300 - refused.length,
    );
    expect(await verifyInThreadPool(key, message, signature)).toBe(true);
  });
});

test('a job that the thread cannot do is an error, and the next one is done', async () => {
  const job = { alg: 'rot13', spki: new Uint8Array(1), message: text(''), signature: new Uint8Array(1) };
  await expect(verifyInWorker(job)).rejects.toThrow('no algorithm rot13');
  const signer = createKey('sm2-sm3');
  const good = { alg: 'sm2-sm3', spki: signer.spki, message: text('m'), signature: signer.sign(text('m')) };
  expect(await verifyInWorker(good)).toBe(true);
});
