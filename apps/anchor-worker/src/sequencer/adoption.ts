/**
 * An older database was restored under a newer ledger: the blocks that it lacks are taken back from the ledger. Waiting
 * parcels and log entries that stand in one of them are marked as its members, so that they are never written a second
 * time; entries without a row are kept as orphans. Checkpoints are signed again, which gives the same notes.
 *
 * A ledger is signed on only as far as this log has signed it before: the published checkpoint must verify and cover all
 * but the last block, which a crash may have left without one.
 */
import { nativeCrypto } from '@cunzheng/crypto/node';
import {
  computeEntry,
  ENTRY_SIZE,
  EntryType,
  parseBlockHeader,
  parseEntry,
  parseKnownEvent,
  replay,
  treeSizeAfter,
  type Block,
  type BlockHeader,
  type CloseEvent,
  type KeyChangeEvent,
} from '@cunzheng/ledger';
import { type LedgerWriter } from '@cunzheng/ledger/node';
import {
  adoptBlock,
  anchorBlock,
  LogNotDrainedError,
  readPendingLogEntries,
  readPendingParcels,
  type LogEntryPlace,
  type NewLog,
  type OrphanEntries,
  type Parcel,
  type ParcelMembership,
  type StoredBlock,
} from '@cunzheng/persistence';
import { parseNote, ReceiptError, verifyNote } from '@cunzheng/receipt';
import { findNextLog, type LogIdentity } from '../log-key/log-identity.js';
import { signCheckpoint, type AnchorContext } from './anchor.js';
import { HistoryConflictError } from './history-conflict.js';

/** What the database still knows and no block has taken, by its (first) entry. */
interface Waiting {
  readonly parcels: ReadonlyMap<string, Parcel>;
  readonly logEntries: Map<string, string[]>;
}

interface Members {
  readonly parcels: readonly ParcelMembership[];
  readonly logEntries: readonly LogEntryPlace[];
  readonly orphans: readonly OrphanEntries[];
}

/**
 * Takes back every block above `highest`, the last that the database has.
 *
 * @throws HistoryConflictError when no checkpoint vouches for them.
 */
export async function adoptLedger(
  context: AnchorContext,
  highest: StoredBlock | undefined,
  keysDir: string,
): Promise<void> {
  const { client, ledger, log } = context;
  await ledger.writeTiles();
  await assertSigned(context);
  const roots = await replayRoots(context, highest?.height ?? -1);
  if (highest && !highest.anchored) {
    const treeSize = treeSizeAfter(parseBlockHeader(highest.header));
    const note = signCheckpoint(log, treeSize, roots.get(highest.height) as Uint8Array);
    await anchorBlock(client, { log: log.id, height: highest.height, treeSize, note });
  }
  const waiting = await readWaiting(context);
  for (const [height, rootHash] of roots)
    if (height > (highest?.height ?? -1))
      await adopt(context, await ledger.readBlock(height), rootHash, waiting, keysDir);
  await republish(context);
}

/** Replays the ledger from its opening on, before anything is taken from it: root hashes from `fromHeight` on. */
async function replayRoots(
  { ledger }: AnchorContext,
  fromHeight: number,
): Promise<ReadonlyMap<number, Uint8Array>> {
  const { published } = ledger;
  const roots = new Map<number, Uint8Array>();
  for await (const { head } of replay(ledger.chain, null, readBlocks(ledger))) {
    const rootHash = head.frontier.root();
    if (head.treeSize === published?.treeSize && Buffer.compare(rootHash, published.rootHash) !== 0)
      throw new HistoryConflictError(
        `block ${head.height} of the ledger does not lead to the published checkpoint of tree size ${head.treeSize}: ` +
          `restore ledger and checkpoint from one backup (docs/operations.md)`,
      );
    if (head.height >= fromHeight) roots.set(head.height, rootHash);
  }
  return roots;
}

async function* readBlocks(ledger: LedgerWriter): AsyncGenerator<Block> {
  const lastHeight = ledger.head?.height ?? -1;
  for (let height = 0; height <= lastHeight; height += 1) yield await ledger.readBlock(height);
}

async function adopt(
  context: AnchorContext,
  block: Block,
  rootHash: Uint8Array,
  waiting: Waiting,
  keysDir: string,
): Promise<void> {
  const { client, log } = context;
  const header = parseBlockHeader(block.header);
  const treeSize = treeSizeAfter(header);
  const events = block.bodies.map(({ body }) => parseKnownEvent(body));
  const keyChange = events.find((event): event is KeyChangeEvent => event?.event === 'key-change');
  const close = events.find((event): event is CloseEvent => event?.event === 'close');
  const note = signCheckpoint(log, treeSize, rootHash);
  if (keyChange) log.keys.change(keyChange);
  if (close) log.keys.change({ lastSize: close.lastSize, verifierKeys: [] });
  await adoptBlock(client, {
    ...(keyChange && { keyChange }),
    ...matchEntries(block, header, waiting),
    log: log.id,
    height: header.height,
    firstIndex: header.firstIndex,
    count: header.count,
    header: block.header,
    events: block.bodies,
    treeSize,
    note,
    ...(close && {
      lastSize: close.lastSize,
      ...(close.next !== undefined && { next: findFollower(context, keysDir, close.next) }),
    }),
  }).catch((error: unknown) => {
    throw error instanceof LogNotDrainedError ? tooLate(context) : error;
  });
}

function findFollower({ log }: AnchorContext, keysDir: string, next: string): NewLog {
  try {
    return findNextLog(keysDir, next);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new HistoryConflictError(
      `the ledger of ${log.origin} is closed and followed by ${next}, but ${why}: restore KEYS_DIR from its newest backup`,
      { cause },
    );
  }
}

function tooLate({ log }: AnchorContext): HistoryConflictError {
  return new HistoryConflictError(
    `the ledger of ${log.origin} is closed, but the database, restored to before that, has accepted records for it since: ` +
      `they cannot be anchored in it. Restore the database once more, and start the worker before the API`,
  );
}

/** The last block may have been appended and not published before the database was lost. */
async function republish({ ledger, log }: AnchorContext): Promise<void> {
  const { head, published } = ledger;
  if (!head || published?.treeSize === head.treeSize) return;
  await ledger.publishCheckpoint(signCheckpoint(log, head.treeSize, head.frontier.root()));
}

async function assertSigned({ ledger, log }: AnchorContext): Promise<void> {
  const lastHeight = ledger.head?.height ?? -1;
  const { firstIndex: wanted } = parseBlockHeader((await ledger.readBlock(lastHeight)).header);
  const note = await ledger.readPublished();
  const covered = isOurs(log, note) ? (ledger.published?.treeSize ?? 0) : 0;
  if (covered >= wanted) return;
  throw new HistoryConflictError(
    `the ledger of ${log.origin} has blocks up to ${lastHeight} that the database does not know, and no published ` +
      `checkpoint of ours covers them (tree size ${covered}, wanted ${wanted}): an older database was restored. Restore a ` +
      `newer one, or put the newest checkpoint of this log back into its ledger folder (docs/operations.md)`,
  );
}

/** The writer has compared the note with the ledger; whose it is it does not know. */
function isOurs({ keys }: LogIdentity, note: Uint8Array | null): boolean {
  try {
    return (
      note !== null &&
      verifyNote(nativeCrypto, parseNote(Buffer.from(note).toString('utf8')), keys.held).length > 0
    );
  } catch (error) {
    if (error instanceof ReceiptError) return false;
    throw error;
  }
}

async function readWaiting({ client, log }: AnchorContext): Promise<Waiting> {
  const parcels = await readPendingParcels(client, log.id, Number.MAX_SAFE_INTEGER);
  const logEntries = new Map<string, string[]>();
  const all = { maxEntries: Number.MAX_SAFE_INTEGER, maxBodyBytes: Number.MAX_SAFE_INTEGER };
  for (const { id, type, body } of await readPendingLogEntries(client, log.id, all)) {
    const key = keyOf(computeEntry(nativeCrypto, type, body));
    logEntries.set(key, [...(logEntries.get(key) ?? []), id]);
  }
  return { parcels: new Map(parcels.map((parcel) => [keyOf(parcel.entries), parcel])), logEntries };
}

function matchEntries(
  { entries }: Block,
  { height, firstIndex, count }: BlockHeader,
  waiting: Waiting,
): Members {
  const parcels: ParcelMembership[] = [];
  const logEntries: LogEntryPlace[] = [];
  const lost: number[] = [];
  for (let ordinal = 0; ordinal < count;) {
    const rest = entries.subarray(ordinal * ENTRY_SIZE);
    const parcel = waiting.parcels.get(keyOf(rest));
    if (parcel) {
      assertWhole(parcel, rest, height);
      parcels.push({ id: parcel.id, firstLeaf: firstIndex + ordinal });
      ordinal += parcel.n;
      continue;
    }
    const id = waiting.logEntries.get(keyOf(rest))?.shift();
    if (id !== undefined) logEntries.push({ id, leafIndex: firstIndex + ordinal });
    // The body of an event is in the block itself: nothing of it is lost.
    else if (parseEntry(rest.subarray(0, ENTRY_SIZE)).type !== EntryType.event) lost.push(ordinal);
    ordinal += 1;
  }
  return { parcels, logEntries, orphans: runsOf(lost, entries, firstIndex) };
}

/** A parcel never straddles two blocks: what begins in this one stands in it as a whole. */
function assertWhole({ id, n, entries }: Parcel, rest: Uint8Array, height: number): void {
  if (Buffer.compare(rest.subarray(0, n * ENTRY_SIZE), entries) === 0) return;
  throw new HistoryConflictError(
    `block ${height} of the ledger has a part of the waiting parcel ${id}: the ledger or the database was changed; ` +
      `restore both from one backup (docs/operations.md)`,
  );
}

/** Ordinals one after the other are one run. */
function runsOf(ordinals: readonly number[], entries: Uint8Array, firstIndex: number): OrphanEntries[] {
  const runs: { readonly start: number; end: number }[] = [];
  for (const ordinal of ordinals) {
    const last = runs.at(-1);
    if (last?.end === ordinal) last.end += 1;
    else runs.push({ start: ordinal, end: ordinal + 1 });
  }
  return runs.map(({ start, end }) => ({
    firstLeaf: firstIndex + start,
    entries: entries.subarray(start * ENTRY_SIZE, end * ENTRY_SIZE),
  }));
}

function keyOf(entries: Uint8Array): string {
  return Buffer.from(entries.buffer, entries.byteOffset, ENTRY_SIZE).toString('latin1');
}
