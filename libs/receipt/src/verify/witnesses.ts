/** Check 3, `witnesses`: the verified cosignatures, each witness counted once, are a quorum of the policy. */
import { formatTime } from '@cunzheng/ledger';

import { type VerifiedSignature } from '../checkpoint/verify-note.js';
import { NO_QUORUM, type Policy } from '../trust/policy.js';
import { earliestCosignatures, evaluateQuorum } from '../trust/quorum.js';
import { type Checked, failed, notChecked, passed } from './checked.js';

export interface WitnessedCheckpoint {
  /** The earliest moment by which a quorum had cosigned, as the witnesses say. */
  readonly sinceMs: number;
  readonly witnesses: readonly string[];
}

export function checkWitnesses(
  policy: Policy,
  cosignatures: readonly VerifiedSignature[],
): Checked<WitnessedCheckpoint> {
  const times = earliestCosignatures(policy, cosignatures);
  const witnesses = [...times.keys()];
  // One for each of the witnesses.
  const facts = { witnesses, cosignedAt: [...times.values()].map(formatTime) };
  if (policy.quorum === NO_QUORUM) {
    return notChecked('not-required', 'the policy asks for no witness', facts);
  }
  const { sinceMs } = evaluateQuorum(policy, times);
  if (sinceMs === undefined) {
    const message = `no quorum ${policy.quorum}: ${witnesses.length} witnesses cosigned`;
    return failed('quorum-missing', message, facts);
  }
  return passed({ ...facts, quorumSince: formatTime(sinceMs) }, { sinceMs, witnesses });
}
