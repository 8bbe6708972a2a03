import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { portableCrypto } from '@cunzheng/crypto';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { computeEntry, ENTRY_SIZE, EntryType, LedgerError, parseEntry } from '@cunzheng/ledger';

const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof LedgerError) return error.code;
    throw error;
  }
  return 'no error';
};

describe('entries', () => {
  it('have the layout 43 5a 01, type, SHA-256, SM3', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.constantFrom(...Object.values(EntryType)),
        (body, type) => {
          const want = Buffer.concat([
            Buffer.from([0x43, 0x5a, 0x01, type]),
            createHash('sha256').update(body).digest(),
            createHash('sm3').update(body).digest(),
          ]);
          for (const crypto of [portableCrypto, nativeCrypto]) {
            const entry = computeEntry(crypto, type, body);
            expect(Buffer.from(entry)).toEqual(want);
            expect(parseEntry(entry).type).toBe(type);
            expect(Buffer.concat([parseEntry(entry).sha256, parseEntry(entry).sm3])).toEqual(
              want.subarray(4),
            );
          }
        },
      ),
    );
  });

  it('match the published SHA-256 and SM3 vectors for "abc"', () => {
    const entry = computeEntry(portableCrypto, EntryType.record, new TextEncoder().encode('abc'));
    expect(Buffer.from(entry).toString('hex')).toBe(
      '435a0101' +
        'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' +
        '66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0',
    );
  });

  it('of unknown types are let through, for hashing', () => {
    const entry = computeEntry(portableCrypto, EntryType.record, new Uint8Array());
    entry[3] = 0x7f;
    expect(parseEntry(entry).type).toBe(0x7f);
  });

  it('of another length or prefix are refused', () => {
    const entry = computeEntry(portableCrypto, EntryType.record, new Uint8Array());
    for (const length of [0, 67, 69, 136]) {
      expect(codeOf(() => parseEntry(new Uint8Array(length)))).toBe('entry-invalid');
    }
    for (const at of [0, 1, 2]) {
      const other = entry.slice();
      other[at]! ^= 1;
      expect(codeOf(() => parseEntry(other))).toBe('entry-invalid');
    }
    expect(entry).toHaveLength(ENTRY_SIZE);
  });
});
