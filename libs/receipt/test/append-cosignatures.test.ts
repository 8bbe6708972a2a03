import { nativeCrypto } from '@cunzheng/crypto/node';
import {
  appendCosignatures,
  cosignNote,
  formatCheckpoint,
  formatNote,
  type NoteSignature,
  parseNote,
  signNote,
  timestampImprintInput,
  type VerifierKey,
  verifyNote,
} from '@cunzheng/receipt';
import { ml_dsa44 } from '@noble/post-quantum/ml-dsa.js';
import fc from 'fast-check';

import { verifierKey } from './build-receipt.js';
import { type TestKey, testKey } from './ed25519-key.js';
import { mlDsaTestKey } from './ml-dsa-key.js';
import { refusalCode } from './refusal.js';

const ORIGIN = 'log.example/logs/a';
const log = testKey(1);
const logKey = verifierKey(ORIGIN, 'ed25519', log);
const second = mlDsaTestKey(2);
const TEXT = formatCheckpoint({ origin: ORIGIN, treeSize: 7, rootHash: new Uint8Array(32).fill(7) });
const logLine = signNote(TEXT, logKey, (message) => log.sign(message));
const secondLine = signNote(TEXT, verifierKey(ORIGIN, 'subtree/v1', second), (message) =>
  second.sign(message),
);

interface Witness {
  readonly key: VerifierKey;
  cosign(seconds: number, text?: string): NoteSignature;
}

function witness(name: string, type: 'cosignature/v1' | 'subtree/v1', testKey: TestKey): Witness {
  const key = verifierKey(name, type, testKey);
  return {
    key,
    cosign: (seconds, text = TEXT) => cosignNote(text, seconds, key, (message) => testKey.sign(message)),
  };
}

const a = witness('a.example', 'cosignature/v1', testKey(3));
const b = witness('b.example', 'subtree/v1', mlDsaTestKey(4));
const c = witness('c.example', 'cosignature/v1', testKey(5));
const stranger = witness('a.example', 'cosignature/v1', testKey(6));
const KEYS = [a.key, b.key, c.key];

const note = formatNote(TEXT, [logLine, secondLine]);
const append = (to: string, lines: readonly NoteSignature[], keys = KEYS): string =>
  appendCosignatures(nativeCrypto, to, lines, keys);
const linesOf = (of: string): readonly NoteSignature[] => parseNote(of).signatures;

describe('appendCosignatures', () => {
  it("keeps the log's lines first and adds witnesses in the order of their keys", () => {
    const made = append(note, [c.cosign(3), b.cosign(2), a.cosign(1)]);
    expect(linesOf(made)).toEqual([logLine, secondLine, a.cosign(1), b.cosign(2), c.cosign(3)]);
    expect(timestampImprintInput(made)).toEqual(timestampImprintInput(note));
    expect(verifyNote(nativeCrypto, parseNote(made), [logKey, ...KEYS])).toHaveLength(4);
  });

  it('gives the same note whatever the order and the number of steps', () => {
    const lines = [a.cosign(5), b.cosign(6), c.cosign(7), stranger.cosign(8)];
    const want = append(note, lines);
    fc.assert(
      fc.property(fc.shuffledSubarray(lines, { minLength: 4 }), fc.nat(4), (shuffled, cut) => {
        expect(append(append(note, shuffled.slice(0, cut)), shuffled.slice(cut))).toBe(want);
        expect(append(want, shuffled)).toBe(want);
      }),
      { numRuns: 30 },
    );
  });

  it('takes the earliest of several new lines of one key', () => {
    for (const lines of [
      [a.cosign(9), a.cosign(8)],
      [a.cosign(8), a.cosign(9)],
    ]) {
      expect(linesOf(append(note, lines))).toEqual([logLine, secondLine, a.cosign(8)]);
    }
  });

  it('decides between two signatures of one second by their text', () => {
    const { secretKey } = ml_dsa44.keygen(new Uint8Array(32).fill(4));
    const [x, y] = [1, 2].map((entropy) =>
      cosignNote(TEXT, 8, b.key, (message) =>
        ml_dsa44.sign(message, secretKey, { extraEntropy: new Uint8Array(32).fill(entropy) }),
      ),
    );
    expect(x).not.toEqual(y);
    expect(linesOf(append(note, [x!, y!]))).toHaveLength(3);
    expect(append(note, [x!, y!])).toBe(append(note, [y!, x!]));
  });

  it('keeps the line a key has, even if a new one is earlier', () => {
    const cosigned = append(note, [a.cosign(9)]);
    expect(append(cosigned, [a.cosign(1)])).toBe(cosigned);
  });

  it('leaves out what does not count', () => {
    const good = a.cosign(9);
    const bad = { ...c.cosign(9), signature: good.signature };
    const otherText = c.cosign(9, TEXT.replace('\n7\n', '\n8\n'));
    const timeless = signNote(TEXT, b.key, (message) => mlDsaTestKey(4).sign(message));
    const lines = [bad, otherText, timeless, stranger.cosign(1), logLine, good];
    expect(linesOf(append(note, lines))).toEqual([logLine, secondLine, good]);
    expect(append(note, [])).toBe(note);
    expect(append(note, [good], [])).toBe(note);
  });

  it('takes a good line beside a bad one of the same key', () => {
    const bad = { ...a.cosign(1), signature: a.cosign(2).signature.with(7, 1) };
    expect(linesOf(append(note, [bad, a.cosign(3)]))).toEqual([logLine, secondLine, a.cosign(3)]);
  });

  it('counts a key that is given twice once, and a key that signed twice once', () => {
    expect(linesOf(append(note, [a.cosign(1)], [a.key, a.key]))).toHaveLength(3);
    const twice = formatNote(TEXT, [logLine, a.cosign(1), a.cosign(2)]);
    expect(linesOf(append(twice, []))).toEqual([logLine, a.cosign(1)]);
  });

  it('drops lines of strangers from the note itself', () => {
    const mixed = formatNote(TEXT, [logLine, stranger.cosign(1), a.cosign(2)]);
    expect(linesOf(append(mixed, [c.cosign(3)]))).toEqual([logLine, a.cosign(2), c.cosign(3)]);
  });

  it.each([
    [
      'a bad line of a witness',
      formatNote(TEXT, [logLine, { ...a.cosign(1), signature: logLine.signature }]),
    ],
  ])('refuses a note with %s', (_, given) => {
    expect(refusalCode(() => append(given, []))).toBe('note-signature-invalid');
  });

  it.each([
    ['without a line of the log', formatNote(TEXT, [a.cosign(1)])],
    ['whose log line is not the first', formatNote(TEXT, [a.cosign(1), logLine])],
    ['that is no checkpoint', formatNote('a text\n', [logLine])],
  ])('refuses a note %s', (_, given) => {
    expect(refusalCode(() => append(given, [a.cosign(1)]))).toBe('checkpoint-invalid');
  });
});
