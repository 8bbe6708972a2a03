/**
 * Signed notes, C2SP signed-note v1.0.0: a text of lines, an empty line, and signature lines
 * `— NAME BASE64(KEY HASH ‖ SIGNATURE)`. Parsing says nothing about trust: ./verify-note.ts does.
 */
import { decodeBase64, encodeBase64 } from '../encoding/base64.js';
import { decodeHex, encodeHex, isHex } from '../encoding/hex.js';
import { ReceiptError } from '../errors.js';
import { isKeyName } from './verifier-key.js';

export interface NoteSignature {
  readonly name: string;
  /** Four bytes in lower-case hex. */
  readonly keyHash: string;
  /** What follows the key hash. For a cosignature/v1 key: 8 bytes of time, then the signature. */
  readonly signature: Uint8Array;
}

export interface SignedNote {
  /** Ends in a newline, without the empty line that separates it from the signatures. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** A longer note is refused, in UTF-16 units; one with 64 ML-DSA-44 lines still fits. */
export const MAX_NOTE_LENGTH = 262_144;
export const MAX_NOTE_SIGNATURES = 64;

/** Control characters below U+0020 other than newline, and lone surrogates, which UTF-8 cannot carry. */
const FORBIDDEN = /[^\n -\u{10ffff}]|\p{Surrogate}/u;
const KEY_HASH_BYTES = 4;

/** The parts of a note. Throws ReceiptError `note-too-large` or `note-malformed`. */
export function parseNote(note: string): SignedNote {
  if (note.length > MAX_NOTE_LENGTH) {
    throw new ReceiptError(
      'note-too-large',
      `expected at most ${MAX_NOTE_LENGTH} characters, got ${note.length}`,
    );
  }
  if (FORBIDDEN.test(note)) refuse('control characters and lone surrogates are not allowed');
  const end = note.lastIndexOf('\n\n');
  if (end < 0 || !note.endsWith('\n')) refuse('expected a text, an empty line and signature lines');
  const lines = note.slice(end + 2, -1).split('\n');
  if (lines.length > MAX_NOTE_SIGNATURES) {
    refuse(`expected at most ${MAX_NOTE_SIGNATURES} signatures, got ${lines.length}`);
  }
  return { text: note.slice(0, end + 1), signatures: lines.map(parseSignatureLine) };
}

/** A note out of a text and signatures made elsewhere. Throws ReceiptError `note-malformed` or `note-too-large`. */
export function formatNote(text: string, signatures: readonly NoteSignature[]): string {
  const note = `${text}\n${signatures.map(formatSignatureLine).join('')}`;
  if (parseNote(note).text !== text) refuse('expected a text that ends in one newline');
  return note;
}

/** One signature line with its newline, as it stands in a note. */
export function formatSignatureLine({ name, keyHash, signature }: NoteSignature): string {
  if (!isHex(keyHash, KEY_HASH_BYTES)) refuse(`expected a key hash of ${KEY_HASH_BYTES} bytes in hex`);
  const bytes = new Uint8Array(KEY_HASH_BYTES + signature.length);
  bytes.set(decodeHex(keyHash));
  bytes.set(signature, KEY_HASH_BYTES);
  return `— ${name} ${encodeBase64(bytes)}\n`;
}

function parseSignatureLine(line: string): NoteSignature {
  const [dash, name = '', base64 = '', ...rest] = line.split(' ');
  const bytes = decodeBase64(base64);
  if (
    dash !== '—' ||
    rest.length > 0 ||
    !isKeyName(name) ||
    bytes === undefined ||
    bytes.length <= KEY_HASH_BYTES
  ) {
    return refuse('expected signature lines "— NAME BASE64"');
  }
  const keyHash = encodeHex(bytes.subarray(0, KEY_HASH_BYTES));
  return { name, keyHash, signature: bytes.subarray(KEY_HASH_BYTES) };
}

function refuse(message: string): never {
  throw new ReceiptError('note-malformed', message);
}
