/**
 * The receipt inside a certificate: the PDF's one attached file of the receipt's media type (ISO 32000-1 §7.11.4), which
 * certificates hold uncompressed. This is no PDF reader: a certificate that another program has rewritten gives nothing,
 * and its attachment has to be taken out with a PDF tool.
 */

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

const SUBTYPE = encoder.encode('/Subtype /application#2Fvnd.cunzheng.receipt+json');
const LENGTH = encoder.encode('/Length ');
const STREAM = encoder.encode('stream\n');
/** The rest of the dictionary after its subtype is a line or two. */
const MAX_DICTIONARY_BYTES = 512;
const DIGIT_ZERO = 0x30;

/** The text of the receipt, unverified; undefined when `pdf` holds none, more than one, or one of another form. */
export function extractReceipt(pdf: Uint8Array): string | undefined {
  const at = indexOf(pdf, SUBTYPE, 0, pdf.length);
  if (at < 0 || indexOf(pdf, SUBTYPE, at + 1, pdf.length) >= 0) return undefined;
  const end = Math.min(pdf.length, at + MAX_DICTIONARY_BYTES);
  const lengthAt = indexOf(pdf, LENGTH, at, end);
  const streamAt = indexOf(pdf, STREAM, at, end);
  if (lengthAt < 0 || streamAt < 0) return undefined;
  const start = streamAt + STREAM.length;
  const sizeBytes = readNumber(pdf, lengthAt + LENGTH.length);
  if (start + sizeBytes > pdf.length) return undefined;
  try {
    return decoder.decode(pdf.subarray(start, start + sizeBytes));
  } catch {
    return undefined;
  }
}

/** Decimal digits from `at` on. */
function readNumber(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let index = at; index < bytes.length; index += 1) {
    const digit = (bytes[index] ?? 0) - DIGIT_ZERO;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  return value;
}

function indexOf(bytes: Uint8Array, wanted: Uint8Array, from: number, to: number): number {
  const [first = 0] = wanted;
  for (
    let at = bytes.indexOf(first, from);
    at >= 0 && at + wanted.length <= to;
    at = bytes.indexOf(first, at + 1)
  )
    if (wanted.every((byte, index) => bytes[at + index] === byte)) return at;
  return -1;
}
