/**
 * Paths of tiles and entry bundles, C2SP tlog-tiles: `tile/<L>/<N>[.p/<W>]` and `tile/entries/<N>[.p/<W>]`. The index
 * is written in zero-padded groups of three digits, all but the last after an `x`, and only partial tiles have a
 * width. Each tile has exactly one path: servers and caches key by it, so every other spelling is refused.
 */
import { MerkleError } from './errors.js';
import { assertTile, type EntryBundleId, TILE_WIDTH, type TileId } from './tile.js';

const TILE_PATH = /^tile\/(0|[1-9]\d?)\/((?:x\d{3}\/){0,4}\d{3})(?:\.p\/([1-9]\d{0,2}))?$/;
const ENTRY_BUNDLE_PATH = /^tile\/entries\/((?:x\d{3}\/){0,4}\d{3})(?:\.p\/([1-9]\d{0,2}))?$/;

/** The path of a tile, such as `tile/0/x001/x234/067` or `tile/1/000.p/17`. Throws `tile-out-of-range`. */
export function formatTilePath(tile: TileId): string {
  assertTile(tile);
  return `tile/${tile.level}/${formatIndex(tile.index)}${formatWidth(tile.width)}`;
}

/** The tile that a path names. Throws `tile-path` unless it is that tile's one canonical path. */
export function parseTilePath(path: string): TileId {
  const [, level, index, width] = TILE_PATH.exec(path) ?? [];
  const tile = { level: Number(level), index: parseIndex(index), width: parseWidth(width) };
  assertCanonical(path, level !== undefined, () => formatTilePath(tile));
  return tile;
}

/** The path of an entry bundle, such as `tile/entries/000.p/17`. Throws `tile-out-of-range`. */
export function formatEntryBundlePath(bundle: EntryBundleId): string {
  assertTile({ ...bundle, level: 0 });
  return `tile/entries/${formatIndex(bundle.index)}${formatWidth(bundle.width)}`;
}

/** The entry bundle that a path names. Throws `tile-path` unless it is that bundle's one canonical path. */
export function parseEntryBundlePath(path: string): EntryBundleId {
  const [, index, width] = ENTRY_BUNDLE_PATH.exec(path) ?? [];
  const bundle = { index: parseIndex(index), width: parseWidth(width) };
  assertCanonical(path, index !== undefined, () => formatEntryBundlePath(bundle));
  return bundle;
}

function formatIndex(index: number): string {
  const digits = index.toString();
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/\d{3}/g) ?? [];
  return groups.map((group, i) => (i < groups.length - 1 ? `x${group}` : group)).join('/');
}

function formatWidth(width: number): string {
  return width === TILE_WIDTH ? '' : `.p/${width}`;
}

function parseIndex(index = ''): number {
  return Number(index.replaceAll(/[x/]/g, ''));
}

function parseWidth(width?: string): number {
  return width === undefined ? TILE_WIDTH : Number(width);
}

/** Comparing with the one canonical form refuses what the pattern lets through: `x000/`, `.p/256`, too large numbers. */
function assertCanonical(path: string, matched: boolean, format: () => string): void {
  let cause: unknown;
  try {
    if (matched && format() === path) return;
  } catch (error) {
    cause = error;
  }
  const shown = JSON.stringify(path.slice(0, 80));
  throw new MerkleError('tile-path', `got ${shown}, want the canonical path of a tile or entry bundle`, {
    cause,
  });
}
