/** Writes DER around parts that are DER already: tag, shortest definite length, content (X.690 §8.1, §10.1). */

export const TAG = {
  integer: 0x02,
  octetString: 0x04,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
  /** `[0]`, constructed. */
  context0: 0xa0,
} as const;

/** Content of less than 2^24 bytes. */
export function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([Uint8Array.from([tag, ...lengthOctets(length)]), ...parts]);
}

function lengthOctets(length: number): number[] {
  if (length < 0x80) return [length];
  if (length < 0x100) return [0x81, length];
  if (length < 0x1_0000) return [0x82, length >> 8, length & 0xff];
  return [0x83, length >> 16, (length >> 8) & 0xff, length & 0xff];
}

/** A positive INTEGER in as few octets as it takes (X.690 §8.3.2). */
export function derInteger(value: bigint): Buffer {
  const digits = value.toString(16);
  const bytes = Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex');
  return (bytes[0] ?? 0) < 0x80 ? der(TAG.integer, bytes) : der(TAG.integer, Uint8Array.of(0), bytes);
}

/** GeneralizedTime in UTC, its fraction without trailing zeros (X.690 §11.7). */
export function derTime(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/[-:TZ]/g, '');
  return der(TAG.generalizedTime, Buffer.from(`${digits.replace(/\.?0*$/, '')}Z`, 'latin1'));
}
