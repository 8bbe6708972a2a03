/** A first start that was killed while it wrote key and trust folder: the next one makes both, whole. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { parseTrust } from '@cunzheng/receipt';
import { checkLedger } from '@test/check-ledger.js';
import { eventually } from '@test/eventually.js';
import { TestStack } from '@test/stack.js';

test('what a killed first start left half-written is made anew', async () => {
  const stack = await TestStack.create();
  const folder = (name: string): string => join(stack.directory, name);
  for (const name of ['keys', 'trust']) mkdirSync(folder(name));
  writeFileSync(join(folder('keys'), 'log-ed25519.pem.new.tmp'), '-----BEGIN');
  writeFileSync(join(folder('trust'), 'trust.json'), '{"form');
  const worker = await stack.startWorker();
  await eventually('the log is open', async () => (await stack.query('SELECT FROM checkpoint')).length === 1);
  await worker.stop();
  expect(readdirSync(folder('keys'))).toEqual(['log-ed25519.pem']);
  const file = (name: string): string => readFileSync(join(folder('trust'), name), 'utf8');
  const [log] = await stack.query<{ verifier_key: string }>('SELECT verifier_key FROM log');
  const { policy } = parseTrust(nativeCrypto, { policy: file('policy'), 'trust.json': file('trust.json') });
  expect(policy.logs.map(({ key }) => key.vkey)).toEqual([log?.verifier_key]);
  await checkLedger(stack);
  await stack.close();
});
