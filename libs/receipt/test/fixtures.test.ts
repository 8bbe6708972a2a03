import { createHash, createPublicKey, verify as verifySignature } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { nativeCrypto } from '@cunzheng/crypto/node';
import {
  checkDisclosures,
  formatStatement,
  parseCheckpoint,
  parseDisclosure,
  parseEnvelope,
  parseNote,
  parseReceipt,
  parseRecord,
  parseStatement,
  parseTrust,
  verifyReceipt,
} from '@cunzheng/receipt';

import { fixtures, FIXTURES_FOLDER } from './fixtures.js';

const made = fixtures();
const read = (name: string): string => readFileSync(join(FIXTURES_FOLDER, name), 'utf8');

if (process.env['UPDATE_FIXTURES'] === '1') {
  for (const [name, text] of Object.entries(made)) writeFileSync(join(FIXTURES_FOLDER, name), text);
}

describe('fixtures', () => {
  it('are those and no others', () => {
    const published = 'published'; // examples of others
    expect(readdirSync(FIXTURES_FOLDER).sort()).toEqual([...Object.keys(made), published].sort());
  });

  it.each(Object.keys(made))('%s is what this code writes, byte for byte', (name) => {
    expect(read(name)).toBe(made[name]);
  });

  it('are parts of one receipt', () => {
    const receipt = parseReceipt(read('receipt.json'));
    expect(receipt.record).toBe(read('record.json'));
    expect(receipt.checkpoint).toBe(read('checkpoint.txt'));
    expect(receipt.disclosures).toContain(read('disclosure.txt'));
    const shown = checkDisclosures(nativeCrypto, parseRecord(receipt.record), receipt.disclosures);
    expect(JSON.stringify(shown.envelope)).toBe(read('envelope.json'));
    expect(Buffer.from(parseEnvelope(shown.envelope).payload).toString()).toBe(read('statement.json'));
    expect(parseDisclosure(read('disclosure.txt')).value).toBe(parseStatement(read('statement.json')).title);
    expect(parseCheckpoint(parseNote(receipt.checkpoint).text).treeSize).toBe(13);
  });

  it('hold, for the document', async () => {
    const trust = parseTrust(nativeCrypto, { policy: read('policy'), 'trust.json': read('trust.json') });
    const document = [
      { algorithm: 'sha-256', digest: createHash('sha256').update(read('document.txt')).digest('hex') },
    ];
    const report = await verifyReceipt(read('receipt.json'), { crypto: nativeCrypto, trust, document });
    expect(report.verdict).toBe('holds');
    expect(report.checks.filter(({ status }) => status !== 'passed').map(({ name }) => name)).toEqual([
      'timestamps',
    ]);
  });

  it('verify with nothing but node:crypto where only bytes matter', () => {
    const { payload, signatures } = JSON.parse(read('envelope.json')) as {
      payload: string;
      signatures: { keyid: string; sig: string }[];
    };
    const body = Buffer.from(payload, 'base64');
    const pae = Buffer.concat([
      Buffer.from(`DSSEv1 39 application/vnd.cunzheng.statement+json ${body.length} `),
      body,
    ]);
    const key = createPublicKey(read('signer-key.pem'));
    expect(verifySignature(null, pae, key, Buffer.from(signatures[0]!.sig, 'base64'))).toBe(true);
    const spki = key.export({ format: 'der', type: 'spki' });
    expect(createHash('sha256').update(spki).digest('hex')).toBe(signatures[0]!.keyid);
    const { _sd: digests } = JSON.parse(read('record.json')) as { _sd: string[] };
    expect(digests).toContain(createHash('sha256').update(read('disclosure.txt')).digest('base64url'));
  });

  it('can be written again from what they say', () => {
    const { format, ...input } = parseStatement(read('statement.json'));
    expect(format).toBe('cunzheng/statement@v1');
    expect(formatStatement(input)).toBe(read('statement.json'));
  });
});
