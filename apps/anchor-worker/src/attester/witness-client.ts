/**
 * Asks one witness to cosign, C2SP tlog-witness `add-checkpoint`. A witness that knows another size than we thought
 * says so (409), and is asked once more with a proof from there. Answers are bounded in time and size and believed only
 * as far as they verify.
 */
import { nativeCrypto } from '@cunzheng/crypto/node';
import {
  formatAddCheckpointRequest,
  parseAddCheckpointResponse,
  type AddCheckpointOutcome,
  type NoteSignature,
  type PolicyWitness,
} from '@cunzheng/receipt';

const MAX_ANSWER_BYTES = 65_536;

export interface CosignRequest {
  readonly witness: PolicyWitness & { readonly url: string };
  /** The log's signed checkpoint. */
  readonly note: string;
  readonly treeSize: number;
  /** What the witness is believed to have cosigned last; 0 for nothing. */
  readonly knownSize: number;
  /** The consistency proof between two sizes of our tree. */
  readonly prove: (size1: number, size2: number) => Promise<readonly Uint8Array[]>;
  readonly timeoutMs: number;
  /** Ends what is under way: a worker that is to stop waits for nobody. */
  readonly stop: AbortSignal;
}

/**
 * A witness remembers a larger tree than we have: an older ledger and database were restored. Signing on would make a
 * second history, so the worker must stop.
 */
export class WitnessAheadError extends Error {
  override readonly name = 'WitnessAheadError';
}

/** The witness's lines. @throws Error saying what the witness answered instead. */
export async function askWitness(request: CosignRequest): Promise<readonly NoteSignature[]> {
  const first = await addCheckpoint(request, request.knownSize);
  if (first.outcome === 'cosigned') return first.lines;
  if (first.outcome === 'refused') throw new Error(`the witness refused with status ${first.status}`);
  if (first.size > request.treeSize) {
    throw new WitnessAheadError(
      `the witness ${request.witness.name} has cosigned size ${first.size}, beyond our ${request.treeSize}: was an older ledger restored?`,
    );
  }
  const second = await addCheckpoint(request, first.size);
  if (second.outcome === 'cosigned') return second.lines;
  throw new Error(
    second.outcome === 'refused'
      ? `the witness refused with status ${second.status}`
      : 'the witness moved on meanwhile',
  );
}

async function addCheckpoint(
  { witness, note, treeSize, prove, timeoutMs, stop }: CosignRequest,
  oldSize: number,
): Promise<AddCheckpointOutcome> {
  const proof = oldSize === 0 || oldSize === treeSize ? [] : await prove(oldSize, treeSize);
  const answer = await fetch(`${witness.url.replace(/\/$/, '')}/add-checkpoint`, {
    method: 'POST',
    body: formatAddCheckpointRequest({ oldSize, proof, checkpoint: note }),
    redirect: 'error',
    signal: AbortSignal.any([stop, AbortSignal.timeout(timeoutMs)]),
  });
  const body = await readBounded(answer);
  const contentType = answer.headers.get('content-type') ?? '';
  return parseAddCheckpointResponse(nativeCrypto, { status: answer.status, contentType, body }, note, [
    witness.key,
  ]);
}

async function readBounded(answer: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (answer.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) throw new Error(`the witness answered more than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
