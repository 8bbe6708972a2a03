/** What a visitor gives, sorted: files by content, fingerprints as people paste them, receipts and documents by pairs. */
import { createHash } from 'node:crypto';
import { zipSync } from 'fflate';
import { PACKAGE_MEDIA_TYPE } from '@cunzheng/evidence-package';
import { type GivenDocument, type GivenReceipt } from '../src/intake/given.js';
import { pairUp } from '../src/intake/pair-up.js';
import { parseFingerprint } from '../src/intake/parse-fingerprint.js';
import { sortFile } from '../src/intake/sort-file.js';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const receiptOf = (id: number, name: string, document: string): GivenReceipt => ({
  id,
  name,
  bytes: new Uint8Array(),
  fingerprints: [{ algorithm: 'sha-256', digest: sha256(document) }],
});

const documentOf = (id: number, name: string, document?: string): GivenDocument => ({
  id,
  name,
  digests: document === undefined ? {} : { 'sha-256': sha256(document) },
  hashing: document === undefined ? { state: 'waiting' } : { state: 'done' },
});

const partners = (receipts: GivenReceipt[], documents: GivenDocument[]): (number | string)[] =>
  pairUp(receipts, documents).map((partner) =>
    partner.kind === 'document' ? partner.document.id : partner.kind,
  );

describe('pairUp', () => {
  const a = receiptOf(1, 'a.txt.receipt.json', 'a');
  const b = receiptOf(2, 'b.txt.receipt.json', 'b');

  test('pairs by fingerprint, whatever the names say', () => {
    expect(partners([a, b], [documentOf(10, 'a.txt', 'b'), documentOf(11, 'b.txt', 'a')])).toEqual([11, 10]);
  });

  test('gives one document to all its receipts', () => {
    expect(partners([a, { ...a, id: 3 }], [documentOf(10, 'x', 'a')])).toEqual([10, 10]);
  });

  test('a changed document goes to the receipt that bears its name', () => {
    const changed = documentOf(10, 'b.txt', 'changed');
    expect(partners([a, b], [changed])).toEqual(['none', 10]);
  });

  test('the only two left belong together', () => {
    expect(partners([a], [documentOf(10, 'x', 'changed')])).toEqual([10]);
    expect(partners([a, b], [documentOf(10, 'x', 'a'), documentOf(11, 'y', 'changed')])).toEqual([10, 11]);
    expect(partners([a, b], [documentOf(10, 'x', 'changed')])).toEqual(['none', 'none']);
  });

  test('nothing is decided while a document may still be the one', () => {
    expect(partners([a, b], [documentOf(10, 'x', 'a'), documentOf(11, 'b.txt')])).toEqual([10, 'pending']);
  });

  test('a cancelled document is compared with nothing', () => {
    expect(partners([a], [{ ...documentOf(10, 'a.txt'), hashing: { state: 'cancelled' } }])).toEqual([
      'none',
    ]);
  });
});

describe('parseFingerprint', () => {
  const digest = sha256('x');
  test.each([
    ['bare', digest],
    ['in capitals', digest.toUpperCase()],
    ['with blanks', `  ${digest.slice(0, 32)} ${digest.slice(32)}\n`],
    ['with colons', digest.match(/../g)!.join(':')],
    ['as sha256sum prints it', `${digest}  contract final.txt`],
    ['as openssl prints it', `SHA2-256(contract.txt)= ${digest}`],
    ['with its algorithm', `sha-256:${digest}`],
  ])('takes it %s', (_, text) => {
    expect(parseFingerprint('sha-256', text)).toBe(digest);
  });

  test.each(['', digest.slice(1), `${digest}0`, `g${digest.slice(1)}`, '<b>'])('refuses %j', (text) => {
    expect(parseFingerprint('sha-256', text)).toBeUndefined();
  });
});

describe('sortFile', () => {
  const kindOf = async (name: string, contents: string): Promise<string> =>
    (await sortFile(new File([contents], name)))[0]!.kind;

  test.each([
    ['receipt', 'anything.bin', '{"a":1,"format":"cunzheng/receipt@v1"}'],
    ['receipt', 'later.json', ' {"format" : "cunzheng/receipt@v9"}'],
    ['receipt', 'contract.txt.receipt.json', '{'],
    ['document', 'receipt.txt', 'cunzheng/receipt@v1'],
    ['document', 'data.json', '{"format":"something else"}'],
    ['document', 'trust.json', '{"format":"cunzheng/trust@v1"}'],
    ['document', 'policy', 'log x'],
    ['document', 'empty.txt', ''],
  ])('%s: %s', async (kind, name, contents) => {
    expect(await kindOf(name, contents)).toBe(kind);
  });

  test('reads no more of a receipt than shows that it is too large', async () => {
    const [sorted] = await sortFile(
      new File([`{"format":"cunzheng/receipt@v1"${' '.repeat(11_000_000)}`], 'x'),
    );
    expect(sorted).toMatchObject({ kind: 'receipt' });
    expect((sorted as { bytes: Uint8Array }).bytes).toHaveLength(10_000_001);
  });
});

test('a package that would unpack to more than the page unpacks is refused before it is unpacked', async () => {
  const path = 'documents/001-a';
  const packed = Buffer.from(
    zipSync({
      mimetype: [Buffer.from(PACKAGE_MEDIA_TYPE), { level: 0 }],
      [path]: [Buffer.from('a'), { level: 0 }],
    }),
  );
  // In its local header and in the directory.
  packed.writeUInt32LE(513 * 1024 * 1024, packed.indexOf(path) - 30 + 22);
  packed.writeUInt32LE(513 * 1024 * 1024, packed.lastIndexOf(path) - 46 + 24);
  await expect(sortFile(new File([packed], 'large.asice'))).rejects.toThrow(
    'are unpacked here: give its files',
  );
});
