/** What a log and a witness send each other: C2SP tlog-witness, `add-checkpoint`. */
import { nativeCrypto } from '@cunzheng/crypto/node';
import {
  cosignNote,
  encodeBase64,
  formatAddCheckpointRequest,
  formatAddCheckpointResponse,
  formatNote,
  formatSignatureLine,
  MAX_ADD_CHECKPOINT_LENGTH,
  type NoteSignature,
  parseAddCheckpointRequest,
  parseAddCheckpointResponse,
  parseNote,
  signNote,
  TLOG_SIZE_TYPE,
  verifyNote,
} from '@cunzheng/receipt';
import fc from 'fast-check';

import { verifierKey } from './build-receipt.js';
import { testKey } from './ed25519-key.js';
import { mlDsaTestKey } from './ml-dsa-key.js';
import { sha256 } from './naive-tree.js';
import { refusalCode } from './refusal.js';
import { decide, logKey, noteAt, requestOf, stateAt } from './witnessed-log.js';

describe('request', () => {
  /** The example of C2SP tlog-witness. */
  const EXAMPLE =
    'old 20852014\n' +
    'PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n' +
    'jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n' +
    '5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n' +
    '/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n' +
    '\n' +
    'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n' +
    '\n' +
    '— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n' +
    '— example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=\n';

  it('of the specification is read and written back', () => {
    const request = parseAddCheckpointRequest(EXAMPLE);
    expect(request.oldSize).toBe(20852014);
    expect(request.proof).toHaveLength(4);
    expect(parseNote(request.checkpoint).signatures).toHaveLength(2);
    expect(formatAddCheckpointRequest(request)).toBe(EXAMPLE);
    expect(decide(EXAMPLE, null)).toMatchObject({ status: 404 });
  });

  it('is read back as written', () => {
    const request = fc.record({
      oldSize: fc.maxSafeNat(),
      proof: fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { maxLength: 63 }),
      checkpoint: fc.string(),
    });
    fc.assert(
      fc.property(request, (value) => {
        expect(parseAddCheckpointRequest(formatAddCheckpointRequest(value))).toEqual(value);
      }),
    );
  });

  const hash = encodeBase64(new Uint8Array(32));
  const malformed: [what: string, body: string][] = [
    ['nothing', ''],
    ['a note alone', noteAt(1)],
    ['no empty line', `old 0\n${noteAt(1).replaceAll('\n\n', '\n')}`],
    ['no old size', `\n${noteAt(1)}`],
    ['another keyword', `size 0\n\n${noteAt(1)}`],
    ['an old size with a leading zero', `old 00\n\n${noteAt(1)}`],
    ['a sign', `old +1\n\n${noteAt(1)}`],
    ['an old size of 2^53', `old 9007199254740992\n\n${noteAt(1)}`],
    ['two spaces', `old  0\n\n${noteAt(1)}`],
    ['a carriage return', `old 0\r\n\r\n${noteAt(1)}`],
    ['a hash of 31 bytes', `old 1\n${encodeBase64(new Uint8Array(31))}\n\n${noteAt(2)}`],
    ['a hash with trailing bits', `old 1\n${hash.slice(0, -2)}B=\n\n${noteAt(2)}`],
    ['64 hashes', `old 1\n${`${hash}\n`.repeat(64)}\n${noteAt(2)}`],
    ['too many characters', `old 0\n\n${'x'.repeat(MAX_ADD_CHECKPOINT_LENGTH)}`],
  ];
  it.each(malformed)('with %s is refused', (_, body) => {
    expect(refusalCode(() => parseAddCheckpointRequest(body))).toBe('witness-request');
    expect(decide(body, null)).toMatchObject({ status: 400, code: 'request' });
  });

  it('cannot be written with what cannot be read', () => {
    const checkpoint = noteAt(1);
    for (const value of [
      { oldSize: -1, proof: [], checkpoint },
      { oldSize: 0.5, proof: [], checkpoint },
      { oldSize: 1, proof: [new Uint8Array(31)], checkpoint },
      { oldSize: 1, proof: Array.from({ length: 64 }, () => new Uint8Array(32)), checkpoint },
    ]) {
      expect(refusalCode(() => formatAddCheckpointRequest(value))).toBe('witness-request');
    }
  });

  it('has room for the largest note and proof', () => {
    const hashes = Array.from({ length: 63 }, () => new Uint8Array(32).fill(0xff));
    const oldSize = Number.MAX_SAFE_INTEGER;
    const checkpoint = 'x'.repeat(262_144);
    const body = formatAddCheckpointRequest({ oldSize, proof: hashes, checkpoint });
    expect(body.length).toBeLessThanOrEqual(MAX_ADD_CHECKPOINT_LENGTH);
  });
});

describe('response', () => {
  const edKey = testKey(2);
  const pqKey = mlDsaTestKey(2);
  const ed = verifierKey('witness.example/w1', 'cosignature/v1', edKey);
  const pq = verifierKey('witness.example/w1', 'subtree/v1', pqKey);
  const stranger = verifierKey('witness.example/w2', 'cosignature/v1', edKey);
  const note = noteAt(9);
  const { text } = parseNote(note);
  const edLine = cosignNote(text, 7, ed, (message) => edKey.sign(message));
  const pqLine = cosignNote(text, 7, pq, (message) => pqKey.sign(message));
  const strangerLine = cosignNote(text, 7, stranger, (message) => edKey.sign(message));
  const parse = (status: number, body: string, contentType = '', keys = [ed, pq]) =>
    parseAddCheckpointResponse(nativeCrypto, { status, contentType, body }, note, keys);
  const body = (...lines: NoteSignature[]): string => lines.map(formatSignatureLine).join('');

  it('carries cosignatures of both kinds', () => {
    const response = formatAddCheckpointResponse(decide(requestOf(5, 9), stateAt(5)), [edLine, pqLine]);
    expect(response).toMatchObject({ status: 200, body: body(edLine, pqLine) });
    const outcome = parseAddCheckpointResponse(nativeCrypto, response, note, [ed, pq]);
    expect(outcome).toEqual({ outcome: 'cosigned', lines: [edLine, pqLine] });
    const cosigned = parseNote(formatNote(text, [...parseNote(note).signatures, edLine, pqLine]));
    expect(verifyNote(nativeCrypto, cosigned, [logKey, ed, pq])).toHaveLength(3);
  });

  it('carries the size of a conflict', () => {
    const response = formatAddCheckpointResponse(decide(requestOf(4, 9), stateAt(5)));
    expect(response).toEqual({ status: 409, contentType: TLOG_SIZE_TYPE, body: '5\n' });
    expect(parseAddCheckpointResponse(nativeCrypto, response, note, [ed])).toEqual({
      outcome: 'conflict',
      size: 5,
    });
  });

  it.each([
    ['0\n', 0],
    ['9007199254740991\n', Number.MAX_SAFE_INTEGER],
  ])('of a conflict at %j is read', (given, size) => {
    expect(parse(409, given, 'Text/X.tlog.size; charset=utf-8')).toEqual({ outcome: 'conflict', size });
  });

  it.each(['', '\n', '5', '05\n', '5\n\n', '-1\n', ' 5\n', '9007199254740992\n', '5\n6\n'])(
    'of a conflict at %j is refused',
    (given) => {
      expect(refusalCode(() => parse(409, given, TLOG_SIZE_TYPE))).toBe('witness-response');
    },
  );

  it('of any other kind is a refusal, and so is a conflict without a size', () => {
    const response = formatAddCheckpointResponse(
      decide(requestOf(9, 9, { checkpoint: noteAt(9, sha256()) }), stateAt(9)),
    );
    expect(response.status).toBe(422);
    expect(response.contentType).toMatch(/^text\/plain/);
    expect(parseAddCheckpointResponse(nativeCrypto, response, note, [ed])).toEqual({
      outcome: 'refused',
      status: 422,
    });
    for (const status of [204, 302, 400, 403, 404, 409, 429, 500, 503]) {
      expect(parse(status, '5\n', 'text/plain')).toEqual({ outcome: 'refused', status });
    }
  });

  it('loses lines of unknown keys', () => {
    const given = body(strangerLine, { ...edLine, keyHash: '00000000' }, edLine);
    expect(parse(200, given)).toEqual({ outcome: 'cosigned', lines: [edLine] });
    expect(refusalCode(() => parse(200, body(strangerLine)))).toBe('note-unsigned');
  });

  const timeless = signNote(text, pq, (message) => pqKey.sign(message));
  const bad = { ...edLine, signature: strangerLine.signature.with(7, 9) };
  const logLine = parseNote(note).signatures[0]!;
  it.each([
    ['no lines', '', 'note-malformed'],
    ['no newline', body(edLine).slice(0, -1), 'note-malformed'],
    ['an empty line before', `\n${body(edLine)}`, 'witness-response'],
    ['a whole note', formatNote(text, [edLine]), 'witness-response'],
    ['something else', '<html>\n', 'note-malformed'],
    ['too much', body(edLine).repeat(65), 'note-malformed'],
    ['far too much', 'x'.repeat(300_000), 'note-too-large'],
    ["the log's own line", body(logLine), 'note-unsigned'],
    ['a bad line of a known witness', body(bad), 'note-signature-invalid'],
    ['a bad line beside a good one', body(pqLine, bad), 'note-signature-invalid'],
    [
      'a cosignature of another checkpoint',
      body(cosignNote(parseNote(noteAt(8)).text, 7, ed, (message) => edKey.sign(message))),
      'note-signature-invalid',
    ],
    ['a cosignature without a time', body(timeless), 'witness-response'],
  ])('with %s is refused', (_, given, code) => {
    expect(refusalCode(() => parse(200, given))).toBe(code);
  });
});
