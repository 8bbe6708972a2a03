/**
 * The response to an `add-checkpoint` request, C2SP tlog-witness: how a witness writes its decision and how a log reads
 * the answer. A log takes only lines of witnesses it knows, and only if they verify.
 */
import { type CryptoSuite } from '@cunzheng/crypto';

import { formatSignatureLine, type NoteSignature, parseNote } from '../checkpoint/signed-note.js';
import { type VerifierKey } from '../checkpoint/verifier-key.js';
import { isLineOf, verifyLine } from '../checkpoint/verify-note.js';
import { parseDecimal } from '../encoding/decimal.js';
import { ReceiptError } from '../errors.js';
import { type CosignDecision } from './decide-cosign.js';

export interface AddCheckpointResponse {
  /** An HTTP status code. */
  readonly status: number;
  /** The Content-Type header; '' if there is none. */
  readonly contentType: string;
  readonly body: string;
}

/**
 * `cosigned`: lines of known witness keys, verified. `conflict`: ask again with a proof from `size`, which may be larger
 * than the tree that was sent. `refused`: anything else.
 */
export type AddCheckpointOutcome =
  | { readonly outcome: 'cosigned'; readonly lines: readonly NoteSignature[] }
  | { readonly outcome: 'conflict'; readonly size: number }
  | { readonly outcome: 'refused'; readonly status: number };

export const TLOG_SIZE_TYPE = 'text/x.tlog.size';
const TEXT_TYPE = 'text/plain; charset=utf-8';

/** The response to a decision. `lines` are the witness's cosignatures, made after a decision of 200. */
export function formatAddCheckpointResponse(
  decision: CosignDecision,
  lines: readonly NoteSignature[] = [],
): AddCheckpointResponse {
  const { status } = decision;
  if (status === 409) return { status, contentType: TLOG_SIZE_TYPE, body: `${decision.size}\n` };
  const body = status === 200 ? lines.map(formatSignatureLine).join('') : `${decision.reason}\n`;
  return { status, contentType: TEXT_TYPE, body };
}

/**
 * What a response says of the checkpoint `note` that was sent. Throws ReceiptError `note-*` for a 200 whose lines are
 * malformed, of no known witness, or do not verify for a known one; `witness-response` for a known witness that does not
 * say when it cosigned, or a 409 whose size is none.
 */
export function parseAddCheckpointResponse(
  crypto: CryptoSuite,
  { status, contentType, body }: AddCheckpointResponse,
  note: string,
  witnessKeys: readonly VerifierKey[],
): AddCheckpointOutcome {
  if (status === 200) return { outcome: 'cosigned', lines: parseLines(crypto, body, note, witnessKeys) };
  const isSize = contentType.split(';', 1)[0]?.trim().toLowerCase() === TLOG_SIZE_TYPE;
  return status === 409 && isSize
    ? { outcome: 'conflict', size: parseSize(body) }
    : { outcome: 'refused', status };
}

function parseLines(
  crypto: CryptoSuite,
  body: string,
  note: string,
  witnessKeys: readonly VerifierKey[],
): NoteSignature[] {
  const { text } = parseNote(note);
  const answered = parseNote(`${text}\n${body}`);
  if (answered.text !== text) refuse('expected signature lines and no empty line');
  const known = answered.signatures.flatMap((line) => {
    const key = witnessKeys.find((candidate) => isLineOf(line, candidate));
    return key === undefined ? [] : [{ line, key }];
  });
  if (known.length === 0) throw new ReceiptError('note-unsigned', 'no known witness cosigned');
  for (const { line, key } of known) {
    const { cosignedAtMs } = verifyLine(crypto, text, line, key);
    if (cosignedAtMs === undefined) refuse(`the witness ${key.name} does not say when it cosigned`);
  }
  return known.map(({ line }) => line);
}

function parseSize(body: string): number {
  const size = body.endsWith('\n') ? parseDecimal(body.slice(0, -1)) : undefined;
  return size ?? refuse('expected a tree size in decimal and a newline');
}

function refuse(message: string): never {
  throw new ReceiptError('witness-response', message);
}
