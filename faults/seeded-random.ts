/** Randomness that can be repeated: mulberry32 (public domain, Tommy Ettinger), which is plenty for choosing moments. */
export class SeededRandom {
  #state: number;

  /** `seed`: an unsigned 32-bit integer. */
  constructor(readonly seed: number) {
    this.#state = seed >>> 0;
  }

  /** An integer with 0 ≤ n < `limit`. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  }

  pick<T>(choices: readonly [T, ...T[]]): T {
    return choices[this.below(choices.length)] ?? choices[0];
  }

  /** Whether something that happens `perCent` times in a hundred happens now. */
  chance(perCent: number): boolean {
    return this.below(100) < perCent;
  }
}
