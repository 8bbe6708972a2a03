import { portableCrypto } from '@cunzheng/crypto';
import { nativeCrypto } from '@cunzheng/crypto/node';
import {
  cosignNote,
  encodeBase64,
  formatCheckpoint,
  formatNote,
  formatSignatureLine,
  formatVerifierKey,
  type NoteSignature,
  parseCheckpoint,
  parseNote,
  parseVerifierKey,
  signNote,
  timestampImprintInput,
  verifyNote,
} from '@cunzheng/receipt';
import fc from 'fast-check';

import { verifierKey } from './build-receipt.js';
import { testKey } from './ed25519-key.js';
import { refusalCode } from './refusal.js';

/** The example of golang.org/x/mod/sumdb/note. */
const NEUMANN_KEY = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const NEUMANN_NOTE =
  'If you think cryptography is the answer to your problem,\n' +
  "then you don't know what your problem is.\n" +
  '\n' +
  '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n';

/** The example of C2SP tlog-checkpoint and tlog-cosignature; their keys are not published. */
const SOFA_NOTE =
  'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n' +
  '— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n' +
  '— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n';

const log = testKey(1);
const witness = testKey(2);
const logKey = verifierKey('log.example/logs/a', 'ed25519', log);
const witnessKey = verifierKey('witness.example', 'cosignature/v1', witness);
const TEXT = formatCheckpoint({ origin: logKey.name, treeSize: 7, rootHash: new Uint8Array(32).fill(7) });
const logLine = signNote(TEXT, logKey, (message) => log.sign(message));
const witnessLine = cosignNote(TEXT, 1_679_315_147, witnessKey, (message) => witness.sign(message));

describe('verifier key', () => {
  it('reads and writes the published example', () => {
    const key = parseVerifierKey(nativeCrypto, NEUMANN_KEY);
    expect(key).toMatchObject({
      name: 'PeterNeumann',
      keyHash: 'c74f20a3',
      type: 'ed25519',
      vkey: NEUMANN_KEY,
    });
    expect(formatVerifierKey(portableCrypto, key.name, 'ed25519', key.publicKey.spki.slice(-32))).toBe(
      NEUMANN_KEY,
    );
  });

  it('of the same bytes as witness has another hash', () => {
    const key = verifierKey('log.example/logs/a', 'cosignature/v1', log);
    expect(key.type).toBe('cosignature/v1');
    expect(key.keyHash).not.toBe(logKey.keyHash);
  });

  const typed = (type: number, length = 32): string =>
    `x+00000000+${encodeBase64(Uint8Array.of(type, ...new Uint8Array(length)))}`;
  it.each([
    ['nothing', '', 'verifier-key-invalid'],
    ['another hash', NEUMANN_KEY.replace('c74f', 'c74e'), 'verifier-key-invalid'],
    ['another name', NEUMANN_KEY.replace('Peter', 'Paul'), 'verifier-key-invalid'],
    ['a name with a space', NEUMANN_KEY.replace('Peter', 'Peter '), 'verifier-key-invalid'],
    ['a name with an ideographic space', NEUMANN_KEY.replace('Peter', 'Peter\u3000'), 'verifier-key-invalid'],
    ['an upper-case hash', NEUMANN_KEY.replace('c74f', 'C74F'), 'verifier-key-invalid'],
    ['no padding', `${NEUMANN_KEY}=`, 'verifier-key-invalid'],
    ['an ML-DSA-44 key too short', typed(6), 'verifier-key-invalid'],
    ['an RFC 6962 key', typed(5), 'verifier-key-type'],
    ['a short key', typed(1, 31), 'verifier-key-invalid'],
    ['the hash of something else', typed(1), 'verifier-key-invalid'],
  ])('with %s is refused', (_, vkey, code) => {
    expect(refusalCode(() => parseVerifierKey(nativeCrypto, vkey))).toBe(code);
  });

  it('that is no point of the curve, or a small one, is refused although its hash is right', () => {
    const small = Uint8Array.of(1, ...new Uint8Array(31));
    expect(refusalCode(() => formatVerifierKey(nativeCrypto, 'x', 'ed25519', small))).toBe(
      'verifier-key-invalid',
    );
  });
});

describe('signed note', () => {
  it.each([nativeCrypto, portableCrypto])('verifies the published example', (crypto) => {
    const key = parseVerifierKey(crypto, NEUMANN_KEY);
    expect(verifyNote(crypto, parseNote(NEUMANN_NOTE), [key])).toEqual([{ key }]);
  });

  it('is written as it was read', () => {
    for (const note of [NEUMANN_NOTE, SOFA_NOTE]) {
      const { text, signatures } = parseNote(note);
      expect(formatNote(text, signatures)).toBe(note);
    }
  });

  it('takes the last empty line as the end of the text', () => {
    const text = 'a\n\nb\n';
    const note = formatNote(text, [signNote(text, logKey, (message) => log.sign(message))]);
    expect(parseNote(note).text).toBe(text);
  });

  it('ignores lines of unknown keys, even if they share a name or a hash with a known one', () => {
    const alike: NoteSignature[] = [
      { ...logLine, keyHash: '00000000' },
      { ...logLine, name: 'other.example' },
    ];
    const note = parseNote(formatNote(TEXT, [...alike, logLine, witnessLine]));
    expect(verifyNote(nativeCrypto, note, [logKey])).toEqual([{ key: logKey }]);
  });

  it('is refused for a bad line of a known key beside a good one', () => {
    const bad = { ...witnessLine, signature: witnessLine.signature.with(20, witnessLine.signature[20]! ^ 1) };
    const note = parseNote(formatNote(TEXT, [logLine, bad]));
    expect(refusalCode(() => verifyNote(nativeCrypto, note, [logKey, witnessKey]))).toBe(
      'note-signature-invalid',
    );
    expect(verifyNote(nativeCrypto, note, [logKey])).toHaveLength(1);
  });

  it('is refused without a line of a known key', () => {
    const note = parseNote(formatNote(TEXT, [witnessLine]));
    expect(refusalCode(() => verifyNote(nativeCrypto, note, [logKey]))).toBe('note-unsigned');
    expect(refusalCode(() => verifyNote(nativeCrypto, note, []))).toBe('note-unsigned');
  });

  const line = '— a AAAAAAA=\n';
  it.each([
    ['nothing', ''],
    ['no empty line', 'a\n'],
    ['no signature', 'a\n\n'],
    ['no newline at the end', `a\n\n${line.slice(0, -1)}`],
    ['a carriage return', `a\r\n\n${line}`],
    ['a tab', `a\tb\n\n${line}`],
    ['a hyphen for the dash', `a\n\n${line.replace('—', '-')}`],
    ['two spaces', `a\n\n${line.replace(' a', '  a')}`],
    ['a name with a plus', `a\n\n${line.replace(' a ', ' a+b ')}`],
    ['a name with a no-break space', `a\n\n${line.replace(' a ', ' a\u00a0b ')}`],
    ['a signature of the key hash alone', 'a\n\n— a AAAAAA==\n'],
    ['base64 with trailing bits', 'a\n\n— a AAAAAAB=\n'],
    ['a lone surrogate', `\ud800\n\n${line}`],
    ['65 signatures', `a\n\n${line.repeat(65)}`],
  ])('with %s is refused', (_, note) => {
    expect(refusalCode(() => parseNote(note))).toBe('note-malformed');
  });

  it('is refused above its size limit', () => {
    expect(refusalCode(() => parseNote(`${'a'.repeat(262_144)}\n\n${line}`))).toBe('note-too-large');
  });

  it('cannot be written around a text that is none', () => {
    for (const text of ['a', '', 'a\r\n']) {
      expect(refusalCode(() => formatNote(text, [logLine]))).toBe('note-malformed');
    }
    expect(refusalCode(() => formatNote('a\n', []))).toBe('note-malformed');
  });
});

describe('cosignature', () => {
  it('is over header, time and note text, and says when it was made', () => {
    const note = parseNote(formatNote(TEXT, [logLine, witnessLine]));
    expect(verifyNote(nativeCrypto, note, [logKey, witnessKey])).toEqual([
      { key: logKey },
      { key: witnessKey, cosignedAtMs: 1_679_315_147_000 },
    ]);
    expect(witnessLine.signature).toEqual(
      Uint8Array.of(
        0,
        0,
        0,
        0,
        0x64,
        0x18,
        0x50,
        0xcb,
        ...witness.sign(new TextEncoder().encode(`cosignature/v1\ntime 1679315147\n${TEXT}`)),
      ),
    );
  });

  it('of another time does not verify', () => {
    const later = { ...witnessLine, signature: witnessLine.signature.with(7, 0xcc) };
    const note = parseNote(formatNote(TEXT, [later]));
    expect(refusalCode(() => verifyNote(nativeCrypto, note, [witnessKey]))).toBe('note-signature-invalid');
  });

  it('by a log key, or a plain signature by a witness key, does not verify', () => {
    const crossed = formatNote(TEXT, [
      { ...logLine, signature: witnessLine.signature },
      { ...witnessLine, signature: logLine.signature },
    ]);
    for (const key of [logKey, witnessKey]) {
      expect(refusalCode(() => verifyNote(nativeCrypto, parseNote(crossed), [key]))).toBe(
        'note-signature-invalid',
      );
    }
  });

  it('beyond the year 9999 is refused even if it is signed', () => {
    const far = cosignNote(TEXT, 253_402_300_800, witnessKey, (message) => witness.sign(message));
    const last = cosignNote(TEXT, 253_402_300_799, witnessKey, (message) => witness.sign(message));
    const verifyLine = (line: NoteSignature) =>
      verifyNote(nativeCrypto, parseNote(formatNote(TEXT, [line])), [witnessKey]);
    expect(refusalCode(() => verifyLine(far))).toBe('note-signature-invalid');
    expect(verifyLine(last)).toHaveLength(1);
  });

  it('too short does not verify', () => {
    for (const signature of [
      Uint8Array.of(0, 0, 0, 0, 1),
      new Uint8Array(8),
      new Uint8Array(72).fill(0xff),
    ]) {
      const note = parseNote(formatNote(TEXT, [{ ...witnessLine, signature }]));
      expect(refusalCode(() => verifyNote(nativeCrypto, note, [witnessKey]))).toBe('note-signature-invalid');
    }
  });
});

describe('checkpoint', () => {
  it('reads the published example', () => {
    const { text, signatures } = parseNote(SOFA_NOTE);
    const checkpoint = parseCheckpoint(text);
    expect(checkpoint).toMatchObject({ origin: 'example.com/behind-the-sofa', treeSize: 20852163 });
    expect(formatCheckpoint(checkpoint)).toBe(text);
    expect(signatures.map(({ keyHash }) => keyHash)).toEqual(['033de0ae', '8d66cf3f']);
  });

  it('is read back as written', () => {
    const checkpoint = fc.record({
      origin: fc.stringMatching(/^[a-z./0-9]{1,40}$/),
      treeSize: fc.maxSafeNat(),
      rootHash: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    });
    fc.assert(
      fc.property(checkpoint, (value) => {
        expect(parseCheckpoint(formatCheckpoint(value))).toEqual(value);
      }),
    );
  });

  const root = 'CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=';
  it.each([
    ['an extension line', `o\n1\n${root}\nx\n`],
    ['two lines', 'o\n1\n'],
    ['no newline at the end', `o\n1\n${root}`],
    ['an empty origin', `\n1\n${root}\n`],
    ['a leading zero', `o\n01\n${root}\n`],
    ['a sign', `o\n+1\n${root}\n`],
    ['a negative size', `o\n-1\n${root}\n`],
    ['a size of 2^53', `o\n9007199254740992\n${root}\n`],
    ['a root of 31 bytes', `o\n1\n${encodeBase64(new Uint8Array(31))}\n`],
    ['a root with trailing bits', `o\n1\n${root.replace('2I=', '2J=')}\n`],
  ])('with %s is refused', (_, text) => {
    expect(refusalCode(() => parseCheckpoint(text))).toBe('checkpoint-invalid');
  });

  it('cannot be written with an origin of two lines or a fraction of a leaf', () => {
    const rootHash = new Uint8Array(32);
    for (const value of [
      { origin: 'a\nb', treeSize: 1, rootHash },
      { origin: 'a', treeSize: 1.5, rootHash },
      { origin: 'a', treeSize: 1, rootHash: new Uint8Array(31) },
    ]) {
      expect(refusalCode(() => formatCheckpoint(value))).toBe('checkpoint-invalid');
    }
  });
});

describe('timestamp imprint', () => {
  it('is over the text, an empty line and the first signature line, whatever cosignatures follow', () => {
    const want = `${TEXT}\n${formatSignatureLine(logLine)}`;
    for (const lines of [[logLine], [logLine, witnessLine]]) {
      expect(new TextDecoder().decode(timestampImprintInput(formatNote(TEXT, lines)))).toBe(want);
    }
  });
});
