/** A log as the directory of its ledger, or a full copy of it, has it. Checksums of the files are looked at on the way. */
import { LedgerError, parseBlockHeader } from '@cunzheng/ledger';
import { listLogNames, logDirectory, openLedgerReader, type LedgerReader } from '@cunzheng/ledger/node';
import { formatTilePath } from '@cunzheng/merkle';
import { CliError } from '../cli-error.js';
import { describeFileError } from '../file-error.js';
import { LogFault, type Place } from './log-fault.js';
import { type LogSource, type SourcedBlock } from './log-source.js';

/** Each block may take 64 MiB. */
const PARALLEL_READS = 4;
/** Every tile is read once: nothing to keep. */
const TILE_CACHE_BYTES = 1_048_576;
const FAULTS: Readonly<Record<string, LogFault['kind']>> = {
  'block-missing': 'missing',
  'entry-missing': 'missing',
  'tile-missing': 'missing',
  'checkpoint-missing': 'missing',
  'ledger-damaged': 'damaged',
};

/** @throws CliError `file` when there is no ledger. */
export async function openDirectorySource(path: string): Promise<LogSource> {
  const dir = await findLedger(path);
  const reader = await openLedgerReader({ dir, tileCacheBytes: TILE_CACHE_BYTES });
  const restore =
    'restore the segment from a backup or another copy; `cunzheng ledger fsck` has file and offset';
  return {
    address: dir,
    parallelReads: PARALLEL_READS,
    wayOut: {
      checkpoint:
        'compare both with the database, the witnesses and checkpoints kept elsewhere: one of the two is not of this log',
      block: restore,
      entries: restore,
      event: restore,
      tile: `cunzheng ledger rebuild ${dir} --tiles`,
      list: restore,
    },
    readCheckpoint: () => asFault(dir, {}, async () => decode(await reader.readCheckpoint())),
    readBlock: (height) => asFault(dir, { height }, () => readBlock(reader, height)),
    readTile: (tile) => asFault(dir, { tile: formatTilePath(tile) }, () => reader.readTile(tile)),
    close: () => reader.close(),
  };
}

/** The log's own directory, also when it is the only one in the folder of ledgers that was named. @throws CliError `file`. */
export async function findLedger(path: string): Promise<string> {
  const opened = await openLedgerReader({ dir: path }).catch(ignoreMissing);
  if (opened !== null) {
    await opened.close();
    return path;
  }
  const names = await listLogNames(path).catch(() => []);
  const [only] = names;
  if (names.length === 1 && only !== undefined) return logDirectory(path, only);
  const advice =
    names.length === 0 ? 'want one with the folder "segments"' : `name one of ${names.join(', ')} in it`;
  throw new CliError('file', `${path} is no directory of a ledger: ${advice}`);
}

async function readBlock(reader: LedgerReader, height: number): Promise<SourcedBlock> {
  const block = await reader.readBlock(height);
  const headerIndex = headerIndexOf(block.header);
  return headerIndex === null ? { block } : { block, headerEntry: await reader.readEntry(headerIndex) };
}

/** Null for a header that cannot be read: the replay says so. */
function headerIndexOf(header: string): number | null {
  try {
    const { firstIndex, count } = parseBlockHeader(header);
    return firstIndex + count;
  } catch (error) {
    if (error instanceof LedgerError) return null;
    throw error;
  }
}

async function asFault<T>(dir: string, place: Place, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    const kind = cause instanceof LedgerError ? FAULTS[cause.code] : undefined;
    if (!(cause instanceof LedgerError)) throw new CliError('file', describeFileError(dir, cause), { cause });
    if (kind === undefined) throw cause;
    throw new LogFault(kind, cause.message, { ...place, ...cause.place }, { cause });
  }
}

function ignoreMissing(error: unknown): null {
  if (error instanceof LedgerError && error.code === 'ledger-missing') return null;
  throw error;
}

function decode(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}
