/** Lower-case hexadecimal, the only form hashes and nonces have in Cunzheng's JSON. */
const PAIRS: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
const LOWER_HEX = /^[0-9a-f]*$/;

/** Two lower-case digits per byte. */
export function encodeHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += PAIRS[byte] ?? '';
  return text;
}

/** Whether a text is `sizeBytes` bytes in lower-case hex. */
export function isHex(text: string, sizeBytes: number): boolean {
  return text.length === 2 * sizeBytes && LOWER_HEX.test(text);
}

/** The bytes of a text for which {@link isHex} holds. */
export function decodeHex(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length >> 1);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = (digit(text.charCodeAt(2 * i)) << 4) | digit(text.charCodeAt(2 * i + 1));
  }
  return bytes;
}

function digit(code: number): number {
  return code <= 0x39 ? code - 0x30 : code - 0x57;
}
