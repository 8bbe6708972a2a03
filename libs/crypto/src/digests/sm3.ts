/**
 * SM3, GB/T 32905-2016 (also ISO/IEC 10118-3:2018 §17). Section numbers below are those of the standard. The portable
 * libraries in use have no SM3, so it is written out here; words are 32 bits, big-endian.
 */
import { type DigestDefinition, type RunningHash } from '../digest.js';

const BLOCK_SIZE = 64;
const LENGTH_SIZE = 8;
/** The initial value IV, §4.1. */
const IV = [
  0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e,
] as const;
/** The constants T_j of §4.2, already rotated left by j mod 32 as §5.3.3 uses them. */
const ROTATED_T = Int32Array.from({ length: 64 }, (_, j) => rotl(j < 16 ? 0x79cc4519 : 0x7a879d8a, j % 32));

function rotl(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

/** P0 of §4.4. */
function p0(x: number): number {
  return x ^ rotl(x, 9) ^ rotl(x, 17);
}

/** P1 of §4.4. */
function p1(x: number): number {
  return x ^ rotl(x, 15) ^ rotl(x, 23);
}

class Sm3 implements RunningHash {
  readonly #state = Int32Array.from(IV);
  readonly #block = new Uint8Array(BLOCK_SIZE);
  readonly #view = new DataView(this.#block.buffer);
  readonly #words = new Int32Array(68);
  #sizeBytes = 0;

  update(chunk: Uint8Array): void {
    for (let taken = 0; taken < chunk.length;) {
      const filled = this.#sizeBytes % BLOCK_SIZE;
      const part = chunk.subarray(taken, taken + BLOCK_SIZE - filled);
      this.#block.set(part, filled);
      this.#sizeBytes += part.length;
      taken += part.length;
      if (filled + part.length === BLOCK_SIZE) this.#compress();
    }
  }

  digest(): Uint8Array {
    this.#pad();
    const digest = new Uint8Array(4 * IV.length);
    const view = new DataView(digest.buffer);
    this.#state.forEach((word, i) => {
      view.setInt32(4 * i, word);
    });
    return digest;
  }

  /** §5.2: a 1 bit, zeros, and the length in bits as 64 bits. */
  #pad(): void {
    const sizeBytes = this.#sizeBytes;
    const filled = sizeBytes % BLOCK_SIZE;
    this.#block.fill(0, filled);
    this.#block[filled] = 0x80;
    if (filled + 1 + LENGTH_SIZE > BLOCK_SIZE) {
      this.#compress();
      this.#block.fill(0);
    }
    this.#view.setBigUint64(BLOCK_SIZE - LENGTH_SIZE, 8n * BigInt(sizeBytes));
    this.#compress();
  }

  /** Message expansion, §5.3.2: W_0 … W_67. */
  #expand(): Int32Array {
    const w = this.#words;
    for (let j = 0; j < 16; j++) w[j] = this.#view.getInt32(4 * j);
    const at = (j: number): number => w[j] as number;
    for (let j = 16; j < 68; j++) {
      w[j] = p1(at(j - 16) ^ at(j - 9) ^ rotl(at(j - 3), 15)) ^ rotl(at(j - 13), 7) ^ at(j - 6);
    }
    return w;
  }

  /** The compression function CF, §5.3.3. */
  #compress(): void {
    const w = this.#expand();
    let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = this.#state;
    for (let j = 0; j < 64; j++) {
      const word = w[j] as number;
      const a12 = rotl(a, 12);
      const ss1 = rotl((a12 + e + (ROTATED_T[j] as number)) | 0, 7);
      const ss2 = ss1 ^ a12;
      const ff = j < 16 ? a ^ b ^ c : (a & b) | (a & c) | (b & c);
      const gg = j < 16 ? e ^ f ^ g : (e & f) | (~e & g);
      const tt1 = (ff + d + ss2 + (word ^ (w[j + 4] as number))) | 0;
      const tt2 = (gg + h + ss1 + word) | 0;
      [d, c, b, a] = [c, rotl(b, 9), a, tt1];
      [h, g, f, e] = [g, rotl(f, 19), e, p0(tt2)];
    }
    [a, b, c, d, e, f, g, h].forEach((word, i) => {
      this.#state[i] = (this.#state[i] as number) ^ word;
    });
  }
}

export const sm3Digest: DigestDefinition<'sm3'> = {
  name: 'sm3',
  sizeBytes: 32,
  nativeName: 'sm3',
  hash(data) {
    const running = new Sm3();
    running.update(data);
    return running.digest();
  },
  start: () => new Sm3(),
};
