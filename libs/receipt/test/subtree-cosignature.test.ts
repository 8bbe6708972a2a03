/**
 * ML-DSA-44 lines under checkpoints (type 0x06): a log's second signature and witnesses' cosignatures, against the
 * example values of the specification and against a checkpoint that another implementation signed.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { portableCrypto } from '@cunzheng/crypto';
import { nativeCrypto } from '@cunzheng/crypto/node';
import {
  computeSubtreeMessage,
  cosignNote,
  decodeBase64,
  encodeHex,
  formatCheckpoint,
  formatNote,
  formatVerifierKey,
  type NoteSignature,
  parseCheckpoint,
  parseNote,
  parseVerifierKey,
  signNote,
  type SubtreeMessage,
  verifyNote,
} from '@cunzheng/receipt';

import { verifierKey } from './build-receipt.js';
import { testKey } from './ed25519-key.js';
import { FIXTURES_FOLDER } from './fixtures.js';
import { mlDsaTestKey } from './ml-dsa-key.js';
import { refusalCode } from './refusal.js';

const published = JSON.parse(
  readFileSync(join(FIXTURES_FOLDER, 'published/torchwood-ml-dsa-log.json'), 'utf8'),
) as { vkey: string; note: string };

const ORIGIN = 'log.example/logs/a';
const key = mlDsaTestKey(1);
const sign = (message: Uint8Array): Uint8Array => key.sign(message);
const witnessKey = verifierKey('witness.example', 'subtree/v1', key);
const ownKey = verifierKey(ORIGIN, 'subtree/v1', key);
const log = testKey(1);
const logKey = verifierKey(ORIGIN, 'ed25519', log);
const TEXT = formatCheckpoint({ origin: ORIGIN, treeSize: 7, rootHash: new Uint8Array(32).fill(7) });
const SECONDS = 1_679_315_147;
const logLine = signNote(TEXT, logKey, (message) => log.sign(message));
const line = cosignNote(TEXT, SECONDS, witnessKey, sign);

const verify = (lines: NoteSignature[], keys = [witnessKey], text = TEXT) =>
  verifyNote(nativeCrypto, parseNote(formatNote(text, lines)), keys);

describe('the message', () => {
  // The checkpoint, cosigner and time of the examples of C2SP tlog-cosignature, laid out by hand.
  const example: SubtreeMessage = {
    cosignerName: 'witness.example.com/w1',
    timeSeconds: SECONDS,
    origin: 'example.com/behind-the-sofa',
    start: 0,
    end: 20_852_163,
    hash: decodeBase64('CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=')!,
  };

  it('is that of the specification', () => {
    expect(encodeHex(computeSubtreeMessage(example))).toBe(
      '737562747265652f76310a00' +
        '167769746e6573732e6578616d706c652e636f6d2f7731' +
        '00000000641850cb' +
        '1b6578616d706c652e636f6d2f626568696e642d7468652d736f6661' +
        '0000000000000000' +
        '00000000013e2dc3' +
        '0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62',
    );
  });

  it('counts names in bytes and holds integers up to 2^53−1', () => {
    const message = computeSubtreeMessage({
      ...example,
      cosignerName: '见证',
      timeSeconds: 0,
      start: 2 ** 53 - 2,
      end: 2 ** 53 - 1,
    });
    expect(encodeHex(message).slice(24, 38)).toBe('06e8a781e8af81');
    expect(encodeHex(message)).toContain('001ffffffffffffe001fffffffffffff0ac5186a');
  });

  it.each([
    ['no cosigner', { cosignerName: '' }],
    ['a cosigner of 256 bytes', { cosignerName: `${'证'.repeat(85)}x` }],
    ['no origin', { origin: '' }],
    ['an origin of 256 bytes', { origin: 'x'.repeat(256) }],
    ['a negative time', { timeSeconds: -1 }],
    ['a fraction of a second', { timeSeconds: 0.5 }],
    ['a time of a subtree that does not begin at 0', { start: 1 }],
    ['a range that ends before it begins', { timeSeconds: 0, start: 9, end: 8 }],
    ['a range beyond 2^53−1', { end: 2 ** 53 }],
    ['a hash of 31 bytes', { hash: new Uint8Array(31) }],
  ])('cannot have %s', (_, change) => {
    expect(refusalCode(() => computeSubtreeMessage({ ...example, ...change }))).toBe('checkpoint-invalid');
  });

  it('can have names of 255 bytes', () => {
    const name = '证'.repeat(85);
    expect(computeSubtreeMessage({ ...example, cosignerName: name, origin: name })).toHaveLength(
      12 + 256 + 8 + 256 + 16 + 32,
    );
  });
});

describe('verifier key of type 0x06', () => {
  it.each([nativeCrypto, portableCrypto])('reads and writes a published key', (crypto) => {
    const parsed = parseVerifierKey(crypto, published.vkey);
    expect(parsed).toMatchObject({ name: 'example.com/mldsa-log', type: 'subtree/v1', keyHash: 'b5df45c5' });
    expect(formatVerifierKey(crypto, parsed.name, 'subtree/v1', parsed.publicKey.spki.slice(22))).toBe(
      published.vkey,
    );
  });

  it.each([
    ['of another size', () => formatVerifierKey(nativeCrypto, 'x', 'subtree/v1', new Uint8Array(1311))],
    ['of an Ed25519 key', () => formatVerifierKey(nativeCrypto, 'x', 'subtree/v1', log.raw)],
    ['as another type', () => formatVerifierKey(nativeCrypto, 'x', 'cosignature/v1', key.raw)],
    ['of a name too long', () => formatVerifierKey(nativeCrypto, 'x'.repeat(256), 'subtree/v1', key.raw)],
  ])('%s is refused', (_, run) => {
    expect(refusalCode(run)).toBe('verifier-key-invalid');
  });
});

describe('a checkpoint signed with ML-DSA-44', () => {
  it.each([nativeCrypto, portableCrypto])('by another implementation verifies', (crypto) => {
    const vkey = parseVerifierKey(crypto, published.vkey);
    const note = parseNote(published.note);
    expect(verifyNote(crypto, note, [vkey])).toEqual([{ key: vkey }]);
    const larger = { ...note, text: note.text.replace('\n1\n', '\n2\n') };
    expect(refusalCode(() => verifyNote(crypto, larger, [vkey]))).toBe('note-signature-invalid');
  });

  it('by its log, second to the Ed25519 line, says nothing of the time and is the same each time', () => {
    const second = signNote(TEXT, ownKey, sign);
    expect(second.signature).toHaveLength(8 + 2420);
    expect(second.signature.subarray(0, 8)).toEqual(new Uint8Array(8));
    expect(signNote(TEXT, ownKey, sign)).toEqual(second);
    expect(verify([logLine, second], [logKey, ownKey])).toEqual([{ key: logKey }, { key: ownKey }]);
    expect(verify([logLine, second], [logKey])).toEqual([{ key: logKey }]);
  });

  it('by a witness says when', () => {
    expect(verify([logLine, line], [logKey, witnessKey])).toEqual([
      { key: logKey },
      { key: witnessKey, cosignedAtMs: SECONDS * 1000 },
    ]);
  });

  it.each([
    ['another time', { ...line, signature: line.signature.with(7, line.signature[7]! ^ 1) }],
    ['no time', { ...line, signature: new Uint8Array([...new Uint8Array(8), ...line.signature.slice(8)]) }],
    ['a byte less', { ...line, signature: line.signature.subarray(0, -1) }],
    ['a changed byte', { ...line, signature: line.signature.with(1000, line.signature[1000]! ^ 1) }],
    ['a time alone', { ...line, signature: line.signature.subarray(0, 8) }],
    ['an Ed25519 signature', { ...line, signature: logLine.signature }],
  ])('does not verify with %s', (_, bad) => {
    expect(refusalCode(() => verify([logLine, bad]))).toBe('note-signature-invalid');
  });

  it('does not verify for another cosigner with the same key, nor over another size, root or origin', () => {
    const other = verifierKey('other.example', 'subtree/v1', key);
    const renamed = { ...line, name: other.name, keyHash: other.keyHash };
    expect(refusalCode(() => verify([renamed], [other]))).toBe('note-signature-invalid');
    for (const change of [
      { origin: 'log.example/logs/b' },
      { treeSize: 8 },
      { rootHash: new Uint8Array(32) },
    ]) {
      const text = formatCheckpoint({ ...parseCheckpoint(TEXT), ...change });
      expect(refusalCode(() => verify([line], [witnessKey], text))).toBe('note-signature-invalid');
    }
  });

  it('is not verified under a text that is no checkpoint, extension lines included', () => {
    for (const text of ['a text\n', `${TEXT}extension\n`]) {
      expect(refusalCode(() => verify([line], [witnessKey], text))).toBe('note-signature-invalid');
      expect(refusalCode(() => cosignNote(text, SECONDS, witnessKey, sign))).toBe('checkpoint-invalid');
    }
  });

  it('may be unknown: lines of other types are ignored', () => {
    expect(verify([logLine, line], [logKey])).toEqual([{ key: logKey }]);
  });
});

describe('making lines', () => {
  it('needs a key of the right role', () => {
    const ed25519Witness = verifierKey('witness.example', 'cosignature/v1', log);
    expect(refusalCode(() => signNote(TEXT, ed25519Witness, sign))).toBe('verifier-key-type');
    expect(refusalCode(() => cosignNote(TEXT, SECONDS, logKey, sign))).toBe('verifier-key-type');
  });

  it.each([0, -1, 0.5, NaN, 2 ** 53])('a witness does not cosign at %p seconds', (seconds) => {
    expect(refusalCode(() => cosignNote(TEXT, seconds, witnessKey, sign))).toBe('cosignature-time');
  });
});
