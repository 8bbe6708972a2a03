/** A log for tests of the witness protocol: trees and proofs by the recursive definitions of RFC 6962, signed notes. */
import { nativeCrypto } from '@cunzheng/crypto/node';
import {
  type AddCheckpointRequest,
  type CosignDecision,
  decideCosign,
  formatAddCheckpointRequest,
  formatCheckpoint,
  formatNote,
  signNote,
  type WitnessState,
} from '@cunzheng/receipt';

import { verifierKey } from './build-receipt.js';
import { testKey } from './ed25519-key.js';
import { naiveConsistency, naiveRoot, sha256 } from './naive-tree.js';

export const ORIGIN = 'log.example/logs/a';
export const MAX_SIZE = 20;
export const log = testKey(1);
export const logKey = verifierKey(ORIGIN, 'ed25519', log);
const entries = Array.from({ length: MAX_SIZE }, (_, i) => Uint8Array.of(i));
const EMPTY_ROOT = sha256();

export const rootAt = (size: number): Uint8Array =>
  size === 0 ? EMPTY_ROOT : naiveRoot(entries.slice(0, size));
export const stateAt = (size: number): WitnessState => ({ size, rootHash: rootAt(size) });
export const proofFrom = (oldSize: number, size: number): Uint8Array[] =>
  oldSize === 0 ? [] : naiveConsistency(oldSize, entries.slice(0, size));

export function noteAt(size: number, rootHash = rootAt(size), origin = ORIGIN): string {
  const text = formatCheckpoint({ origin, treeSize: size, rootHash });
  return formatNote(text, [signNote(text, logKey, (message) => log.sign(message))]);
}

export function requestOf(oldSize: number, size: number, change: Partial<AddCheckpointRequest> = {}): string {
  const proof = oldSize > size ? [] : proofFrom(oldSize, size);
  return formatAddCheckpointRequest({ oldSize, proof, checkpoint: noteAt(size), ...change });
}

export const decide = (request: string, state: WitnessState | null, logKeys = [logKey]): CosignDecision =>
  decideCosign(nativeCrypto, { logKeys, state, request });
