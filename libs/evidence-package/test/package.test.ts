/** Packages: reproducible, and strict about what is in them. */
import { createHash, generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { strToU8, unzipSync, zipSync } from 'fflate';
import { portableCrypto } from '@cunzheng/crypto';
import { exampleReceipt } from '../../../apps/api/src/openapi/examples.js';
import { parseManifest } from '../src/package-manifest.js';
import { addDocuments, buildPackage, openPackage } from '../src/index.js';
import { certificateOf, codeOf, DOCUMENT, forge, input, rewrite } from './example-package.js';

const unstamped = (): Promise<Uint8Array> =>
  buildPackage(portableCrypto, input, false, () => Promise.resolve(undefined));

describe('a package', () => {
  let container: Uint8Array;

  beforeAll(async () => {
    container = await unstamped();
  });

  test('is the same bytes every time, in every time zone', async () => {
    expect(await unstamped()).toEqual(container);
    const before = process.env['TZ'];
    process.env['TZ'] = before === 'Asia/Shanghai' ? 'America/New_York' : 'Asia/Shanghai';
    expect(await unstamped()).toEqual(container);
    if (before === undefined) delete process.env['TZ'];
    else process.env['TZ'] = before;
  });

  test('begins as ASiC-E asks, so that its type is seen without unpacking it', () => {
    expect(Buffer.from(container.subarray(30, 30 + 39)).toString()).toBe(
      'mimetypeapplication/vnd.etsi.asic-e+zip',
    );
  });

  test('opens to the list and its receipts', () => {
    const { manifest, items, timestamp } = openPackage(portableCrypto, container);
    expect([manifest.title, timestamp]).toEqual(['案件 2026-117', undefined]);
    expect(items.map(({ number, name, purpose }) => [number, name, purpose])).toEqual([
      [1, '合同', '证明合同内容'],
      [2, '同一文件', undefined],
    ]);
    for (const { receipt, document } of items)
      expect([Buffer.from(receipt).toString(), document]).toEqual([exampleReceipt, undefined]);
  });

  test('takes documents whose bytes match the list, each once, and keeps its manifest', () => {
    const filled = addDocuments(portableCrypto, container, [{ name: '../合同 (终稿).pdf', bytes: DOCUMENT }]);
    const opened = openPackage(portableCrypto, filled);
    expect(opened.stamped).toEqual(openPackage(portableCrypto, container).stamped);
    expect(opened.items.map(({ document }) => document?.path)).toEqual([
      'documents/001-__合同__终稿_.pdf',
      undefined,
    ]);
    const twice = addDocuments(portableCrypto, filled, [{ name: 'again', bytes: DOCUMENT }]);
    expect(openPackage(portableCrypto, twice).items[1]!.document?.path).toBe('documents/002-again');
    const add = (bytes: Uint8Array): unknown => addDocuments(portableCrypto, twice, [{ name: 'x', bytes }]);
    expect(codeOf(() => add(DOCUMENT))).toBe('document-unlisted');
    expect(codeOf(() => add(strToU8('abd')))).toBe('document-unlisted');
  });

  const flipped = (bytes: Uint8Array): Uint8Array =>
    bytes.map((byte, index) => (index === 9 ? byte ^ 1 : byte));
  const inPackage = (path: string): Uint8Array => unzipSync(container)[path]!;

  test.each<[string, string, () => Record<string, Uint8Array | undefined>]>([
    [
      'a changed receipt',
      'digest-mismatch',
      () => ({ 'evidence/001/receipt.json': strToU8(exampleReceipt.replace('4', '5')) }),
    ],
    ['a changed README', 'digest-mismatch', () => ({ 'README.txt': flipped(inPackage('README.txt')) })],
    ['a missing file', 'file-missing', () => ({ 'evidence/002/custody.json': undefined })],
    ['no manifest', 'file-missing', () => ({ 'META-INF/ASiCManifest.xml': undefined })],
    ['a file that is not listed', 'file-unlisted', () => ({ 'evidence/003/x': DOCUMENT })],
    ['a second signature file', 'file-unlisted', () => ({ 'META-INF/signatures.xml': DOCUMENT })],
    ['another document', 'digest-mismatch', () => ({ 'documents/001-a': strToU8('abd') })],
    ['a document without a number', 'document-unlisted', () => ({ 'documents/a': DOCUMENT })],
    ['a document of no number in the list', 'document-unlisted', () => ({ 'documents/003-a': DOCUMENT })],
    [
      'two documents of one number',
      'document-unlisted',
      () => ({ 'documents/001-a': DOCUMENT, 'documents/001-b': DOCUMENT }),
    ],
    ['a way out of the folder', 'path-unsafe', () => ({ '../x': DOCUMENT })],
    ['an absolute path', 'path-unsafe', () => ({ '/x': DOCUMENT })],
    ['a Windows path', 'path-unsafe', () => ({ 'documents/001-a\\..\\x': DOCUMENT })],
    ['a drive', 'path-unsafe', () => ({ 'c:x': DOCUMENT })],
    ['a hidden file', 'path-unsafe', () => ({ '.x': DOCUMENT })],
    ['a path that differs by case alone', 'file-duplicate', () => ({ 'readme.TXT': DOCUMENT })],
    [
      'a manifest of a future version',
      'digest-mismatch',
      () => ({ 'manifest.json': strToU8('{"format":"cunzheng/package@v2"}') }),
    ],
  ])('with %s is refused: %s', (_, code, changes) => {
    expect(codeOf(() => openPackage(portableCrypto, rewrite(container, changes())))).toBe(code);
  });

  const otherText = strToU8('I owe you 1,000,000. This was never recorded.');
  const listing = (algorithm: 'sha256' | 'sha384', name: string): Uint8Array =>
    strToU8(
      Buffer.from(inPackage('manifest.json'))
        .toString()
        .replaceAll(
          /"fingerprints":\[[^\]]*\]/g,
          `"fingerprints":[{"algorithm":"${name}","digest":"${createHash(algorithm).update(otherText).digest('hex')}"}]`,
        ),
    );
  const otherKey = (): Uint8Array =>
    strToU8(generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString());

  test('made by a forger who leaves everything as it is opens', () => {
    expect(codeOf(() => openPackage(portableCrypto, forge(container, {})))).toBe('accepted');
  });

  test.each<[string, string, () => Record<string, Uint8Array | undefined>]>([
    [
      'a list of other documents',
      'digest-mismatch',
      () => ({ 'manifest.json': listing('sha256', 'sha-256') }),
    ],
    [
      'another document, listed by a fingerprint that the record does not have',
      'digest-mismatch',
      () => ({ 'manifest.json': listing('sha384', 'sha-384'), 'documents/001-a': otherText }),
    ],
    [
      'a proof of another record',
      'digest-mismatch',
      () => ({ 'evidence/001/record/leaf.bin': flipped(inPackage('evidence/001/record/leaf.bin')) }),
    ],
    [
      'another checkpoint',
      'digest-mismatch',
      () => ({ 'checkpoints/main-4/note.txt': flipped(inPackage('checkpoints/main-4/note.txt')) }),
    ],
    [
      'the key of another log',
      'file-unlisted',
      () => ({ 'checkpoints/main-4/claimed-log-key.pem': otherKey() }),
    ],
    [
      'a key that is none',
      'receipt-invalid',
      () => ({ 'checkpoints/main-4/claimed-log-key.pem': otherText }),
    ],
    [
      'a certificate of another receipt',
      'digest-mismatch',
      () => ({ 'evidence/001/certificate.pdf': certificateOf(exampleReceipt.replace('4', '5')) }),
    ],
    [
      'a certificate without a receipt',
      'digest-mismatch',
      () => ({ 'evidence/001/certificate.pdf': strToU8('%PDF-1.7 of anything') }),
    ],
    ['a receipt that is none', 'receipt-invalid', () => ({ 'evidence/002/receipt.json': otherText })],
    ['a disclosure left out', 'file-missing', () => ({ 'evidence/001/disclosures/00.txt': undefined })],
    ['a file that receipts do not have', 'file-unlisted', () => ({ 'evidence/001/opinion.txt': otherText })],
    ['sums of other files', 'digest-mismatch', () => ({ SHA256SUMS: otherText })],
  ])('with every digest right, but %s, is refused: %s', (_, code, changes) => {
    expect(codeOf(() => openPackage(portableCrypto, forge(container, changes())))).toBe(code);
  });

  test('a file twice in the container is refused', () => {
    // Two entries of one length: the second name is patched to be the first, in its header and in the directory.
    const two = Buffer.from(rewrite(container, { 'documents/001-a': DOCUMENT, 'documents/001-b': DOCUMENT }));
    for (let at = two.indexOf('documents/001-b'); at >= 0; at = two.indexOf('documents/001-b'))
      two.write('documents/001-a', at);
    expect(codeOf(() => openPackage(portableCrypto, two))).toBe('file-duplicate');
  });

  test('a file with a name that means something to JavaScript is refused as any other', () => {
    const added = Buffer.from(rewrite(container, { __pr0t0__: DOCUMENT }));
    const renamed = Buffer.from(added.toString('latin1').replaceAll('__pr0t0__', '__proto__'), 'latin1');
    expect(codeOf(() => openPackage(portableCrypto, renamed))).toBe('file-unlisted');
  });

  test('what is no package is refused, cut and mutated ones too', () => {
    for (const bytes of [
      new Uint8Array(),
      strToU8('PK'),
      zipSync({ a: DOCUMENT }),
      container.subarray(0, container.length - 30),
    ])
      expect(codeOf(() => openPackage(portableCrypto, bytes))).toBe('container-invalid');
    for (let at = 0; at < container.length; at += 1 + Math.floor(container.length / 300)) {
      const mutated = container.slice();
      mutated[at]! ^= 0x41;
      // A bit that carries no content (a date, an attribute) may change nothing.
      const opened = codeOf(() => openPackage(portableCrypto, mutated));
      if (opened === 'accepted')
        expect(openPackage(portableCrypto, mutated).stamped).toEqual(
          openPackage(portableCrypto, container).stamped,
        );
    }
  });
});

test('docs/formats/package.md shows a list that is read', () => {
  const page = readFileSync(new URL('../../../docs/formats/package.md', import.meta.url), 'utf8');
  const [, example = ''] = /```json\n(.*)\n```/.exec(page) ?? [];
  expect(parseManifest(strToU8(example)).items[0]).toMatchObject({ number: 1, name: '合同', source: '原告' });
});
