/** A block from the public log, taken apart and checked against itself: what its entries give, its header must name. */
import { portableCrypto } from '@cunzheng/crypto';
import {
  type BlockHeader,
  computeEntry,
  type Entry,
  ENTRY_SIZE,
  EntryType,
  hashBlockHeader,
  parseBlockHeader,
  parseEntry,
} from '@cunzheng/ledger';
import { computeRoot, portableTreeHasher } from '@cunzheng/merkle';
import { decodeBase64, encodeHex } from '@cunzheng/receipt';
import { type FetchedBlock } from './log-client.js';

export interface CheckedBlock {
  readonly header: BlockHeader;
  readonly headerHash: string;
  readonly entries: readonly Entry[];
  /** Why the block contradicts itself; undefined if it does not. */
  readonly contradiction: string | undefined;
}

/** Throws LedgerError where it is no block at all. */
export function checkBlock(block: FetchedBlock): CheckedBlock {
  const header = parseBlockHeader(block.header);
  const bytes = decodeBase64(block.entries) ?? new Uint8Array();
  const slices = Array.from({ length: Math.floor(bytes.length / ENTRY_SIZE) }, (_, index) =>
    bytes.subarray(index * ENTRY_SIZE, (index + 1) * ENTRY_SIZE),
  );
  return {
    header,
    headerHash: hashBlockHeader(portableCrypto, block.header),
    entries: slices.map(parseEntry),
    contradiction: findContradiction(block, header, slices),
  };
}

function findContradiction(
  { bodies }: FetchedBlock,
  { count, batchRoot }: BlockHeader,
  entries: readonly Uint8Array[],
): string | undefined {
  if (entries.length !== count) return `${entries.length} entries, the header says ${count}`;
  const root = computeRoot(
    portableTreeHasher,
    entries.map((entry) => portableTreeHasher.hashLeaf(entry)),
  );
  if (encodeHex(root) !== batchRoot) return `batch root ${encodeHex(root)}`;
  const wrong = bodies.find(({ ordinal, body }) => {
    const entry = computeEntry(portableCrypto, EntryType.event, new TextEncoder().encode(body));
    return encodeHex(entry) !== encodeHex(entries[ordinal] ?? new Uint8Array());
  });
  return wrong && `body of entry ${wrong.ordinal}`;
}
