/** What a witness decides, and a log and a witness end to end without a network. */
import { portableCrypto } from '@cunzheng/crypto';
import { nativeCrypto } from '@cunzheng/crypto/node';
import {
  cosignNote,
  type CosignRefusal,
  decideCosign,
  formatCheckpoint,
  formatNote,
  type NoteSignature,
  parseCheckpoint,
  parseNote,
  signNote,
  type WitnessState,
} from '@cunzheng/receipt';
import fc from 'fast-check';

import { verifierKey } from './build-receipt.js';
import { mlDsaTestKey } from './ml-dsa-key.js';
import { sha256 } from './naive-tree.js';
import {
  decide,
  log,
  logKey,
  MAX_SIZE,
  noteAt,
  ORIGIN,
  proofFrom,
  requestOf,
  rootAt,
  stateAt,
} from './witnessed-log.js';

const second = mlDsaTestKey(1);
const secondKey = verifierKey(ORIGIN, 'subtree/v1', second);

describe('decision', () => {
  it.each([
    ['native', nativeCrypto],
    ['portable', portableCrypto],
  ])('cosigns every growth that is proven, with %s crypto', (_, crypto) => {
    for (let size = 0; size <= MAX_SIZE; size += crypto === nativeCrypto ? 1 : 7) {
      for (let old = 0; old <= size; old++) {
        const input = { logKeys: [logKey], state: stateAt(old), request: requestOf(old, size) };
        expect(decideCosign(crypto, input)).toEqual({
          status: 200,
          checkpoint: { origin: ORIGIN, treeSize: size, rootHash: rootAt(size) },
          noteText: parseNote(noteAt(size)).text,
          note: noteAt(size),
        });
      }
    }
  });

  it('cosigns the first checkpoint it sees, of any size', () => {
    for (const size of [0, 1, MAX_SIZE]) expect(decide(requestOf(0, size), null).status).toBe(200);
  });

  it('cosigns the same checkpoint again', () => {
    expect(decide(requestOf(7, 7), stateAt(7)).status).toBe(200);
    expect(decide(requestOf(0, 0), stateAt(0)).status).toBe(200);
  });

  it('takes any of the keys trusted for the log', () => {
    const text = formatCheckpoint({ origin: ORIGIN, treeSize: 3, rootHash: rootAt(3) });
    const line = signNote(text, secondKey, (message) => second.sign(message));
    const request = requestOf(0, 3, { checkpoint: formatNote(text, [line]) });
    expect(decide(request, null, [logKey, secondKey]).status).toBe(200);
    expect(decide(request, null)).toMatchObject({ status: 403, code: 'log-signature' });
  });

  it('says the size it has, whatever the proof is worth', () => {
    for (const [old, size, have] of [
      [0, 9, 5],
      [4, 9, 5],
      [6, 9, 5],
      [0, 3, 5],
      [3, 3, 5],
    ] as const) {
      expect(decide(requestOf(old, size), stateAt(have))).toMatchObject({ status: 409, size: have });
    }
    expect(decide(requestOf(4, 9), null)).toMatchObject({ status: 409, size: 0 });
    expect(decide(requestOf(4, 9, { proof: [] }), stateAt(5))).toMatchObject({ status: 409 });
  });

  const otherRoot = sha256(Uint8Array.of(99));
  const lineOf = (note: string): NoteSignature => parseNote(note).signatures[0]!;
  const { text } = parseNote(noteAt(9));
  const forged = { ...lineOf(noteAt(9)), signature: lineOf(noteAt(8)).signature };
  const witnessed = cosignNote(text, 1, verifierKey('w.example', 'cosignature/v1', log), (message) =>
    log.sign(message),
  );
  const p59 = proofFrom(5, 9);
  const refused: [
    what: string,
    status: number,
    code: CosignRefusal,
    request: string,
    state: WitnessState | null,
  ][] = [
    [
      'a checkpoint with an extension line',
      400,
      'request',
      `old 0\n\n${noteAt(9).replace('\n\n', '\nx\n\n')}`,
      null,
    ],
    ['no note', 400, 'request', 'old 0\n\nx\n', null],
    [
      'another log',
      404,
      'origin-unknown',
      requestOf(0, 9, { checkpoint: noteAt(9, rootAt(9), 'log.example/logs/b') }),
      null,
    ],
    [
      'a line of an unknown key alone',
      403,
      'log-signature',
      requestOf(0, 9, { checkpoint: formatNote(text, [{ ...lineOf(noteAt(9)), keyHash: '00000000' }]) }),
      null,
    ],
    [
      'a bad line of the log',
      403,
      'log-signature',
      requestOf(0, 9, { checkpoint: formatNote(text, [forged]) }),
      null,
    ],
    [
      'a bad line of the log beside a good one',
      403,
      'log-signature',
      requestOf(0, 9, { checkpoint: formatNote(text, [lineOf(noteAt(9)), forged]) }),
      null,
    ],
    [
      "a witness's line with the log's key",
      403,
      'log-signature',
      requestOf(0, 9, { checkpoint: formatNote(text, [witnessed]) }),
      null,
    ],
    ['an old size beyond the tree', 400, 'old-size', requestOf(10, 9), stateAt(5)],
    ['an old size beyond the tree that the witness has', 400, 'old-size', requestOf(10, 9), stateAt(10)],
    [
      'an empty tree with a root',
      422,
      'empty-tree',
      requestOf(0, 0, { checkpoint: noteAt(0, otherRoot) }),
      null,
    ],
    ['a proof from nothing', 422, 'proof', requestOf(0, 9, { proof: p59 }), null],
    ['a proof from size 0', 422, 'proof', requestOf(0, 9, { proof: p59 }), stateAt(0)],
    ['a proof from nothing to nothing', 422, 'proof', requestOf(0, 0, { proof: [otherRoot] }), null],
    [
      'another root of the same size',
      422,
      'fork',
      requestOf(9, 9, { checkpoint: noteAt(9, otherRoot) }),
      stateAt(9),
    ],
    [
      'another root of the same size, with a proof',
      422,
      'fork',
      requestOf(9, 9, { checkpoint: noteAt(9, otherRoot), proof: p59 }),
      stateAt(9),
    ],
    ['a proof between equal trees', 422, 'proof', requestOf(9, 9, { proof: p59 }), stateAt(9)],
    ['no proof', 422, 'proof', requestOf(5, 9, { proof: [] }), stateAt(5)],
    ['a hash too few', 422, 'proof', requestOf(5, 9, { proof: p59.slice(1) }), stateAt(5)],
    ['a hash too many', 422, 'proof', requestOf(5, 9, { proof: [...p59, otherRoot] }), stateAt(5)],
    ['the proof of another size', 422, 'proof', requestOf(5, 9, { proof: proofFrom(6, 9) }), stateAt(5)],
    [
      'a new tree that does not begin with the old',
      422,
      'proof',
      requestOf(5, 9, { checkpoint: noteAt(9, otherRoot) }),
      stateAt(5),
    ],
    [
      'an old tree that is not the one cosigned',
      422,
      'proof',
      requestOf(5, 9),
      { size: 5, rootHash: otherRoot },
    ],
  ];
  it.each(refused)('refuses %s: %p %s', (_, status, code, request, state) => {
    const decision = decide(request, state);
    expect(decision).toMatchObject({ status, code });
    expect(decision).toHaveProperty('reason', expect.stringMatching(/./) as string);
  });

  it('ignores lines of unknown keys, whatever they hold', () => {
    const lines = [lineOf(noteAt(9)), { ...witnessed, keyHash: '00000000' }, witnessed];
    const request = requestOf(5, 9, { checkpoint: formatNote(text, lines) });
    expect(decide(request, stateAt(5)).status).toBe(200);
  });

  it('trusts no key for another log', () => {
    const otherLog = verifierKey('log.example/logs/b', 'ed25519', log);
    expect(decide(requestOf(0, 9), null, [otherLog]).status).toBe(404);
    expect(decide(requestOf(0, 9), null, []).status).toBe(404);
  });

  it('never throws and never cosigns on changed bytes', () => {
    const request = requestOf(5, 9);
    const state = stateAt(5);
    const change = fc.tuple(
      fc.nat(request.length - 1),
      fc.string({ minLength: 0, maxLength: 2, unit: 'binary' }),
    );
    fc.assert(
      fc.property(change, ([at, by]) => {
        const changed = request.slice(0, at) + by + request.slice(at + 1);
        fc.pre(changed !== request);
        expect(decide(changed, state).status).not.toBe(200);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a log and a witness', () => {
  it('go on together through any sequence of requests, and the tree never shrinks', () => {
    const steps = fc.array(fc.tuple(fc.nat(MAX_SIZE), fc.nat(MAX_SIZE)), { maxLength: 12 });
    fc.assert(
      fc.property(steps, (requests) => {
        let state: WitnessState | null = null;
        for (const [hint, size] of requests) {
          let decision = decide(requestOf(hint, size), state);
          if (decision.status === 409 && decision.size <= size) {
            decision = decide(requestOf(decision.size, size), state);
            expect(decision.status).toBe(200);
          }
          const have: number = state?.size ?? 0;
          if (decision.status !== 200) {
            expect(hint > size || have > size).toBe(true);
            continue;
          }
          const { treeSize, rootHash } = parseCheckpoint(decision.noteText);
          expect(treeSize).toBeGreaterThanOrEqual(have);
          state = { size: treeSize, rootHash };
        }
      }),
      { numRuns: 60 },
    );
  });
});
