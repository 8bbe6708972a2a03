/**
 * Entry bundles of C2SP tlog-tiles ("Log entries"): the entries behind one level 0 tile, each after its length.
 *
 *     bundle = width × ( uint16 big-endian length ‖ entry )
 */
import { MerkleError } from './errors.js';
import { assertTile, TILE_WIDTH } from './tile.js';

const LENGTH_SIZE = 2;
const MAX_ENTRY_SIZE = 0xffff;

/** The bundle of up to 256 entries of up to 65,535 bytes each. Throws `bundle-malformed`. */
export function formatEntryBundle(entries: readonly Uint8Array[]): Uint8Array {
  const sizeBytes = entries.reduce((sum, entry) => sum + LENGTH_SIZE + entry.length, 0);
  if (
    entries.length < 1 ||
    entries.length > TILE_WIDTH ||
    entries.some((entry) => entry.length > MAX_ENTRY_SIZE)
  ) {
    const want = `1…${TILE_WIDTH} of at most ${MAX_ENTRY_SIZE} bytes`;
    throw new MerkleError(
      'bundle-malformed',
      `got ${entries.length} entries of ${sizeBytes} bytes, want ${want}`,
    );
  }
  const bundle = new Uint8Array(sizeBytes);
  const view = new DataView(bundle.buffer);
  let offset = 0;
  for (const entry of entries) {
    view.setUint16(offset, entry.length);
    bundle.set(entry, offset + LENGTH_SIZE);
    offset += LENGTH_SIZE + entry.length;
  }
  return bundle;
}

/**
 * The first `width` (1…256) entries of a bundle, as views of `bytes`. A bundle may be wider than asked for, like a
 * full one in place of a partial one, but must end with an entry. Throws `bundle-malformed`, `tile-out-of-range`.
 */
export function parseEntryBundle(bytes: Uint8Array, width: number): Uint8Array[] {
  assertTile({ level: 0, index: 0, width });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries: Uint8Array[] = [];
  for (let offset = 0; offset < bytes.length;) {
    const start = offset + LENGTH_SIZE;
    offset = start > bytes.length ? start : start + view.getUint16(offset);
    if (offset > bytes.length || entries.length === TILE_WIDTH) {
      throw new MerkleError(
        'bundle-malformed',
        `entry ${entries.length} ends at ${offset} of ${bytes.length} bytes`,
      );
    }
    entries.push(bytes.subarray(start, offset));
  }
  if (entries.length < width) {
    throw new MerkleError('bundle-malformed', `bundle has ${entries.length} entries, want ${width}`);
  }
  return entries.slice(0, width);
}
