/**
 * The body of an `add-checkpoint` request, C2SP tlog-witness: what a log sends to a witness to have a checkpoint cosigned.
 *
 *     old <size of the tree the witness cosigned last>
 *     <base64 hash>           at most 63: the consistency proof from that size
 *
 *     <checkpoint, a signed note, to the end>
 */
import { MAX_NOTE_LENGTH } from '../checkpoint/signed-note.js';
import { parseDecimal } from '../encoding/decimal.js';
import { formatHashLines, parseHashLines } from '../encoding/hash-lines.js';
import { ReceiptError } from '../errors.js';

export interface AddCheckpointRequest {
  /** 0 if the witness has seen nothing of the log, or if the client does not know what it has seen. */
  readonly oldSize: number;
  /** RFC 6962 §2.1.2, 32 bytes each; empty if `oldSize` is 0 or the checkpoint's own size. */
  readonly proof: readonly Uint8Array[];
  /** A signed note. */
  readonly checkpoint: string;
}

/** In UTF-16 units: the largest note and a proof of 63 hashes. No witness needs to read on. */
export const MAX_ADD_CHECKPOINT_LENGTH = MAX_NOTE_LENGTH + 4096;

const MAX_HASHES = 63;
const OLD = 'old ';

/** The body. Throws ReceiptError `witness-request` for whatever the parser would refuse. */
export function formatAddCheckpointRequest({ oldSize, proof, checkpoint }: AddCheckpointRequest): string {
  const body = `${OLD}${oldSize}\n${formatHashLines(proof)}\n${checkpoint}`;
  parseAddCheckpointRequest(body);
  return body;
}

/** The parts; the checkpoint is not parsed. Throws ReceiptError `witness-request`. */
export function parseAddCheckpointRequest(body: string): AddCheckpointRequest {
  if (body.length > MAX_ADD_CHECKPOINT_LENGTH) {
    refuse(`expected at most ${MAX_ADD_CHECKPOINT_LENGTH} characters, got ${body.length}`);
  }
  const end = body.indexOf('\n\n');
  if (end < 0) refuse('expected an empty line before the checkpoint');
  const [first = '', ...lines] = body.slice(0, end).split('\n');
  const oldSize = first.startsWith(OLD) ? parseDecimal(first.slice(OLD.length)) : undefined;
  if (oldSize === undefined) return refuse('expected "old N" in the first line');
  const proof = lines.length > MAX_HASHES ? undefined : parseHashLines(lines);
  if (proof === undefined) return refuse(`expected at most ${MAX_HASHES} hashes of 32 bytes in base64`);
  return { oldSize, proof, checkpoint: body.slice(end + 2) };
}

function refuse(message: string): never {
  throw new ReceiptError('witness-request', message);
}
