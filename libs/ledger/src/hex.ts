/** Lower-case hexadecimal, the spelling of every hash in a hashed JSON document. */

const DIGITS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

export function formatHex(bytes: Uint8Array): string {
  let hex = '';
  for (const byte of bytes) hex += DIGITS[byte] as string;
  return hex;
}

/** Whether `text` is the lower-case hex of 32 bytes. */
export function isHash(text: unknown): text is string {
  return typeof text === 'string' && /^[0-9a-f]{64}$/.test(text);
}
