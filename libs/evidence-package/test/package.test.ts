/** Packages: reproducible, strict about what is in them, and verified as their README says with other people's tools. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strToU8, unzipSync, zipSync } from 'fflate';
import { portableCrypto } from '@cunzheng/crypto';
import { CA_EXTENSIONS, OpensslPki, TSA_EXTENSIONS } from '@test/openssl-pki.js';
import { OpensslTsa } from '@test/openssl-tsa.js';
import { describeWithTool } from '@test/tools.js';
import { exampleReceipt, exampleVerifierKey } from '../../../apps/api/src/openapi/examples.js';
import { ASIC_MANIFEST_PATH, formatAsicManifest } from '../src/asic-manifest.js';
import { parseManifest } from '../src/package-manifest.js';
import { addDocuments, buildPackage, openPackage, PackageError, type PackageInput } from '../src/index.js';

/** The document of the example receipt: SHA-256 of "abc" (FIPS 180-4). */
const DOCUMENT = strToU8('abc');

/** As much of a certificate as matters here: the attached receipt. */
function certificateOf(receipt: string): Uint8Array {
  const { length } = strToU8(receipt);
  const dictionary = `/Subtype /application#2Fvnd.cunzheng.receipt+json /Length ${length}`;
  return strToU8(`%PDF-1.7\n<< /Type /EmbeddedFile ${dictionary} >>\nstream\n${receipt}\nendstream`);
}

const input: PackageInput = {
  title: '案件 2026-117',
  items: [
    {
      name: '合同',
      source: '原告',
      purpose: '证明合同内容',
      receipt: exampleReceipt,
      certificate: certificateOf(exampleReceipt),
      custody: '{"events":[]}',
      vkeys: [exampleVerifierKey],
    },
    { name: '同一文件', receipt: exampleReceipt, custody: '{"events":[]}', vkeys: [exampleVerifierKey] },
  ],
  verifyPage: strToU8('<!doctype html>'),
};

const unstamped = (): Promise<Uint8Array> =>
  buildPackage(portableCrypto, input, false, () => Promise.resolve(undefined));

/** The container with files changed, added or (undefined) removed, `mimetype` still first. */
function rewrite(container: Uint8Array, changes: Record<string, Uint8Array | undefined>): Uint8Array {
  const files: Record<string, Uint8Array | undefined> = { ...unzipSync(container), ...changes };
  const present = Object.entries(files).flatMap(([path, bytes]) => (bytes ? [[path, bytes] as const] : []));
  return zipSync(
    Object.fromEntries(
      present.map(([path, bytes]) => [path, [bytes, { level: path === 'mimetype' ? 0 : 6 }]]),
    ),
  );
}

/** As {@link rewrite}, and the sums and the manifest are made to fit: the forger has every digest right. */
function forge(container: Uint8Array, changes: Record<string, Uint8Array | undefined>): Uint8Array {
  const files = { ...unzipSync(container), ...changes };
  const listed = Object.entries(files).filter(
    (entry): entry is [string, Uint8Array] =>
      entry[1] !== undefined && !/^(mimetype$|META-INF|documents)/.test(entry[0]),
  );
  const sums = listed
    .filter(([path]) => path !== 'SHA256SUMS')
    .map(([path, bytes]) => `${createHash('sha256').update(bytes).digest('hex')}  ${path}\n`);
  const summed = new Map([
    ...listed,
    [
      'SHA256SUMS',
      changes['SHA256SUMS'] ?? strToU8(sums.sort((a, b) => (a.slice(66) < b.slice(66) ? -1 : 1)).join('')),
    ],
  ]);
  return rewrite(container, {
    ...changes,
    SHA256SUMS: summed.get('SHA256SUMS'),
    [ASIC_MANIFEST_PATH]: strToU8(formatAsicManifest(portableCrypto, summed)),
  });
}

function codeOf(work: () => unknown): string {
  try {
    work();
    return 'accepted';
  } catch (error) {
    if (!(error instanceof PackageError)) throw error;
    return error.code;
  }
}

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

describeWithTool('openssl', 'an expert who follows README.txt', () => {
  let folder: string;
  let pki: OpensslPki;
  let roots: string;
  let stamped: Uint8Array;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cunzheng-package-'));
    pki = new OpensslPki();
    const root = pki.issue({ name: 'root', extensions: CA_EXTENSIONS });
    const tsa = new OpensslTsa(pki, pki.issue({ name: 'tsa', issuer: root, extensions: TSA_EXTENSIONS }));
    roots = root.certificatePath;
    const empty = await buildPackage(portableCrypto, input, true, (manifest) =>
      Promise.resolve(tsa.stamp(manifest)),
    );
    stamped = addDocuments(portableCrypto, empty, [{ name: 'abc.txt', bytes: DOCUMENT }]);
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
    pki.remove();
  });

  /** Unpacks with unzip and runs the commands of the README in a POSIX shell, without those that match `skip`. */
  function follow(container: Uint8Array, skip?: RegExp): { status: number | null; output: string } {
    const cwd = mkdtempSync(join(folder, 'unpacked-'));
    writeFileSync(`${cwd}.asice`, container);
    execFileSync('unzip', ['-q', `${cwd}.asice`, '-d', cwd]);
    const commands = [...readFileSync(join(cwd, 'README.txt'), 'utf8').matchAll(/^ {4}(.*)$/gm)].map(
      ([, line]) => line!,
    );
    const script = commands.filter((line) => !skip?.test(line)).join('\n');
    const env = { ...process.env, TSA_ROOTS: roots };
    const { status, stdout, stderr } = spawnSync('sh', ['-c', script], { cwd, encoding: 'utf8', env });
    return { status, output: stdout + stderr };
  }

  test('finds everything in order', () => {
    const { status, output } = follow(stamped);
    expect(output).not.toMatch(/DIFFERENT|broken|not a node/);
    for (const line of [
      'ok: files',
      'Verification: OK',
      'ok: evidence/001/record is in the log',
      'ok: evidence/002/header is in the log',
      'ok: disclosures',
      'Signature Verified Successfully',
      'ok: documents/001-abc.txt sha-256',
    ])
      expect(output).toContain(line);
    expect(status).toBe(0);
  });

  const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

  test.each([
    ['another document', 'documents/001-abc.txt', 'DIFFERENT: documents/001-abc.txt'],
    ['another record', 'evidence/001/record/body.json', 'DIFFERENT: evidence/001/record SHA-256'],
    [
      'another step of the proof',
      'evidence/001/record/step-00.bin',
      'DIFFERENT: evidence/001/record is in the log',
    ],
    [
      'another signed checkpoint',
      'checkpoints/main-4/signed.txt',
      'DIFFERENT: evidence/001/record is in the log',
    ],
    ['another log signature', 'checkpoints/main-4/log.sig', 'Signature Verification Failure'],
    ['another disclosure', 'evidence/001/disclosures/00.txt', 'DIFFERENT: evidence/001/disclosures/00.txt'],
  ])('finds %s', (_, path, message) => {
    // The sums are made to fit, so that the step itself must notice; the stamped manifest is what they cannot be.
    const files = unzipSync(stamped);
    const original = files[path]!;
    const changed = original.slice();
    changed[path.endsWith('signed.txt') ? changed.length - 4 : 40 % changed.length]! ^= 1;
    const sums = Buffer.from(files['SHA256SUMS']!)
      .toString()
      .replace(`${digestOf(original)}  ${path}`, `${digestOf(changed)}  ${path}`);
    const base64 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('base64');
    const manifest = Buffer.from(files['META-INF/ASiCManifest.xml']!)
      .toString()
      .replace(base64(files['SHA256SUMS']!), base64(strToU8(sums)));
    const forged = rewrite(stamped, {
      [path]: changed,
      SHA256SUMS: strToU8(sums),
      'META-INF/ASiCManifest.xml': strToU8(manifest),
    });
    const first = follow(forged);
    expect([first.status, first.output]).toEqual([
      1,
      expect.stringMatching(path.startsWith('documents/') ? message : /message imprint mismatch/i) as string,
    ]);
    const second = follow(forged, /^openssl ts -verify -data META-INF/);
    expect([second.status, second.output]).toEqual([1, expect.stringContaining(message) as string]);
  });
});

test('docs/formats/package.md shows a list that is read', () => {
  const page = readFileSync(new URL('../../../docs/formats/package.md', import.meta.url), 'utf8');
  const [, example = ''] = /```json\n(.*)\n```/.exec(page) ?? [];
  expect(parseManifest(strToU8(example)).items[0]).toMatchObject({ number: 1, name: '合同', source: '原告' });
});
