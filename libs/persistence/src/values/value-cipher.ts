/**
 * Seals values with AES-256-GCM (NIST SP 800-38D) before they go to the database. A sealed value is
 *
 *     01 ‖ key number (2 bytes) ‖ nonce (12) ‖ ciphertext ‖ tag (16)
 *
 * and its associated data names organization, column and row, so that a value in another place does not open. Nonces are
 * random: a key is good for 2^32 values (§8.3), then it must be rotated. What begins with another byte was stored before
 * there were keys and is given back as it is.
 */
import { createCipheriv, createDecipheriv, createHmac, type KeyObject } from 'node:crypto';
import { PersistenceError } from '../persistence-error.js';
import { type ValueKeys } from './value-keys.js';

const ALGORITHM = 'aes-256-gcm';
const SEALED = 0x01;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const NONCE_AT = 3;
const TEXT_AT = NONCE_AT + NONCE_BYTES;
/** Half of HMAC-SHA-256: found by equality, and nobody without the key can make two alike. */
const MAC_BYTES = 16;

/** Where a value is stored; part of what its tag protects. */
export interface ValuePlace {
  /** Internal key of the organization. */
  readonly organization: number;
  /** `table.column`. */
  readonly column: string;
  /** What identifies the row in the organization. */
  readonly id: string;
}

export class ValueCipher {
  /** `random` gives fresh random bytes; `reload` the keys as they are now, for values of a key that was added later. */
  constructor(
    private keys: ValueKeys,
    private readonly random: (size: number) => Uint8Array,
    private readonly reload: () => ValueKeys = () => keys,
  ) {}

  /** The keys as this process has them. */
  get current(): ValueKeys {
    return this.keys;
  }

  seal(place: ValuePlace, text: Uint8Array): Buffer {
    const { newest } = this.keys;
    const sealed = Buffer.allocUnsafe(TEXT_AT + text.length + TAG_BYTES);
    sealed[0] = SEALED;
    sealed.writeUInt16BE(newest, 1);
    sealed.set(this.random(NONCE_BYTES), NONCE_AT);
    const cipher = createCipheriv(ALGORITHM, this.keyOf(newest), sealed.subarray(NONCE_AT, TEXT_AT));
    cipher.setAAD(describePlace(place));
    sealed.set(cipher.update(text), TEXT_AT);
    cipher.final();
    sealed.set(cipher.getAuthTag(), TEXT_AT + text.length);
    return sealed;
  }

  /** @throws PersistenceError `value-unreadable` for a value that was changed or moved, or whose key is not at hand. */
  open(place: ValuePlace, stored: Buffer): Buffer {
    if (!isSealed(stored)) return stored;
    const id = stored.length >= TEXT_AT + TAG_BYTES ? stored.readUInt16BE(1) : 0;
    try {
      const decipher = createDecipheriv(ALGORITHM, this.keyOf(id), stored.subarray(NONCE_AT, TEXT_AT));
      decipher.setAAD(describePlace(place));
      decipher.setAuthTag(stored.subarray(-TAG_BYTES));
      const text = decipher.update(stored.subarray(TEXT_AT, -TAG_BYTES));
      decipher.final();
      return text;
    } catch (cause) {
      if (cause instanceof PersistenceError) throw cause;
      throw new PersistenceError(
        'value-unreadable',
        `${place.column} of ${place.id} does not open with key ${id}: it was changed, or belongs to another row`,
        { cause },
      );
    }
  }

  /** A keyed hash of `text`, the same for the same text in the same organization and column. */
  mac(organization: number, column: string, text: string | Uint8Array): Buffer {
    const mac = createHmac('sha256', this.keys.lookup).update(`${organization} ${column}\n`).update(text);
    return mac.digest().subarray(0, MAC_BYTES);
  }

  private keyOf(id: number): KeyObject {
    if (!this.keys.keys.has(id)) this.keys = this.reload();
    const key = this.keys.keys.get(id);
    if (key) return key;
    throw new PersistenceError(
      'value-unreadable',
      `there is no value key ${id}: restore the key file that has it (VALUE_KEYS_DIR)`,
    );
  }
}

/** Whether the value was sealed by any key. */
export function isSealed(stored: Uint8Array): boolean {
  return stored[0] === SEALED;
}

function describePlace({ organization, column, id }: ValuePlace): Buffer {
  return Buffer.from(`cunzheng/value@v1\n${organization}\n${column}\n${id}`);
}
