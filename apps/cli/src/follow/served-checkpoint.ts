/**
 * A checkpoint as it was served, held against the follower's trust. What cannot be read as a checkpoint of the log is no
 * news of the log (a proxy's error page, another site); what can be read and is not rightly signed is a finding.
 */
import { nativeCrypto } from '@cunzheng/crypto/node';
import {
  earliestCosignatures,
  evaluateQuorum,
  maySignSize,
  parseCheckpoint,
  parseNote,
  ReceiptError,
  type Trust,
  verifyCheckpoint,
} from '@cunzheng/receipt';
import { LogError } from './log-error.js';
import { type TreeHead } from './prove-growth.js';

export interface SignedCheckpoint extends TreeHead {
  /** The note, as it was served. */
  readonly note: string;
  /** Names, in the policy, of the witnesses that cosigned. */
  readonly witnesses: readonly string[];
  /** Whether they are a quorum of the policy; a quorum of none always is. */
  readonly quorum: boolean;
}

/** Throws LogError `malformed` unless `note` has the form of a checkpoint of this log. */
export function assertCheckpointOf(origin: string, note: string): void {
  try {
    const { origin: got } = parseCheckpoint(parseNote(note).text);
    if (got !== origin) throw new LogError('malformed', `checkpoint: it is of another log, want ${origin}`);
  } catch (cause) {
    if (!(cause instanceof ReceiptError)) throw cause;
    throw new LogError('malformed', `checkpoint: ${cause.message}`, { cause });
  }
}

/** The checkpoint in a note of that form. Throws ReceiptError unless a log key of the trust rightly signed it. */
export function verifySigned(trust: Trust, origin: string, note: string): SignedCheckpoint {
  const { policy } = trust;
  const checkpoint = verifyCheckpoint(nativeCrypto, policy, note);
  const { treeSize, rootHash, logKeys, cosignatures } = checkpoint;
  if (checkpoint.origin !== origin || !logKeys.some((key) => maySignSize(trust.keyWindows, key, treeSize))) {
    throw new ReceiptError('log-key-unknown', `the log key may not sign a checkpoint of size ${treeSize}`);
  }
  const cosigned = earliestCosignatures(policy, cosignatures);
  const quorum = evaluateQuorum(policy, cosigned).satisfied;
  return { note, treeSize, rootHash, witnesses: [...cosigned.keys()], quorum };
}
