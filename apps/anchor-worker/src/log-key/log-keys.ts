/**
 * The keys of a log, each with the tree sizes that it signs. A checkpoint is signed by the keys whose window holds its
 * size, so that one that a crash left unsigned gets the key of its time also after a change.
 */
import { nativeCrypto } from '@cunzheng/crypto/node';
import { type KeyChange, type LogKeyWindow } from '@cunzheng/persistence';
import { parseVerifierKey, type VerifierKey } from '@cunzheng/receipt';
import {
  keepNextKeys,
  prepareNextKey,
  readKeyFiles,
  type LogAlgorithm,
  type SigningKey,
} from './key-files.js';

export class LogKeys {
  private files: readonly SigningKey[] = [];
  private known: readonly LogKeyWindow[] = [];

  constructor(
    private readonly keysDir: string,
    private readonly origin: string,
  ) {}

  /** Takes the windows that the database has. @throws Error naming the key that is missing in `KEYS_DIR`. */
  replace(windows: readonly LogKeyWindow[]): void {
    this.known = windows;
    keepNextKeys(
      this.keysDir,
      this.origin,
      windows.map(({ vkey }) => vkey),
    );
    this.files = readKeyFiles(this.keysDir, this.origin);
    this.current.forEach((key) => this.privateKeyOf(key));
  }

  /** What `changeLogKeys` has just made of the windows in the database. */
  change({ lastSize, verifierKeys }: KeyChange): void {
    const ended = this.known.map((window) =>
      window.toSize === undefined && !verifierKeys.includes(window.vkey)
        ? { ...window, toSize: lastSize }
        : window,
    );
    const begun = verifierKeys.filter(
      (vkey) => !ended.some((w) => w.vkey === vkey && w.toSize === undefined),
    );
    this.replace([...ended, ...begun.map((vkey) => ({ vkey, fromSize: lastSize + 1 }))]);
  }

  /** Every key that the log has ever signed with, with its window. */
  get windows(): readonly LogKeyWindow[] {
    return this.known;
  }

  get all(): readonly VerifierKey[] {
    return this.known.map(({ vkey }) => parseVerifierKey(nativeCrypto, vkey));
  }

  /** Every key whose private half is in `KEYS_DIR`, announced or not. */
  get held(): readonly VerifierKey[] {
    return this.files.map(({ verifierKey }) => verifierKey);
  }

  /** The keys that sign now, Ed25519 first. */
  get current(): readonly VerifierKey[] {
    return this.keysOf(this.known.filter(({ toSize }) => toSize === undefined));
  }

  /** The keys that sign a checkpoint of this tree size, in the order of their lines. @throws Error as {@link replace}. */
  at(treeSize: number): readonly SigningKey[] {
    const inForce = this.known.filter(
      ({ fromSize, toSize = Infinity }) => treeSize >= fromSize && treeSize <= toSize,
    );
    return this.keysOf(inForce).map((key) => this.privateKeyOf(key));
  }

  /** The verifier key that a change is to announce. */
  prepareNext(algorithm: LogAlgorithm): VerifierKey {
    return prepareNextKey(this.keysDir, algorithm, this.origin).verifierKey;
  }

  private keysOf(windows: readonly LogKeyWindow[]): VerifierKey[] {
    const keys = windows.map(({ vkey }) => parseVerifierKey(nativeCrypto, vkey));
    return [
      ...keys.filter(({ type }) => type === 'ed25519'),
      ...keys.filter(({ type }) => type !== 'ed25519'),
    ];
  }

  private privateKeyOf({ vkey }: VerifierKey): SigningKey {
    const found = this.files.find(({ verifierKey }) => verifierKey.vkey === vkey);
    if (found) return found;
    throw new Error(
      `the key in KEYS_DIR is not the key of ${this.origin}: restore the private key of ${vkey.slice(0, this.origin.length + 9)} ` +
        `from its backup`,
    );
  }
}
