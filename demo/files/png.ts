/** A real PNG picture (PNG specification, third edition): 8-bit RGB, one deflated IDAT chunk. */
import { crc32, deflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');
const NO_FILTER = 0;

/** A pixel's red, green and blue, 0 to 255. */
export type Pixel = (x: number, y: number) => readonly [number, number, number];

export function formatPng(width: number, height: number, pixel: Pixel): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const rows = Array.from({ length: height }, (_, y) =>
    Buffer.from([NO_FILTER, ...Array.from({ length: width }, (__, x) => pixel(x, y)).flat()]),
  );
  const chunks = [
    formatChunk('IHDR', header),
    formatChunk('IDAT', deflateSync(Buffer.concat(rows))),
    formatChunk('IEND', Buffer.alloc(0)),
  ];
  return Buffer.concat([SIGNATURE, ...chunks]);
}

function formatChunk(type: string, data: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const ends = Buffer.alloc(8);
  ends.writeUInt32BE(data.length, 0);
  ends.writeUInt32BE(crc32(typed), 4);
  return Buffer.concat([ends.subarray(0, 4), typed, ends.subarray(4)]);
}
