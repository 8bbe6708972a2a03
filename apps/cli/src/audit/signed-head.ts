/**
 * What a signed checkpoint says, and how far the auditor's own trust goes for it: keys of the policy that signed it, the
 * windows of these keys, the quorum of witnesses.
 */
import { nativeCrypto } from '@cunzheng/crypto/node';
import {
  earliestCosignatures,
  evaluateQuorum,
  maySignSize,
  NO_QUORUM,
  parseCheckpoint,
  parseNote,
  ReceiptError,
  type Trust,
  verifyCheckpoint,
} from '@cunzheng/receipt';
import { LogFault, type Place } from './log-fault.js';

export interface SignedHead {
  readonly origin: string;
  readonly treeSize: number;
  readonly rootHash: Uint8Array;
  /** vkeys of the log that signed it; empty without trust. */
  readonly logKeys: readonly string[];
  /** The policy asks for witnesses, and they cosigned. */
  readonly isWitnessed: boolean;
}

/** Reads a note, and verifies it if there is trust. `name`: what it is called in a finding. Throws LogFault `damaged`. */
export function readSignedHead(
  name: string,
  note: string,
  trust: Trust | null,
  place: Place = {},
): SignedHead {
  try {
    if (trust !== null) return verifyHead(note, trust);
    return { ...parseCheckpoint(parseNote(note).text), logKeys: [], isWitnessed: false };
  } catch (cause) {
    if (!(cause instanceof ReceiptError)) throw cause;
    throw new LogFault('damaged', `${name}: ${cause.message} (${cause.code})`, place, { cause });
  }
}

/** Whether the trust knows a key of the log `origin` at all. */
export function knowsLog(trust: Trust, origin: string): boolean {
  return trust.policy.logs.some(({ key }) => key.name === origin);
}

function verifyHead(note: string, trust: Trust): SignedHead {
  const { policy, keyWindows } = trust;
  const { origin, treeSize, rootHash, logKeys, cosignatures } = verifyCheckpoint(nativeCrypto, policy, note);
  const keys = logKeys.filter((key) => maySignSize(keyWindows, key, treeSize)).map(({ vkey }) => vkey);
  if (keys.length === 0) {
    throw new ReceiptError('log-key-unknown', `the log key may not sign a checkpoint of size ${treeSize}`);
  }
  const { satisfied } = evaluateQuorum(policy, earliestCosignatures(policy, cosignatures));
  return { origin, treeSize, rootHash, logKeys: keys, isWitnessed: policy.quorum !== NO_QUORUM && satisfied };
}
