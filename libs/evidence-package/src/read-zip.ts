/**
 * Reads ZIP files (APPNOTE.TXT 6.3) of the one shape that packages have: files one after the other from the first byte on,
 * then the directory in the same order and with the same headers, then its end record and nothing else. ZIP says most things
 * twice and programs differ in what they believe; where every place says the same, they all unpack the same.
 */
import { Inflate } from 'fflate';
import { computeCrc32 } from './crc-32.js';
import { PackageError } from './errors.js';
import { isEqual } from './files.js';

export interface ZipEntry {
  readonly name: string;
  /** Unpacked, as declared. */
  readonly size: number;
}

export interface ZipFile extends ZipEntry {
  /**
   * Gives the content piece by piece, each to be used at once. Whether it is sound is known at its end.
   *
   * @throws PackageError `container-invalid`.
   */
  readonly read: (take: (piece: Uint8Array) => void) => void;
}

interface PackedEntry extends ZipEntry {
  readonly method: number;
  readonly crc: number;
  readonly packed: Uint8Array;
}

/** Where the parts of an entry are; `nextLocal` and `nextCentral` follow it. */
interface ReadEntry {
  readonly entry: PackedEntry;
  readonly nextLocal: number;
  readonly nextCentral: number;
}

const LOCAL = { signature: 0x04034b50, bytes: 30 };
const CENTRAL = { signature: 0x02014b50, bytes: 46 };
const END = { signature: 0x06054b50, bytes: 22 };
/** Written by version 2.0 of the format, for systems without modes or links. */
const VERSION = 20;
const STORED = 0;
const DEFLATED = 8;
/** How hard the writer tried: no reader needs to know. */
const EFFORT_FLAGS = 0x0006;
const UTF_8_FLAG = 0x0800;
/** How much is unpacked at once: deflate makes no more than 1,032 bytes out of one, so at most 16 MiB. */
const PACKED_PIECE_BYTES = 16 * 1024;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The files in their order. `admit` is asked of all before the first can be read.
 *
 * @throws PackageError `container-invalid`, and what `admit` throws.
 */
export function readZip(bytes: Uint8Array, admit: (entry: ZipEntry) => void): ZipFile[] {
  const entries = readEntries(bytes);
  for (const entry of entries) admit(entry);
  return entries.map((entry) => ({
    name: entry.name,
    size: entry.size,
    read: (take) => {
      readPieces(entry, take);
    },
  }));
}

function readEntries(bytes: Uint8Array): PackedEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = bytes.length - END.bytes;
  if (end < 0 || view.getUint32(end, true) !== END.signature) refuse('it does not end with its directory');
  const count = view.getUint16(end + 10, true);
  const directory = view.getUint32(end + 16, true);
  const isPlain = view.getUint32(end + 4, true) === 0 && view.getUint16(end + 20, true) === 0;
  const isWhole = directory + view.getUint32(end + 12, true) === end;
  if (!isPlain || !isWhole || view.getUint16(end + 8, true) !== count)
    refuse('its end record is not that of a package');
  const entries: PackedEntry[] = [];
  let local = 0;
  let central = directory;
  for (let index = 0; index < count; index += 1) {
    const { entry, nextLocal, nextCentral } = readEntry(view, local, central, directory, end);
    entries.push(entry);
    [local, central] = [nextLocal, nextCentral];
  }
  if (local !== directory || central !== end) refuse('it holds bytes that belong to no file');
  return entries;
}

/** The entry whose file begins at `local` and whose directory entry begins at `central`. */
function readEntry(
  view: DataView,
  local: number,
  central: number,
  directory: number,
  end: number,
): ReadEntry {
  if (central + CENTRAL.bytes > end || local + LOCAL.bytes > directory) refuse('its directory is cut off');
  const u16 = (at: number): number => view.getUint16(central + at, true);
  const u32 = (at: number): number => view.getUint32(central + at, true);
  const nameBytes = u16(28);
  const nextCentral = central + CENTRAL.bytes + nameBytes;
  const data = local + LOCAL.bytes + nameBytes;
  const nextLocal = data + u32(20);
  if (nextCentral > end || nextLocal > directory) refuse('its directory is cut off');
  const nameAt = central + CENTRAL.bytes;
  const name = readName(slice(view, nameAt, nextCentral), u16(8));
  const areHeaders = u32(0) === CENTRAL.signature && view.getUint32(local, true) === LOCAL.signature;
  // Versions, flags, method, date, CRC, sizes and lengths of name and extra field, and the name itself.
  const isSame =
    isEqual(slice(view, central + 6, central + 32), slice(view, local + 4, local + LOCAL.bytes)) &&
    isEqual(slice(view, nameAt, nextCentral), slice(view, local + LOCAL.bytes, data));
  if (!areHeaders || !isSame || u32(42) !== local) refuse(`it says two things about ${JSON.stringify(name)}`);
  const method = u16(10);
  const isKnown = u16(4) === VERSION && u16(6) === VERSION && (method === STORED || method === DEFLATED);
  // Extra field, comment, disk and attributes, which could make it a link.
  const isBare = u16(30) === 0 && u32(32) === 0 && u16(36) === 0 && u32(38) === 0;
  if (!isKnown || !isBare) refuse(`${JSON.stringify(name)} is not stored as packages store files`);
  const entry = { name, size: u32(24), method, crc: u32(16), packed: slice(view, data, nextLocal) };
  return { entry, nextLocal, nextCentral };
}

/** Without the UTF-8 flag a name is in whatever code page the program prefers, but for ASCII. */
function readName(bytes: Uint8Array, flags: number): string {
  const expected = bytes.every((byte) => byte < 0x80) ? 0 : UTF_8_FLAG;
  if ((flags & ~EFFORT_FLAGS) !== expected) refuse(`a file has flags 0x${flags.toString(16)}`);
  try {
    return decoder.decode(bytes);
  } catch {
    return refuse('the name of a file is not UTF-8');
  }
}

/** All of a file at once. @throws as its `read`. */
export function unpack({ size, read }: ZipFile): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  let at = 0;
  read((piece) => {
    bytes.set(piece, at);
    at += piece.length;
  });
  return bytes;
}

/** Its whole stream, which must have the declared size: some programs stop at the size, others at the stream's end. */
function readPieces(
  { name, size, method, crc, packed }: PackedEntry,
  take: (piece: Uint8Array) => void,
): void {
  let [total, found] = [0, 0];
  const count = (piece: Uint8Array): void => {
    total += piece.length;
    if (total > size) refuse(`${JSON.stringify(name)} is not of its declared size`);
    found = computeCrc32(piece, found);
    take(piece);
  };
  if (method === STORED) count(packed);
  else inflate(name, packed, count);
  if (total !== size) refuse(`${JSON.stringify(name)} is not of its declared size`);
  if (found !== crc) refuse(`${JSON.stringify(name)} does not have its CRC-32`);
}

function inflate(name: string, packed: Uint8Array, take: (piece: Uint8Array) => void): void {
  if (packed.length === 0) refuse(`${JSON.stringify(name)} has no stream`);
  const stream = new Inflate(take);
  try {
    for (let at = 0; at < packed.length; at += PACKED_PIECE_BYTES) {
      const end = at + PACKED_PIECE_BYTES;
      stream.push(packed.subarray(at, end), end >= packed.length);
    }
  } catch (cause) {
    if (cause instanceof PackageError) throw cause;
    refuse(`${JSON.stringify(name)} cannot be unpacked: ${(cause as Error).message}`, cause);
  }
}

function slice(view: DataView, start: number, end: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + start, end - start);
}

function refuse(reason: string, cause?: unknown): never {
  throw new PackageError(
    'container-invalid',
    `the ZIP file is not one that a package is: ${reason}; take the package as it was made, not zipped anew`,
    { cause },
  );
}
