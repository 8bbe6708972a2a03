/**
 * One block from preparation to publication, in the order that makes a crash at any point recoverable:
 *
 *   1 prepare    PostgreSQL holds the block's bytes and members
 *   2 append     the very bytes are in the segment file, fsynced
 *   3 tiles      the tree's new tiles are durable
 *   4 anchor     the signed checkpoint is in PostgreSQL, unique for log and tree size
 *   5 publish    the checkpoint file is replaced; it only ever shows what PostgreSQL holds
 *
 * `finishBlock` is steps 2 to 5: a restart runs it for the block that step 1 left behind.
 */
import { type ClientBase } from 'pg';
import { nativeCrypto } from '@cunzheng/crypto/node';
import {
  BlockBuilder,
  computeEntry,
  EntryType,
  formatTime,
  type ChainHead,
  type VerifiedBlock,
} from '@cunzheng/ledger';
import { type LedgerWriter } from '@cunzheng/ledger/node';
import {
  anchorBlock,
  prepareBlock,
  type KeyChange,
  type LogEntryPlace,
  type Parcel,
  type ParcelMembership,
  type PendingLogEntry,
} from '@cunzheng/persistence';
import { noTracing, type Tracing } from '@cunzheng/telemetry';
import { formatCheckpoint, formatNote, signNote } from '@cunzheng/receipt';
import { type LogIdentity } from '../log-key/log-identity.js';
import { type BlockStep, type WorkerMetrics } from '../metrics/worker-metrics.js';
import { BlockTrace } from './block-trace.js';

/** What goes into a block, in this order. */
export interface BlockContents {
  /** Bodies of events that the sequencer itself brings about. */
  readonly events?: readonly Uint8Array[];
  readonly logEntries?: readonly PendingLogEntry[];
  readonly parcels?: readonly Parcel[];
  /** What one of the events announces. */
  readonly keyChange?: KeyChange;
  /** One of the events closes the log at this tree size. */
  readonly lastSize?: number;
}

interface BuiltBlock {
  readonly block: VerifiedBlock;
  readonly logEntries: readonly LogEntryPlace[];
  readonly parcels: readonly ParcelMembership[];
}

export interface AnchorContext {
  readonly client: ClientBase;
  readonly ledger: LedgerWriter;
  readonly log: LogIdentity;
  readonly now: () => number;
  readonly metrics: Pick<WorkerMetrics, 'blockSteps'>;
  readonly tracing: Tracing;
}

/** All five steps for new contents. */
export async function anchorContents(context: AnchorContext, contents: BlockContents): Promise<ChainHead> {
  const trace = new BlockTrace(context.tracing, contents.parcels ?? []);
  try {
    const head = await anchorTraced(context, contents, trace);
    trace.end(head.height);
    return head;
  } catch (error) {
    trace.fail(error);
    throw error;
  }
}

async function anchorTraced(
  context: AnchorContext,
  contents: BlockContents,
  trace: BlockTrace,
): Promise<ChainHead> {
  const { block, logEntries, parcels } = await buildBlock(context, contents);
  const { header } = block;
  const { keyChange, lastSize } = contents;
  await measured(context, trace, 'prepare', () =>
    prepareBlock(context.client, {
      log: context.log.id,
      height: header.height,
      firstIndex: header.firstIndex,
      count: header.count,
      header: block.block.header,
      parcels,
      logEntries,
      events: block.block.bodies,
      traceparent: trace.traceparent,
      ...(keyChange && { keyChange }),
      ...(lastSize !== undefined && { lastSize }),
    }),
  );
  if (keyChange) context.log.keys.change(keyChange);
  if (lastSize !== undefined) context.log.keys.change({ lastSize, verifierKeys: [] });
  const { head } = await measured(context, trace, 'append', () => context.ledger.appendBlock(block));
  await finishBlock(context, head, trace);
  return head;
}

/** Steps 3 to 5 for the block that ends at `head`, the ledger's last. */
export async function finishBlock(
  context: AnchorContext,
  { height, treeSize, frontier }: ChainHead,
  trace = new BlockTrace(noTracing, []),
): Promise<void> {
  await measured(context, trace, 'tiles', () => context.ledger.writeTiles());
  const note = signCheckpoint(context.log, treeSize, frontier.root());
  await measured(context, trace, 'anchor', () =>
    anchorBlock(context.client, { log: context.log.id, height, treeSize, note }),
  );
  await measured(context, trace, 'publish', () => context.ledger.publishCheckpoint(note));
}

async function measured<T>(
  { metrics }: AnchorContext,
  trace: BlockTrace,
  step: BlockStep,
  work: () => Promise<T>,
): Promise<T> {
  const stop = metrics.blockSteps.startTimer({ step });
  const result = await trace.step(step, work);
  stop();
  return result;
}

async function buildBlock(
  { ledger, now }: AnchorContext,
  { events = [], logEntries = [], parcels = [] }: BlockContents,
): Promise<BuiltBlock> {
  const builder = new BlockBuilder(ledger.chain, ledger.head);
  for (const body of events) builder.appendEvent(body);
  const places: LogEntryPlace[] = [];
  for (const { id, type, body } of logEntries) {
    places.push({ id, leafIndex: builder.firstIndex + builder.count });
    if (type === EntryType.event) builder.appendEvent(body);
    else builder.append(computeEntry(nativeCrypto, type, body));
  }
  const members: ParcelMembership[] = [];
  for (const { id, entries } of parcels) {
    members.push({ id, firstLeaf: builder.firstIndex + builder.count });
    builder.append(entries);
    // A parcel is a few milliseconds of hashing: let heartbeats and signals through.
    await new Promise(setImmediate);
  }
  const earliest = ledger.head ? Date.parse(ledger.head.createdAt) : 0;
  const block = builder.finish(formatTime(Math.max(now(), earliest)));
  return { block, logEntries: places, parcels: members };
}

/**
 * The log's note for a tree, signed by the keys whose window holds its size. Signed again it is the same note: all their
 * signatures are deterministic.
 */
export function signCheckpoint(
  { origin, keys }: LogIdentity,
  treeSize: number,
  rootHash: Uint8Array,
): Buffer {
  const text = formatCheckpoint({ origin, treeSize, rootHash });
  const lines = keys.at(treeSize).map(({ verifierKey, sign }) => signNote(text, verifierKey, sign));
  return Buffer.from(formatNote(text, lines));
}
