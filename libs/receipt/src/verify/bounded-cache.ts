/**
 * What a verifier remembers between receipts: checkpoints that verified under its trust, by their exact note, and signers'
 * keys that passed their algorithm's rules. These are the dear parts, and many receipts share them. Bounded in number and
 * in characters, oldest out first, since whoever sends receipts chooses what is remembered.
 */
const MAX_ENTRIES = 1024;
const MAX_CHARACTERS = 4_194_304;

export class BoundedCache<T> {
  private readonly entries = new Map<string, T>();
  private characters = 0;

  get(key: string): T | undefined {
    return this.entries.get(key);
  }

  /** Requires that `key` is not in the cache. */
  add(key: string, value: T): void {
    this.entries.set(key, value);
    this.characters += key.length;
    for (const oldest of this.entries.keys()) {
      if (this.entries.size <= MAX_ENTRIES && this.characters <= MAX_CHARACTERS) break;
      this.entries.delete(oldest);
      this.characters -= oldest.length;
    }
  }
}
