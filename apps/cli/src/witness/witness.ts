/**
 * A witness of one or more logs, C2SP tlog-witness: decides about each request, one at a time for each log, and cosigns
 * only what is durable. The decision itself is pure and in the library; here are its order and its memory.
 *
 *     decide → write the note and fsync → is the lock still ours? → cosign → answer
 */
import { nativeCrypto } from '@cunzheng/crypto/node';
import {
  type AddCheckpointResponse,
  cosignNote,
  type CosignDecision,
  decideCosign,
  formatAddCheckpointResponse,
  parseAddCheckpointRequest,
  parseCheckpoint,
  parseNote,
  ReceiptError,
  type VerifierKey,
} from '@cunzheng/receipt';
import { type LogState } from './log-state.js';
import { type WitnessKey } from './witness-key.js';

/** What is worth telling the operator, once: anyone can send again what a log has signed. */
export type WitnessEvent =
  | { readonly event: 'cosigned'; readonly origin: string; readonly treeSize: number }
  | { readonly event: 'unproven'; readonly origin: string; readonly reason: string }
  | { readonly event: 'fork'; readonly origin: string; readonly reason: string; readonly file: string };

export interface WitnessParts {
  readonly key: WitnessKey;
  /** Throws when another process may be writing to the state. */
  readonly assertHeld: () => Promise<void>;
  readonly nowMs: () => number;
  readonly tell: (event: WitnessEvent) => void;
}

/** Requests for one log that wait at most; the log asks again anyway. */
const MAX_WAITING = 64;

export class Witness {
  private readonly logs: ReadonlyMap<string, WitnessedLog>;

  constructor(logs: readonly WitnessedLog[]) {
    this.logs = new Map(logs.map((log) => [log.origin, log]));
  }

  /** The answer to the body of an `add-checkpoint` request. Whatever it throws must end the process. */
  async addCheckpoint(request: string): Promise<AddCheckpointResponse> {
    const log = this.logs.get(originOf(request) ?? '');
    if (log !== undefined) return log.addCheckpoint(request);
    // Malformed, or of a log that is not witnessed: the library says which.
    return formatAddCheckpointResponse(decideCosign(nativeCrypto, { logKeys: [], state: null, request }));
  }
}

export class WitnessedLog {
  private queue: Promise<unknown> = Promise.resolve();
  private waiting = 0;
  /** The newest size when a checkpoint was last refused for want of a proof. */
  private unprovenFrom: number | undefined;

  constructor(
    readonly origin: string,
    /** Any of these may sign for the log; all under its origin. */
    private readonly logKeys: readonly VerifierKey[],
    private readonly state: LogState,
    private readonly parts: WitnessParts,
  ) {}

  async addCheckpoint(request: string): Promise<AddCheckpointResponse> {
    if (this.waiting >= MAX_WAITING) {
      return { status: 503, contentType: 'text/plain; charset=utf-8', body: 'busy, ask again\n' };
    }
    this.waiting++;
    const answer = this.queue.then(() => this.decide(request));
    // After a failure nothing more is cosigned: what is on disk is not known.
    this.queue = answer;
    return answer.finally(() => this.waiting--);
  }

  private async decide(request: string): Promise<AddCheckpointResponse> {
    const { logKeys, state } = this;
    const decision = decideCosign(nativeCrypto, { logKeys, state: state.newest, request });
    if (decision.status !== 200) return this.refuse(decision, request);
    const { checkpoint, noteText, note } = decision;
    const { key, assertHeld, nowMs, tell } = this.parts;
    await assertHeld();
    const isNew = await state.save(checkpoint, note);
    await assertHeld();
    const line = cosignNote(noteText, Math.floor(nowMs() / 1000), key.verifierKey, key.sign);
    if (isNew) tell({ event: 'cosigned', origin: this.origin, treeSize: checkpoint.treeSize });
    return formatAddCheckpointResponse(decision, [line]);
  }

  private async refuse(
    decision: Exclude<CosignDecision, { readonly status: 200 }>,
    request: string,
  ): Promise<AddCheckpointResponse> {
    const { code, reason } = decision;
    if (code === 'fork') {
      const file = await this.state.saveFork(parseAddCheckpointRequest(request).checkpoint);
      if (file !== undefined) this.parts.tell({ event: 'fork', origin: this.origin, reason, file });
    } else if (code === 'proof' && this.unprovenFrom !== this.state.newest?.size) {
      this.unprovenFrom = this.state.newest?.size;
      this.parts.tell({ event: 'unproven', origin: this.origin, reason });
    }
    return formatAddCheckpointResponse(decision);
  }
}

/** The origin in a request, or undefined for one that cannot be read. */
function originOf(request: string): string | undefined {
  try {
    return parseCheckpoint(parseNote(parseAddCheckpointRequest(request).checkpoint).text).origin;
  } catch (error) {
    if (error instanceof ReceiptError) return undefined;
    throw error;
  }
}
