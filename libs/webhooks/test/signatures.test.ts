/** Signatures against those who verify them: the `standardwebhooks` package for v1, openssl for v1a. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import {
  createSecretBytes,
  formatPublicKey,
  formatSymmetricSecret,
  parseEndpointSecret,
  signMessage,
  WebhookError,
} from '@cunzheng/webhooks';
import { describeWithTool, requireTool } from '@test/tools.js';

const message = { id: '01a1f7c2-90f1-7d0e-b3c4-55a1d20f6e77', sentAtMs: Date.now(), body: '{"type":"合同"}' };
const secrets = [createSecretBytes(), createSecretBytes()].map(parseEndpointSecret);

test('v1 verifies with the new and the old secret, and with no other', () => {
  const headers = signMessage(message, secrets);
  for (const secret of secrets) {
    const webhook = new Webhook(formatSymmetricSecret(secret));
    expect(webhook.verify(message.body, headers)).toEqual({ type: '合同' });
    expect(() => webhook.verify(`${message.body} `, headers)).toThrow(/No matching signature/);
    expect(() => webhook.verify(message.body, { ...headers, 'webhook-id': 'other' })).toThrow(/No matching/);
  }
  const other = new Webhook(formatSymmetricSecret(parseEndpointSecret(createSecretBytes())));
  expect(() => other.verify(message.body, headers)).toThrow(/No matching signature/);
});

test('a key is 32 bytes behind its prefix, and a secret of another size is refused', () => {
  const { publicKey } = secrets[0]!;
  expect(formatPublicKey(publicKey)).toBe(`whpk_${publicKey.toString('base64')}`);
  expect(publicKey).toHaveLength(32);
  expect(() => parseEndpointSecret(new Uint8Array(63))).toThrow(WebhookError);
});

/** RFC 8032 §7.1, test 2: the seed gives this key. */
test('the public key is the one of RFC 8032', () => {
  const seed = Buffer.from('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb', 'hex');
  const { publicKey } = parseEndpointSecret(Buffer.concat([Buffer.alloc(32), seed]));
  expect(publicKey.toString('hex')).toBe('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c');
});

describeWithTool('openssl', 'v1a', () => {
  let directory: string;
  beforeAll(() => (directory = mkdtempSync(join(tmpdir(), 'cunzheng-v1a-'))));
  afterAll(() => {
    rmSync(directory, { recursive: true });
  });

  const verifies = (publicKey: Buffer, signed: string, signature: string): boolean => {
    const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), publicKey]);
    const files = { 'key.der': spki, signed, 'signature.bin': Buffer.from(signature, 'base64') };
    for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content);
    const options = ['-verify', '-pubin', '-keyform', 'DER', '-inkey', 'key.der', '-rawin', '-in', 'signed'];
    return (
      spawnSync(requireTool('openssl'), ['pkeyutl', ...options, '-sigfile', 'signature.bin'], {
        cwd: directory,
      }).status === 0
    );
  };

  test('openssl verifies each key over id, timestamp and body, and nothing else', () => {
    const headers = signMessage(message, secrets);
    const signed = `${message.id}.${headers['webhook-timestamp']}.${message.body}`;
    const v1a = headers['webhook-signature'].split(' ').filter((part) => part.startsWith('v1a,'));
    expect(v1a).toHaveLength(2);
    v1a.forEach((part, index) => {
      const signature = part.slice(4);
      const { publicKey } = secrets[index]!;
      expect(verifies(publicKey, signed, signature)).toBe(true);
      expect(verifies(publicKey, `${signed} `, signature)).toBe(false);
      expect(verifies(secrets[1 - index]!.publicKey, signed, signature)).toBe(false);
    });
  });
});
