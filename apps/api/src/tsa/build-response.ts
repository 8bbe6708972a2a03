/** TimeStampResp in DER: RFC 3161 §2.4.2, with a token, or with what was wrong with the query. */
import { FAILURE_BITS } from '@cunzheng/timestamp';
import { BitString, Integer, Sequence, Utf8String } from 'asn1js';
import { der, TAG } from './der.js';
import { type QueryRefusal } from './query-rules.js';

/** PKIStatusInfo of status 0. */
const GRANTED = der(TAG.sequence, der(TAG.integer, Uint8Array.of(0)));
const REJECTION = 2;

export function buildGrant(token: Uint8Array): Uint8Array {
  return der(TAG.sequence, GRANTED, token);
}

export function buildRejection({ failure, text }: QueryRefusal): Uint8Array {
  const status = new Sequence({
    value: [
      new Integer({ value: REJECTION }),
      new Sequence({ value: [new Utf8String({ value: text })] }),
      failureBits(FAILURE_BITS[failure]),
    ],
  });
  return new Uint8Array(new Sequence({ value: [status] }).toBER());
}

/** A named bit list without trailing zeros (X.690 §11.2.2). */
function failureBits(bit: number): BitString {
  const bytes = new Uint8Array((bit >> 3) + 1);
  bytes[bit >> 3] = 0x80 >> (bit & 7);
  return new BitString({ valueHex: bytes, unusedBits: 7 - (bit & 7) });
}
