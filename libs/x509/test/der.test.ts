/** Strict DER: one encoding per value, and limits that no input gets around. */
import { DER_LIMITS, DerReader, parseDer, parseGeneralizedTime } from '@cunzheng/x509';
import fc from 'fast-check';

import { refusalCode } from './refusal.js';

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'));

describe('DER', () => {
  it.each([
    ['a sequence', '30 03 02 01 05'],
    ['an empty sequence', '30 00'],
    ['a length in one further octet', `04 81 80 ${'00'.repeat(128)}`],
    ['a negative integer', '02 01 80'],
    ['a positive integer with a sign octet', '02 02 00 80'],
    ['a bit string with unused bits', '03 02 04 f0'],
    ['a set in order', '31 06 02 01 01 02 01 02'],
    ['a UTCTime', `17 0d ${Buffer.from('261120080000Z').toString('hex')}`],
  ])('takes %s', (_, encoded) => {
    expect(parseDer(hex(encoded)).bytes).toEqual(hex(encoded));
  });

  it.each([
    ['nothing', ''],
    ['a cut header', '30'],
    ['a cut content', '04 02 00'],
    ['bytes behind the end', '05 00 00'],
    ['an indefinite length', '30 80 00 00'],
    ['a long length below 128', '04 81 01 00'],
    ['a length with a leading zero', `04 82 00 80 ${'00'.repeat(128)}`],
    ['a tag number in long form', '1f 1f 00'],
    ['a constructed octet string', '24 03 04 01 00'],
    ['a primitive sequence', '10 00'],
    ['TRUE as 1', '01 01 01'],
    ['a padded integer', '02 02 00 05'],
    ['a padded negative integer', '02 02 ff 80'],
    ['an empty integer', '02 00'],
    ['unused bits that are set', '03 02 04 ff'],
    ['eight unused bits', '03 02 08 00'],
    ['a NULL with content', '05 01 00'],
    ['an object identifier with a padded arc', '06 03 2a 80 01'],
    ['an object identifier that ends early', '06 02 2a 81'],
    ['a set out of order', '31 06 02 01 02 02 01 01'],
    ['a day that does not exist', `17 0d ${Buffer.from('260230080000Z').toString('hex')}`],
    ['a UTCTime without seconds', `17 0b ${Buffer.from('2611200800Z').toString('hex')}`],
    ['a time zone', `18 13 ${Buffer.from('20261120080000+0800').toString('hex')}`],
    ['a fraction that ends in zero', `18 11 ${Buffer.from('20261120080000.0Z').toString('hex')}`],
    ['text that is not UTF-8', '0c 02 c3 28'],
    ['an element of no type', '00 00'],
  ])('refuses %s', (_, encoded) => {
    expect(refusalCode(() => parseDer(hex(encoded)))).toBe('der-invalid');
  });

  it('refuses what is too large, too deep or of too many parts', () => {
    const nest = (depth: number): string => (depth === 0 ? '' : tlv('30', nest(depth - 1)));
    expect(refusalCode(() => parseDer(hex(nest(DER_LIMITS.depth + 2))))).toBe('der-limit');
    expect(refusalCode(() => parseDer(new Uint8Array(DER_LIMITS.sizeBytes + 1)))).toBe('der-limit');
    expect(refusalCode(() => parseDer(hex(tlv('30', '0500'.repeat(DER_LIMITS.nodes)))))).toBe('der-limit');
  });

  it('reads times to the millisecond, rounding up what is finer', () => {
    const read = (text: string): number | undefined => parseGeneralizedTime(Buffer.from(text));
    expect(read('20261120080000Z')).toBe(Date.UTC(2026, 10, 20, 8));
    expect(read('20261120080000.12Z')).toBe(Date.UTC(2026, 10, 20, 8, 0, 0, 120));
    expect(read('20261120080000.1230001Z')).toBe(Date.UTC(2026, 10, 20, 8, 0, 0, 124));
    expect(read('20261120080060Z')).toBeUndefined();
    expect(read('20261120240000Z')).toBeUndefined();
  });

  it('a reader wants each member in its place and nothing behind', () => {
    const reader = (): DerReader => DerReader.parse(hex('30 06 02 01 05 06 01 2a'), 'pair');
    const whole = reader();
    expect([whole.smallInteger('number'), whole.oid('name')]).toEqual([5, '1.2']);
    whole.end();
    expect(refusalCode(() => reader().oid('name'))).toBe('structure-invalid');
    const half = reader();
    half.integer('number');
    expect(
      refusalCode(() => {
        half.end();
      }),
    ).toBe('structure-invalid');
  });

  it('whatever passes is the encoding of what was read', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          const node = parseDer(bytes);
          expect(node.bytes).toEqual(bytes);
        } catch (error) {
          expect(error).toHaveProperty('name', 'X509Error');
        }
      }),
      { seed: 3161, numRuns: 3000 },
    );
  });
});

function tlv(tag: string, content: string): string {
  const size = content.length / 2;
  const octets = size.toString(16).padStart(size.toString(16).length + (size.toString(16).length % 2), '0');
  return size < 128
    ? tag + size.toString(16).padStart(2, '0') + content
    : tag + (0x80 + octets.length / 2).toString(16) + octets + content;
}
