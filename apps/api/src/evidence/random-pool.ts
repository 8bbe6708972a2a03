/** Random bytes in small portions: one call into the system's generator for many records instead of one each. */
import { randomFillSync } from 'node:crypto';

const POOL_BYTES = 65_536;

export type RandomBytes = (size: number) => Buffer;

/** Portions are never given out twice; each is a view of memory that nobody else writes. */
export function createRandomPool(): RandomBytes {
  let pool = Buffer.alloc(0);
  let offset = 0;
  return (size) => {
    if (size > POOL_BYTES) return randomFillSync(Buffer.alloc(size));
    if (offset + size > pool.length) {
      pool = randomFillSync(Buffer.alloc(POOL_BYTES));
      offset = 0;
    }
    offset += size;
    return pool.subarray(offset - size, offset);
  };
}
