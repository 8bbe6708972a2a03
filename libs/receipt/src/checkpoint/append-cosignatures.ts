/**
 * Adds witnesses' lines to a checkpoint. The result depends on what was given and not on the order in which witnesses
 * answered: the log's lines as they stood, then one line for each known witness key that has one, in the order of the
 * keys. The first line never changes, so neither does the imprint of timestamps.
 */
import { type CryptoSuite } from '@cunzheng/crypto';

import { ReceiptError } from '../errors.js';
import { parseCheckpoint } from './checkpoint.js';
import { formatNote, formatSignatureLine, type NoteSignature, parseNote } from './signed-note.js';
import { type VerifierKey } from './verifier-key.js';
import { isLineOf, verifyLine } from './verify-note.js';

/**
 * The note with those of `lines` that verify under a witness key. A key that cosigned before keeps its line; of several
 * new ones the earliest is taken. Left out are lines of unknown keys, lines that do not verify or do not say when they
 * were made, and lines of the note that are neither the log's nor a known witness's. Throws ReceiptError `note-*` or
 * `checkpoint-invalid` for a note that does not begin with a line of the log or holds a bad line of a witness.
 */
export function appendCosignatures(
  crypto: CryptoSuite,
  note: string,
  lines: readonly NoteSignature[],
  witnessKeys: readonly VerifierKey[],
): string {
  const { text, signatures } = parseNote(note);
  const { origin } = parseCheckpoint(text);
  const isWitness = (line: NoteSignature): boolean => witnessKeys.some((key) => isLineOf(line, key));
  const logLines = signatures.filter((line) => line.name === origin && !isWitness(line));
  if (logLines.length === 0 || logLines[0] !== signatures[0]) {
    throw new ReceiptError('checkpoint-invalid', 'the first signature line is not of the log');
  }
  const distinctKeys = [...new Map(witnessKeys.map((key) => [key.vkey, key])).values()];
  const cosignatures = distinctKeys.flatMap((key) => {
    const kept = signatures.find((line) => isLineOf(line, key));
    if (kept !== undefined) verifyLine(crypto, text, kept, key);
    return kept ?? findEarliest(crypto, text, lines, key) ?? [];
  });
  return formatNote(text, [...logLines, ...cosignatures]);
}

function findEarliest(
  crypto: CryptoSuite,
  text: string,
  lines: readonly NoteSignature[],
  key: VerifierKey,
): NoteSignature | undefined {
  const timed = lines
    .filter((line) => isLineOf(line, key))
    .map((line) => ({ line, cosignedAtMs: cosignedAt(crypto, text, line, key) }))
    .filter(({ cosignedAtMs }) => cosignedAtMs !== Infinity);
  // Two signatures of one second by one key differ if the algorithm is randomised; the text decides.
  timed.sort((a, b) => a.cosignedAtMs - b.cosignedAtMs || compareLines(a.line, b.line));
  return timed[0]?.line;
}

/** Infinity for a line that does not count. */
function cosignedAt(crypto: CryptoSuite, text: string, line: NoteSignature, key: VerifierKey): number {
  try {
    return verifyLine(crypto, text, line, key).cosignedAtMs ?? Infinity;
  } catch (error) {
    if (error instanceof ReceiptError) return Infinity;
    throw error;
  }
}

function compareLines(a: NoteSignature, b: NoteSignature): number {
  return formatSignatureLine(a) < formatSignatureLine(b) ? -1 : 1;
}
