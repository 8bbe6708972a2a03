/**
 * One look at a log and what it means. What is remembered changes only after the new checkpoint was proven to follow from
 * it, and only after it was kept as evidence:
 *
 *     fetch → is it of this log? → signed? → keep as evidence → does it follow? → remember → what does the log say?
 */
import { type ReadTile } from '@cunzheng/merkle';
import { parseCheckpoint, parseNote, ReceiptError, type Trust } from '@cunzheng/receipt';
import { setTimeout as delay } from 'node:timers/promises';
import { type EvidenceFile } from './evidence-file.js';
import { type Finding } from './finding.js';
import { type FollowState, saveState } from './follow-state.js';
import { type ListedEvent, type LogClient } from './log-client.js';
import { contradictsClose, proveEvent, type ProvenEvent, proveEvents, readEvent } from './log-events.js';
import { LogError } from './log-error.js';
import { cachingTiles, isSameHash, proveBeginning } from './prove-growth.js';
import { assertCheckpointOf, type SignedCheckpoint, verifySigned } from './served-checkpoint.js';

export interface FollowerParts {
  readonly client: LogClient;
  readonly trust: Trust;
  readonly statePath: string;
  readonly evidence: EvidenceFile;
  readonly nowMs: () => number;
  readonly stop: AbortSignal;
}

export type Look =
  | {
      readonly outcome: 'holds';
      readonly checkpoint: SignedCheckpoint;
      readonly before: number;
      /** What the log has said since, in order. */
      readonly events: readonly ProvenEvent[];
    }
  | { readonly outcome: 'finding'; readonly finding: Finding };

/** Of several servers of one log, one may lag behind: a smaller tree is asked for again before it counts. */
const ROLLBACK_QUESTIONS = 3;
const ROLLBACK_PAUSE_MS = 1_000;

export class Follower {
  private newest: SignedCheckpoint | undefined;
  /** Signed, but not proven to follow yet. */
  private unproven: SignedCheckpoint | undefined;

  /** `state` as it was loaded; its checkpoint must verify. Throws ReceiptError if not. */
  constructor(
    private readonly parts: FollowerParts,
    private state: FollowState,
  ) {
    const { origin, note } = state;
    this.newest = note === undefined ? undefined : verifySigned(parts.trust, origin, note);
  }

  /** The newest checkpoint that holds. */
  get checkpoint(): SignedCheckpoint | undefined {
    return this.newest;
  }

  /** The event that closed the log, if it is known to be closed. */
  get close(): ProvenEvent | undefined {
    return this.state.close;
  }

  /** Throws LogError when there is nothing to say yet. */
  async look(): Promise<Look> {
    const look = await this.consider(await this.parts.client.fetchCheckpoint());
    return look.outcome === 'finding' ? look : this.readEvents(look);
  }

  /** A look at a checkpoint from elsewhere: of a mirror, whose state file was lost. */
  async consider(note: string): Promise<Look> {
    const { trust, evidence, nowMs } = this.parts;
    const { origin } = this.state;
    assertCheckpointOf(origin, note);
    let served: SignedCheckpoint;
    try {
      served = verifySigned(trust, origin, note);
    } catch (error) {
      if (!(error instanceof ReceiptError)) throw error;
      const hint = await this.describeKeyChange();
      return this.found(
        'bad-signature',
        `the served checkpoint is not rightly signed: ${error.message}${hint}`,
        note,
      );
    }
    await evidence.append(note, nowMs());
    return this.compare(served);
  }

  /** A `close` that a copy of the log holds, whether the log lists it or not. Gives the finding if the log went on. */
  async considerClose(listed: ListedEvent): Promise<Finding | undefined> {
    const { newest } = this;
    if (newest === undefined || this.state.close !== undefined) return undefined;
    const event = await proveEvent(listed, this.readTiles(), newest);
    const known = readEvent(event);
    if (known?.event !== 'close') return undefined;
    const message = contradictsClose(event, known.lastSize, newest.treeSize);
    if (message !== undefined) return { kind: 'fork', message, served: newest.note, event };
    await this.keepEvents([event]);
    return undefined;
  }

  /** How long it is since the log last gave a good answer, or since following began. */
  silentMs(): number {
    return this.parts.nowMs() - (this.state.verifiedMs ?? this.state.sinceMs);
  }

  /** How long it is since the tree was last seen to grow. */
  ungrownMs(): number {
    return this.parts.nowMs() - (this.state.grownMs ?? this.state.sinceMs);
  }

  stale(message: string): Finding {
    const { newest, unproven } = this;
    return {
      kind: 'stale',
      message,
      ...(newest === undefined ? {} : { seen: newest.note }),
      ...(unproven === undefined ? {} : { served: unproven.note }),
    };
  }

  private async compare(served: SignedCheckpoint): Promise<Look> {
    const seen = this.newest;
    const { treeSize } = served;
    if (seen === undefined) {
      if (treeSize === 0) throw new LogError('malformed', 'checkpoint: it is of an empty tree');
      return this.remember(served);
    }
    if (treeSize === seen.treeSize) {
      if (isSameHash(served.rootHash, seen.rootHash)) return this.remember(served);
      return this.found('fork', `two trees of size ${treeSize} are signed by the log`, served.note);
    }
    return treeSize < seen.treeSize ? this.compareSmaller(seen, served) : this.compareLarger(seen, served);
  }

  private async compareLarger(seen: SignedCheckpoint, served: SignedCheckpoint): Promise<Look> {
    this.unproven = served;
    const beginning = await proveBeginning(this.readTiles(), seen.treeSize, served);
    if (isSameHash(beginning.rootHash, seen.rootHash)) {
      const { close } = this.state;
      const message = close && contradictsClose(close, close.treeSize, served.treeSize);
      if (close === undefined || message === undefined) return this.remember(served);
      const notes = { seen: seen.note, served: served.note };
      return { outcome: 'finding', finding: { kind: 'fork', message, ...notes, beginning, event: close } };
    }
    const message = `the signed tree of size ${served.treeSize} does not begin with the signed tree of size ${seen.treeSize}`;
    return {
      outcome: 'finding',
      finding: { kind: 'fork', message, seen: seen.note, served: served.note, beginning },
    };
  }

  private async compareSmaller(seen: SignedCheckpoint, served: SignedCheckpoint): Promise<Look> {
    const { origin } = this.state;
    const contradicted = await this.findContradiction(served);
    if (contradicted !== undefined) {
      const message = `two trees of size ${served.treeSize} are signed by the log`;
      return {
        outcome: 'finding',
        finding: { kind: 'fork', message, seen: contradicted, served: served.note },
      };
    }
    const beginning = await this.beginningOf(seen, served.treeSize);
    if (beginning !== undefined && !isSameHash(beginning.rootHash, served.rootHash)) {
      const message = `the signed tree of size ${seen.treeSize} does not begin with the signed tree of size ${served.treeSize}`;
      return {
        outcome: 'finding',
        finding: { kind: 'fork', message, seen: seen.note, served: served.note, beginning },
      };
    }
    for (let question = 1; question < ROLLBACK_QUESTIONS; question++) {
      await delay(ROLLBACK_PAUSE_MS, undefined, { signal: this.parts.stop });
      const note = await this.parts.client.fetchCheckpoint();
      assertCheckpointOf(origin, note);
      if (parseCheckpoint(parseNote(note).text).treeSize >= seen.treeSize) return this.consider(note);
    }
    return this.found(
      'rollback',
      `the log went back from size ${seen.treeSize} to ${served.treeSize}`,
      served.note,
    );
  }

  /** A kept note of the same size and another root. */
  private async findContradiction({ treeSize, rootHash }: SignedCheckpoint): Promise<string | undefined> {
    for await (const note of this.parts.evidence.notes()) {
      const kept = parseCheckpoint(parseNote(note).text);
      if (kept.treeSize === treeSize && !isSameHash(kept.rootHash, rootHash)) return note;
    }
    return undefined;
  }

  /** What the remembered tree begins with, if the log still has its tiles. */
  private async beginningOf(
    seen: SignedCheckpoint,
    size: number,
  ): Promise<Awaited<ReturnType<typeof proveBeginning>> | undefined> {
    // Every tree begins with the empty one: to have gone back to it is all that can be said.
    if (size === 0) return undefined;
    try {
      return await proveBeginning(this.readTiles(), size, seen);
    } catch (error) {
      if (error instanceof LogError) return undefined;
      throw error;
    }
  }

  /** Reads what the log says of itself up to the checkpoint that was just remembered. */
  private async readEvents(look: Look & { outcome: 'holds' }): Promise<Look> {
    const { checkpoint } = look;
    if (this.state.close !== undefined) return look;
    const events: ProvenEvent[] = [];
    const from = this.state.eventsTo ?? 0;
    for await (const event of proveEvents(this.parts.client, this.readTiles(), from, checkpoint)) {
      events.push(event);
      const known = readEvent(event);
      if (known?.event !== 'close') continue;
      const message = contradictsClose(event, known.lastSize, checkpoint.treeSize);
      if (message !== undefined)
        return { outcome: 'finding', finding: { kind: 'fork', message, served: checkpoint.note, event } };
    }
    await this.keepEvents(events);
    return { ...look, events };
  }

  private async keepEvents(events: readonly ProvenEvent[]): Promise<void> {
    const last = events.at(-1);
    if (last === undefined) return;
    const isClose = readEvent(last)?.event === 'close';
    const state = { ...this.state, eventsTo: last.leafIndex + 1, ...(isClose && { close: last }) };
    await saveState(this.parts.statePath, state);
    this.state = state;
  }

  /** Whether the log itself says that it has other keys by now. Only a hint: one page is read, and nothing of it proven. */
  private async describeKeyChange(): Promise<string> {
    try {
      const { events } = await this.parts.client.fetchEvents(this.state.eventsTo ?? 0);
      const change = events.map(readEvent).findLast((event) => event?.event === 'key-change');
      if (change?.event !== 'key-change') return '';
      return `; the log says that it changed its keys at tree size ${change.lastSize}: ask its operator for the new trust folder`;
    } catch (error) {
      if (error instanceof LogError) return '';
      throw error;
    }
  }

  private readTiles(): ReadTile {
    return cachingTiles((tile) => this.parts.client.fetchTile(tile));
  }

  private async remember(checkpoint: SignedCheckpoint): Promise<Look> {
    const before = this.newest?.treeSize ?? 0;
    const nowMs = this.parts.nowMs();
    const grew = checkpoint.treeSize > before ? { grownMs: nowMs } : {};
    const state = { ...this.state, ...grew, verifiedMs: nowMs, note: checkpoint.note };
    await saveState(this.parts.statePath, state);
    this.state = state;
    this.newest = checkpoint;
    this.unproven = undefined;
    return { outcome: 'holds', checkpoint, before, events: [] };
  }

  private found(kind: Finding['kind'], message: string, served: string): Look {
    const { newest } = this;
    return {
      outcome: 'finding',
      finding: { kind, message, served, ...(newest === undefined ? {} : { seen: newest.note }) },
    };
  }
}
