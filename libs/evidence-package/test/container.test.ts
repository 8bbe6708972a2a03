/** The container: what two programs could unpack differently is not read at all. */
import { randomBytes } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { strToU8, zipSync } from 'fflate';
import { formatContainer, PACKAGE_MEDIA_TYPE, parseContainer } from '../src/container.js';
import { computeCrc32 } from '../src/crc-32.js';
import { PackageError } from '../src/index.js';
import { unpack, type ZipFile } from '../src/read-zip.js';

const FILES = new Map([
  ['a.txt', strToU8('abc')],
  ['documents/001-合同.txt', strToU8('the contract')],
  ['empty', new Uint8Array()],
]);
const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const MEBIBYTE = 1024 * 1024;

function codeOf(container: Uint8Array): string {
  try {
    parseContainer(container);
    return 'accepted';
  } catch (error) {
    if (!(error instanceof PackageError)) throw error;
    return error.code;
  }
}

/** Where the local header and the directory entry of a file begin. */
function headersOf(container: Buffer, name: string): { local: number; central: number } {
  const found = { local: -1, central: -1 };
  for (let at = container.indexOf(name); at >= 0; at = container.indexOf(name, at + 1)) {
    if (at >= 30 && container.readUInt32LE(at - 30) === LOCAL) found.local = at - 30;
    if (at >= 46 && container.readUInt32LE(at - 46) === CENTRAL) found.central = at - 46;
  }
  return found;
}

/** A copy in which `change` has written into the headers of a.txt. */
function patch(change: (copy: Buffer, at: { local: number; central: number; end: number }) => void): Buffer {
  const copy = Buffer.from(formatContainer(FILES));
  change(copy, { ...headersOf(copy, 'a.txt'), end: copy.length - 22 });
  return copy;
}

/** Both headers get `value` in the 16 bits at this offset of the local one. */
const both = (offset: number, value: number): Buffer =>
  patch((copy, { local, central }) => {
    copy.writeUInt16LE(value, local + offset);
    copy.writeUInt16LE(value, central + offset + 2);
  });

/** A container whose only file has this stream and says these things of it. */
function withStream(packed: Uint8Array, unpacked: Uint8Array, name = 'a.txt'): Buffer {
  const stored = Buffer.from(
    zipSync({
      mimetype: [strToU8(PACKAGE_MEDIA_TYPE), { level: 0 }],
      [name]: [packed, { level: 0 }],
    }),
  );
  const { local, central } = headersOf(stored, name);
  // From the flags on, the directory entry is the local header two bytes later.
  for (const at of [local, central + 2]) {
    stored.writeUInt16LE(8, at + 8);
    stored.writeUInt32LE(computeCrc32(unpacked), at + 14);
    stored.writeUInt32LE(unpacked.length, at + 22);
  }
  return stored;
}

/** The bytes with some put in, and every offset after them moved along. */
function insert(at: (container: Buffer) => number, inserted: Uint8Array): Buffer {
  const before = Buffer.from(formatContainer(FILES));
  const position = at(before);
  const after = Buffer.concat([before.subarray(0, position), inserted, before.subarray(position)]);
  const end = after.length - 22;
  const directory = before.readUInt32LE(before.length - 6);
  after.writeUInt32LE(directory + (position <= directory ? inserted.length : 0), end + 16);
  for (const name of ['mimetype', ...FILES.keys()]) {
    const { central } = headersOf(after, name);
    const local = after.readUInt32LE(central + 42);
    if (local >= position) after.writeUInt32LE(local + inserted.length, central + 42);
  }
  return after;
}

test('what is written is read', () => {
  const { files, documents } = parseContainer(formatContainer(FILES));
  const read = documents.map((document) => [document.name, unpack(document)] as const);
  expect(new Map([...files, ...read])).toEqual(FILES);
});

test('CRC-32 is that of the standard', () => {
  expect(computeCrc32(strToU8('123456789'))).toBe(0xcbf43926);
});

describe('a stream', () => {
  const short = strToU8('I owe you 10.');
  const long = strToU8('I owe you 10. And 1,000,000 more.');

  test('of the size that is declared is read', () => {
    expect(parseContainer(withStream(deflateRawSync(short), short)).files.get('a.txt')).toEqual(short);
  });

  test.each([
    ['longer than it is declared: some programs show the rest', withStream(deflateRawSync(long), short)],
    ['shorter than it is declared', withStream(deflateRawSync(short), long)],
    ['with another CRC-32', withStream(deflateRawSync(short), short.toReversed())],
    ['that breaks off', withStream(deflateRawSync(short).subarray(0, 9), short)],
    ['that is none', withStream(Buffer.from('ffffffff', 'hex'), short)],
    ['of no bytes', withStream(new Uint8Array(), new Uint8Array())],
  ])('%s is refused', (_, container) => {
    expect(codeOf(container)).toBe('container-invalid');
  });
});

describe('a document', () => {
  const documentOf = (packed: Uint8Array, unpacked: Uint8Array): ZipFile =>
    parseContainer(withStream(packed, unpacked, 'documents/001-a')).documents[0]!;
  const noise = randomBytes(40_000);
  const packed = deflateRawSync(noise);

  test('longer than a piece is read to its end, and a stream that breaks off anywhere is refused', () => {
    expect(Buffer.from(unpack(documentOf(packed, noise)))).toEqual(noise);
    for (let cut = 0; cut < packed.length; cut += 1_777)
      expect(() => unpack(documentOf(packed.subarray(0, cut), noise))).toThrow(PackageError);
  });

  test('is unpacked a piece at a time, however much its stream makes of little', () => {
    const zeros = new Uint8Array(40 * MEBIBYTE);
    const sizes: number[] = [];
    documentOf(deflateRawSync(zeros), zeros).read(({ length }) => sizes.push(length));
    expect(sizes.reduce((sum, size) => sum + size)).toBe(zeros.length);
    expect(Math.max(...sizes)).toBeLessThan(17 * MEBIBYTE);
  });

  test('gives no more than it is declared to have', () => {
    let given = 0;
    const bomb = documentOf(deflateRawSync(new Uint8Array(4 * MEBIBYTE)), noise);
    expect(() => {
      bomb.read(({ length }) => (given += length));
    }).toThrow(PackageError);
    expect(given).toBeLessThanOrEqual(noise.length);
  });

  test.each([
    [4, 'accepted'],
    [5, 'container-too-large'],
  ])('of 1 GiB, %d times: %s', (count, code) => {
    const names = Array.from({ length: count }, (_, index) => `documents/00${index}-a`);
    const container = Buffer.from(formatContainer(new Map(names.map((name) => [name, noise]))));
    for (const name of names) {
      const { local, central } = headersOf(container, name);
      container.writeUInt32LE(1024 * MEBIBYTE, local + 22);
      container.writeUInt32LE(1024 * MEBIBYTE, central + 24);
    }
    expect(codeOf(container)).toBe(code);
  });

  test('is refused before it is unpacked where the reader wants less', () => {
    const container = withStream(packed, noise, 'documents/001-a');
    expect(parseContainer(container, noise.length).documents).toHaveLength(1);
    expect(() => parseContainer(container, noise.length - 1)).toThrow(/more than the 39999 bytes that/);
  });
});

test.each<[string, Buffer]>([
  ['encrypted', both(6, 1)],
  ['with sizes after its bytes', both(6, 8)],
  ['with a name in UTF-8 that is none', both(6, 0x0800)],
  ['packed by another method', both(8, 9)],
  ['stored, but not of the declared size', both(8, 0)],
  ['for a newer version', both(4, 45)],
  ['of another size in its header', patch((copy, { local }) => copy.writeUInt32LE(2, local + 22))],
  ['of another size in the directory', patch((copy, { central }) => copy.writeUInt32LE(2, central + 24))],
  ['of another name in its header', patch((copy, { local }) => copy.write('b', local + 30))],
  ['of another name in the directory', patch((copy, { central }) => copy.write('b', central + 46))],
  ['with an extra field', both(28, 2)],
  ['with a comment', patch((copy, { central }) => copy.writeUInt16LE(2, central + 32))],
  ['that is a link', patch((copy, { central }) => copy.writeUInt32LE(0xa1ff0000, central + 38))],
  ['from Unix', patch((copy, { central }) => copy.writeUInt16LE(0x0314, central + 4))],
  ['that is text to be converted', patch((copy, { central }) => copy.writeUInt16LE(1, central + 36))],
  ['on another disk', patch((copy, { central }) => copy.writeUInt16LE(1, central + 34))],
  ['where another begins', patch((copy, { central }) => copy.writeUInt32LE(0, central + 42))],
  ['without the mark of its header', patch((copy, { local }) => copy.writeUInt32LE(0, local))],
  ['without the mark of its entry', patch((copy, { central }) => copy.writeUInt32LE(0, central))],
])('a file %s is refused', (_, container) => {
  expect(codeOf(container)).toBe('container-invalid');
});

test.each<[string, Buffer]>([
  ['before the first file', insert(() => 0, strToU8('MZ'))],
  ['between files', insert((container) => headersOf(container, 'a.txt').local, strToU8('hidden'))],
  [
    'before the directory',
    insert((container) => container.readUInt32LE(container.length - 6), strToU8('hidden')),
  ],
  ['before the end record', insert((container) => container.length - 22, strToU8('hidden'))],
  ['after the end record', Buffer.concat([formatContainer(FILES), strToU8('hidden')])],
  [
    'that are a comment',
    Buffer.concat([patch((copy, { end }) => copy.writeUInt16LE(2, end + 20)), strToU8('ab')]),
  ],
])('bytes %s are refused', (_, container) => {
  expect(codeOf(container)).toBe('container-invalid');
});

test.each<[string, Buffer]>([
  ['fewer files', patch((copy, { end }) => copy.writeUInt32LE(0x00030003, end + 8))],
  ['more files', patch((copy, { end }) => copy.writeUInt32LE(0x00050005, end + 8))],
  ['more files on other disks', patch((copy, { end }) => copy.writeUInt16LE(3, end + 8))],
  ['another disk', patch((copy, { end }) => copy.writeUInt16LE(1, end + 4))],
  ['a directory elsewhere', patch((copy, { end }) => copy.writeUInt32LE(0, end + 16))],
])('an end record that tells of %s is refused', (_, container) => {
  expect(codeOf(container)).toBe('container-invalid');
});

test('a container of another type is refused, though it begins alike', () => {
  const type = strToU8(`${PACKAGE_MEDIA_TYPE}x`);
  expect(codeOf(zipSync({ mimetype: [type, { level: 0 }] }))).toBe('container-invalid');
});

test('a name that means something to JavaScript is a name like others', () => {
  const container = Buffer.from(formatContainer(new Map([['__pr0t0__', strToU8('x')]])));
  const renamed = Buffer.from(container.toString('latin1').replaceAll('__pr0t0__', '__proto__'), 'latin1');
  expect([...parseContainer(renamed).files.keys()]).toEqual(['__proto__']);
});

test('too large is refused before anything is unpacked', () => {
  const bomb = patch((copy, { local, central }) => {
    copy.writeUInt32LE(0x7fffffff, local + 22);
    copy.writeUInt32LE(0x7fffffff, central + 24);
  });
  expect(codeOf(bomb)).toBe('container-too-large');
});
