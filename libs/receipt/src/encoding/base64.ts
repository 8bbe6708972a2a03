/**
 * Base64 and base64url, RFC 4648 §4 and §5, with one text per byte string: standard base64 is padded, base64url is not,
 * and both refuse white space, foreign characters and non-zero trailing bits. Written out because the pure libraries have
 * no platform encoder and records are made on a hot path.
 */
const STANDARD = toCodes('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');
const URL_SAFE = toCodes('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_');
const PAD = 0x3d;
const FOREIGN = 64;
const decoder = new TextDecoder();

const STANDARD_VALUES = toValues(STANDARD);
const URL_SAFE_VALUES = toValues(URL_SAFE);

/** Padded standard base64. */
export function encodeBase64(bytes: Uint8Array): string {
  const codes = new Uint8Array(Math.ceil(bytes.length / 3) * 4).fill(PAD);
  fillCodes(bytes, STANDARD, codes);
  return decoder.decode(codes);
}

/** Unpadded base64url. */
export function encodeBase64Url(bytes: Uint8Array): string {
  return decoder.decode(encodeBase64UrlAscii(bytes));
}

/** Unpadded base64url as ASCII bytes, for a caller that hashes them as well. */
export function encodeBase64UrlAscii(bytes: Uint8Array): Uint8Array {
  const codes = new Uint8Array(Math.ceil((bytes.length * 4) / 3));
  fillCodes(bytes, URL_SAFE, codes);
  return codes;
}

/** The bytes of padded standard base64, or undefined if the text is not exactly what {@link encodeBase64} writes. */
export function decodeBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  return decodeUnpadded(text, text.length - padding, STANDARD_VALUES);
}

/** The bytes of unpadded base64url, or undefined if the text is not exactly what {@link encodeBase64Url} writes. */
export function decodeBase64Url(text: string): Uint8Array | undefined {
  return decodeUnpadded(text, text.length, URL_SAFE_VALUES);
}

function fillCodes(bytes: Uint8Array, alphabet: Uint8Array, codes: Uint8Array): void {
  const code = (sextet: number): number => alphabet[sextet & 63] ?? 0;
  const whole = bytes.length - (bytes.length % 3);
  let to = 0;
  for (let from = 0; from < whole; from += 3) {
    const triple = (at(bytes, from) << 16) | (at(bytes, from + 1) << 8) | at(bytes, from + 2);
    codes[to++] = code(triple >> 18);
    codes[to++] = code(triple >> 12);
    codes[to++] = code(triple >> 6);
    codes[to++] = code(triple);
  }
  if (whole === bytes.length) return;
  const rest = (at(bytes, whole) << 16) | (at(bytes, whole + 1) << 8);
  codes[to++] = code(rest >> 18);
  codes[to++] = code(rest >> 12);
  if (bytes.length - whole === 2) codes[to] = code(rest >> 6);
}

function decodeUnpadded(text: string, length: number, values: Uint8Array): Uint8Array | undefined {
  if (length % 4 === 1) return undefined;
  const bytes = new Uint8Array(Math.floor((length * 3) / 4));
  const value = (index: number): number => values[text.charCodeAt(index)] ?? FOREIGN;
  const whole = length - (length % 4);
  let seen = 0; // the OR of every value: a foreign character leaves its bit
  let to = 0;
  for (let from = 0; from < whole; from += 4) {
    const [a, b, c, d] = [value(from), value(from + 1), value(from + 2), value(from + 3)];
    seen |= a | b | c | d;
    bytes[to++] = (a << 2) | (b >> 4);
    bytes[to++] = (b << 4) | (c >> 2);
    bytes[to++] = (c << 6) | d;
  }
  if (whole < length) {
    const [a, b, c] = [value(whole), value(whole + 1), whole + 2 < length ? value(whole + 2) : 0];
    bytes[to++] = (a << 2) | (b >> 4);
    if (whole + 2 < length) bytes[to] = (b << 4) | (c >> 2);
    const trailing = whole + 2 < length ? c & 3 : b & 15;
    if (trailing !== 0) return undefined;
    seen |= a | b | c;
  }
  return seen < FOREIGN ? bytes : undefined;
}

function at(bytes: Uint8Array, index: number): number {
  return bytes[index] ?? 0;
}

function toCodes(alphabet: string): Uint8Array {
  return Uint8Array.from(alphabet, (character) => character.charCodeAt(0));
}

function toValues(alphabet: Uint8Array): Uint8Array {
  const values = new Uint8Array(128).fill(FOREIGN);
  alphabet.forEach((code, value) => (values[code] = value));
  return values;
}
