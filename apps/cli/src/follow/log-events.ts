/**
 * The events that a log lists, each proven to stand in a tree that the log has signed. What a list leaves out is not
 * noticed here: whoever wants every event keeps a mirror or audits the log (docs/api/public-log.md).
 */
import { nativeCrypto } from '@cunzheng/crypto/node';
import { computeEntry, EntryType, type KnownEvent, LedgerError, parseKnownEvent } from '@cunzheng/ledger';
import {
  computeInclusionProof,
  MerkleError,
  nodesFromTiles,
  type ReadTile,
  verifyInclusion,
} from '@cunzheng/merkle';
import { type EventPage, type ListedEvent, type LogClient } from './log-client.js';
import { LogError } from './log-error.js';
import { treeHasher, type TreeHead } from './prove-growth.js';

/** An event and its inclusion proof in the tree of `treeSize`, in base64: the form in which it is kept and shown. */
export interface ProvenEvent {
  readonly leafIndex: number;
  /** J(event). */
  readonly body: string;
  readonly treeSize: number;
  readonly inclusion: readonly string[];
}

/** The entries that follow `close` in its tree: its block's header. */
const ENTRIES_BEHIND_CLOSE = 1;

/** The events in `tree` from leaf `from` on, proven. None for a log without such a list. Throws LogError. */
export async function* proveEvents(
  client: LogClient,
  readTile: ReadTile,
  from: number,
  tree: TreeHead,
): AsyncGenerator<ProvenEvent, void> {
  for (let at: number | undefined = from; at !== undefined;) {
    const page: EventPage = await client.fetchEvents(at);
    let last = at - 1;
    for (const event of page.events) {
      if (event.leafIndex <= last) throw new LogError('malformed', `events?from=${at}: not in order`);
      // Published since the checkpoint was fetched: the next look has a checkpoint for it.
      if (event.leafIndex >= tree.treeSize) return;
      last = event.leafIndex;
      yield await proveEvent(event, readTile, tree);
    }
    if (page.next !== undefined && (page.events.length === 0 || page.next <= last))
      throw new LogError('malformed', `events?from=${at}: "next" leads nowhere`);
    at = page.next;
  }
}

/** Undefined for a kind that this version does not know, and for what is none of its kind. */
export function readEvent({ body }: { readonly body: string }): KnownEvent | undefined {
  try {
    return parseKnownEvent(Buffer.from(body));
  } catch (error) {
    if (error instanceof LedgerError) return undefined;
    throw error;
  }
}

/** Why a signed tree of this size cannot be, if a `close` says that the log ends at `lastSize`. */
export function contradictsClose(
  { leafIndex }: ProvenEvent,
  lastSize: number,
  treeSize: number,
): string | undefined {
  if (leafIndex + 1 + ENTRIES_BEHIND_CLOSE !== lastSize)
    return `entry ${leafIndex} closes the log at tree size ${lastSize}, which is not where it stands`;
  if (treeSize === lastSize) return undefined;
  return `the log was closed at tree size ${lastSize} (entry ${leafIndex}), and has signed a tree of size ${treeSize}`;
}

/** Throws LogError `unproven`, and what `readTile` throws. */
export async function proveEvent(
  { leafIndex, body }: ListedEvent,
  readTile: ReadTile,
  { treeSize, rootHash }: TreeHead,
): Promise<ProvenEvent> {
  try {
    const entry = computeEntry(nativeCrypto, EntryType.event, Buffer.from(body));
    const readNodes = nodesFromTiles(treeHasher, readTile, treeSize);
    const proof = await computeInclusionProof(treeHasher, leafIndex, treeSize, readNodes);
    verifyInclusion(treeHasher, leafIndex, treeSize, treeHasher.hashLeaf(entry), proof, rootHash);
    const inclusion = proof.map((hash) => Buffer.from(hash).toString('base64'));
    return { leafIndex, body, treeSize, inclusion };
  } catch (cause) {
    if (!(cause instanceof MerkleError)) throw cause;
    const message = `events: entry ${leafIndex} is not proven to be that event in the tree that the log has signed`;
    throw new LogError('unproven', message, { cause });
  }
}
