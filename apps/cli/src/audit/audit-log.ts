/**
 * Replays a whole log from a source that is not believed: chain, tree, tiles, entry bundles, lists and every signed
 * checkpoint that can be reached, in one pass and constant memory. The newest checkpoint says how far the log goes; what
 * lies behind it is not looked at. docs/audit.md says what an audit establishes and what no audit can.
 */
import { nativeCrypto } from '@cunzheng/crypto/node';
import { createChain, ENTRY_SIZE, LedgerError, type Chain, type VerifiedBlock } from '@cunzheng/ledger';
import { formatEntryBundlePath, formatTilePath, HASH_SIZE, type TileId } from '@cunzheng/merkle';
import { encodeHex, type Trust } from '@cunzheng/receipt';
import { CliError } from '../cli-error.js';
import { BlockReplay } from './block-replay.js';
import { CheckpointCheck, type CheckpointCounts, type KeptCheckpoint } from './checkpoint-check.js';
import { Contents } from './contents.js';
import { type Finding, Findings } from './findings.js';
import { ListCheck, readList } from './list-check.js';
import { LogFault } from './log-fault.js';
import { type ListedEvent, type ListedHeader, type LogSource } from './log-source.js';
import { prefetch } from './prefetch.js';
import { knowsLog, readSignedHead, type SignedHead } from './signed-head.js';
import { StripCheck, stripFiles } from './strip-check.js';
import { checkUpperTiles } from './upper-tiles.js';

export interface AuditOptions {
  /** Null: signatures are not verified. */
  readonly trust: Trust | null;
  /** Checkpoints that the auditor kept, which the log must lead to. */
  readonly kept?: readonly KeptCheckpoint[];
  readonly onProgress?: (entries: number, total: number) => void;
}

export interface AuditResult {
  /** Null when not even the newest checkpoint could be read. */
  readonly newest: SignedHead | null;
  /** There is trust with a key of this log, so signatures were verified. */
  readonly isTrusted: boolean;
  readonly findings: readonly Finding[];
  /** Why the audit could not go on to the end, if so: nothing is known of the rest. */
  readonly unfinished: string | null;
  /** Every block up to the newest checkpoint holds. */
  readonly isReplayed: boolean;
  readonly blocks: number;
  readonly entries: number;
  /** Root hash of the replayed entries, hex; null before the first block. */
  readonly rootHash: string | null;
  readonly contents: Contents;
  readonly checkpoints: CheckpointCounts;
  /** Hash tiles compared, of all levels. */
  readonly tiles: number;
  /** Null where the source has none beside its blocks. */
  readonly entryBundles: number | null;
  /** Lists that were compared to the end. */
  readonly lists: readonly string[];
}

/** Audits `source`. Findings and a source that fails midway are in the result; anything else is thrown. */
export async function auditLog(source: LogSource, options: AuditOptions): Promise<AuditResult> {
  const findings = new Findings(source);
  let newest: SignedHead | null = null;
  let trust = options.trust;
  let unfinished: string | null = null;
  let pass: AuditPass | null = null;
  try {
    const note = await source.readCheckpoint();
    const { origin } = readSignedHead('the newest checkpoint', note, null);
    if (trust !== null && !knowsLog(trust, origin)) trust = null;
    newest = readSignedHead('the newest checkpoint', note, trust);
    pass = new AuditPass(source, createChain(nativeCrypto, origin), newest, { ...options, trust }, findings);
    await pass.run();
  } catch (error) {
    if (error instanceof LogFault) findings.addFault('checkpoint', error);
    else if (error instanceof CliError) unfinished = error.message;
    else if (error instanceof LedgerError) findings.add('checkpoint', error.message);
    else throw error;
  }
  if (findings.isFull) unfinished ??= `it ended after ${findings.list.length} findings`;
  return {
    newest,
    isTrusted: newest !== null && trust !== null,
    findings: findings.list,
    unfinished,
    ...outcomeOfPass(pass),
  };
}

class AuditPass {
  readonly contents = new Contents();
  readonly replay: BlockReplay;
  readonly checkpoints: CheckpointCheck;
  readonly tiles: StripCheck;
  readonly bundles: StripCheck | null;
  readonly headers: ListCheck<ListedHeader>;
  readonly events: ListCheck<ListedEvent>;
  upperTiles = 0;
  entries = 0;
  isReplayed = false;
  rootHash: string | null = null;

  constructor(
    private readonly source: LogSource,
    private readonly chain: Chain,
    private readonly newest: SignedHead,
    private readonly options: AuditOptions,
    private readonly findings: Findings,
  ) {
    const { lists, parallelReads } = source;
    this.replay = new BlockReplay(chain, findings);
    this.checkpoints = new CheckpointCheck(
      newest,
      options.kept ?? [],
      lists,
      parallelReads,
      options.trust,
      findings,
    );
    this.tiles = this.#openTiles();
    this.bundles = this.#openBundles();
    const report = (message: string): void => {
      findings.add('list', message);
    };
    const list = lists && {
      headers: readList((from) => lists.listHeaders(from)),
      events: readList((from) => lists.listEvents(from)),
    };
    this.headers = new ListCheck('blocks', list?.headers ?? null, report);
    this.events = new ListCheck('events', list?.events ?? null, report);
  }

  async run(): Promise<void> {
    const { source, newest, replay } = this;
    const blocks = prefetch(naturals(), source.parallelReads, (height) => source.readBlock(height));
    for await (const outcome of blocks) {
      const verified = replay.next(outcome);
      if (replay.isHopeless) return;
      if (verified === null) continue;
      const { treeSize } = verified.head;
      if (treeSize <= newest.treeSize) await this.#take(verified);
      if (treeSize >= newest.treeSize) break;
    }
    if (replay.isTreeKnown) await this.#finish();
  }

  async #take(verified: VerifiedBlock): Promise<void> {
    const { head } = verified;
    this.contents.add(verified);
    if (!this.replay.isTreeKnown) return;
    this.entries = head.treeSize;
    await this.#compareTiles(verified);
    await this.#compareLists(verified);
    await this.checkpoints.blockEnds(head.treeSize, () => head.frontier.root());
    this.options.onProgress?.(head.treeSize, this.newest.treeSize);
  }

  async #compareTiles({ tileHashes, block, headerEntry }: VerifiedBlock): Promise<void> {
    const [leafHashes = new Uint8Array(0)] = tileHashes;
    for (let at = 0; at < leafHashes.length; at += HASH_SIZE) {
      if (this.tiles.append(leafHashes.subarray(at, at + HASH_SIZE))) await this.tiles.compare();
    }
    if (this.bundles === null) return;
    const { entries } = block;
    for (let at = 0; at < entries.length; at += ENTRY_SIZE) {
      if (this.bundles.append(entries.subarray(at, at + ENTRY_SIZE))) await this.bundles.compare();
    }
    if (this.bundles.append(headerEntry)) await this.bundles.compare();
  }

  async #compareLists({ header, block }: VerifiedBlock): Promise<void> {
    await this.headers.expect(
      `block ${header.height}`,
      (item) => item.height === header.height && item.header === block.header,
    );
    for (const { ordinal, body } of block.bodies) {
      const leafIndex = header.firstIndex + ordinal;
      await this.events.expect(
        `the event in entry ${leafIndex}`,
        (item) => item.leafIndex === leafIndex && Buffer.from(item.body).equals(body),
      );
    }
  }

  async #finish(): Promise<void> {
    this.checkpoints.finish(this.newest.treeSize);
    const { head } = this.replay;
    if (head?.treeSize !== this.newest.treeSize) return;
    await this.tiles.compare();
    await this.bundles?.compare();
    const { frontier } = head;
    this.rootHash = encodeHex(frontier.root());
    this.isReplayed = true;
    const { hasher } = this.chain;
    const { parallelReads } = this.source;
    const readTile = (tile: TileId): Promise<Uint8Array> => this.source.readTile(tile);
    for await (const { tile, fault } of checkUpperTiles({ hasher, frontier, readTile, parallelReads })) {
      this.upperTiles++;
      if (fault !== null) this.findings.addFault('tile', fault, { tile: formatTilePath(tile) });
    }
  }

  #openTiles(): StripCheck {
    const { source, findings, newest } = this;
    return new StripCheck({
      itemBytes: HASH_SIZE,
      files: prefetch(stripFiles(newest.treeSize), source.parallelReads, (file) =>
        source.readTile({ level: 0, ...file }),
      ),
      onFault: (file, fault) => {
        findings.addFault('tile', fault, { tile: formatTilePath({ level: 0, ...file }) });
      },
      onMismatch: (file, leafIndex) => {
        const tile = formatTilePath({ level: 0, ...file });
        findings.add('tile', `${tile}: the hash of entry ${leafIndex} is not what the blocks give`, {
          tile,
          leafIndex,
        });
      },
    });
  }

  #openBundles(): StripCheck | null {
    const { findings, newest } = this;
    const { readBundle, parallelReads } = this.source;
    if (readBundle === undefined) return null;
    return new StripCheck({
      itemBytes: ENTRY_SIZE,
      prefix: Uint8Array.of(0, ENTRY_SIZE),
      files: prefetch(stripFiles(newest.treeSize), parallelReads, readBundle),
      onFault: (file, fault) => {
        findings.addFault('entries', fault, { tile: formatEntryBundlePath(file) });
      },
      onMismatch: (file, leafIndex) => {
        const tile = formatEntryBundlePath(file);
        findings.add('entries', `${tile}: entry ${leafIndex} is not that of the blocks`, { tile, leafIndex });
      },
    });
  }
}

type PassOutcome = Omit<AuditResult, 'newest' | 'isTrusted' | 'findings' | 'unfinished'>;

function outcomeOfPass(pass: AuditPass | null): PassOutcome {
  const lists = pass === null ? [] : [pass.headers, pass.events].filter((list) => list.isComplete);
  return {
    isReplayed: pass?.isReplayed ?? false,
    blocks: pass?.replay.verified ?? 0,
    entries: pass?.entries ?? 0,
    rootHash: pass?.rootHash ?? null,
    contents: pass?.contents ?? new Contents(),
    checkpoints: pass?.checkpoints.counts ?? { compared: 0, signed: 0, witnessedSize: null },
    tiles: (pass?.tiles.compared ?? 0) + (pass?.upperTiles ?? 0),
    entryBundles: pass?.bundles?.compared ?? (pass === null || pass.bundles === null ? null : 0),
    lists: lists.map(({ name }) => name),
  };
}

function* naturals(): Generator<number, void> {
  for (let n = 0; ; n++) yield n;
}
