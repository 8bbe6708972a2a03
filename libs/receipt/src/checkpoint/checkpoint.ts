/**
 * Checkpoints, C2SP tlog-checkpoint: a note text of exactly three lines, origin, tree size and root hash. Extension lines
 * are refused: nobody can audit them, and every reader must see the same checkpoint.
 */
import { decodeBase64, encodeBase64 } from '../encoding/base64.js';
import { ReceiptError } from '../errors.js';
import { formatSignatureLine, parseNote } from './signed-note.js';

export interface Checkpoint {
  readonly origin: string;
  /** Number of leaves. */
  readonly treeSize: number;
  /** RFC 6962 root hash at that size, 32 bytes. */
  readonly rootHash: Uint8Array;
}

const CHECKPOINT = /^([^\n]+)\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n$/;
const encoder = new TextEncoder();

/** The checkpoint in a note's text. Throws ReceiptError `checkpoint-invalid`. */
export function parseCheckpoint(noteText: string): Checkpoint {
  const [, origin = '', size = '', root = ''] = CHECKPOINT.exec(noteText) ?? [];
  const rootHash = decodeBase64(root);
  const treeSize = Number(size);
  if (origin === '' || rootHash?.length !== 32 || !Number.isSafeInteger(treeSize)) {
    throw new ReceiptError(
      'checkpoint-invalid',
      'expected three lines: origin, tree size, root hash in base64',
    );
  }
  return { origin, treeSize, rootHash };
}

/** The note text to be signed. Throws ReceiptError `checkpoint-invalid`. */
export function formatCheckpoint({ origin, treeSize, rootHash }: Checkpoint): string {
  const text = `${origin}\n${treeSize}\n${encodeBase64(rootHash)}\n`;
  parseCheckpoint(text);
  return text;
}

/**
 * F, the bytes a timestamp token stamps: note text ‖ 0A ‖ first signature line with its newline. The log's line comes
 * first and never changes; cosignatures may still be added. Throws ReceiptError `note-*`.
 */
export function timestampImprintInput(note: string): Uint8Array {
  const { text, signatures } = parseNote(note);
  const [first] = signatures;
  if (first === undefined) throw new ReceiptError('note-unsigned', 'expected a signature line');
  return encoder.encode(`${text}\n${formatSignatureLine(first)}`);
}
