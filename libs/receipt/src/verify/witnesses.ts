/** Check 3, `witnesses`: the verified cosignatures, each witness counted once, are a quorum of the policy. */
import { formatTime } from '@cunzheng/ledger';

import { type VerifiedSignature } from '../checkpoint/verify-note.js';
import { NO_QUORUM, type Policy } from '../trust/policy.js';
import { evaluateQuorum } from '../trust/quorum.js';
import { type Checked, failed, notChecked, passed } from './checked.js';

export interface WitnessedCheckpoint {
  /** The earliest moment by which a quorum had cosigned. */
  readonly sinceMs: number;
  readonly witnesses: readonly string[];
}

export function checkWitnesses(
  policy: Policy,
  cosignatures: readonly VerifiedSignature[],
): Checked<WitnessedCheckpoint> {
  const times = earliestByWitness(policy, cosignatures);
  const witnesses = [...times.keys()];
  if (policy.quorum === NO_QUORUM) {
    return notChecked('not-required', 'the policy asks for no witness', { witnesses });
  }
  const { sinceMs } = evaluateQuorum(policy, times);
  if (sinceMs === undefined) {
    return failed('quorum-missing', `no quorum ${policy.quorum}: ${witnesses.length} witnesses cosigned`, {
      witnesses,
    });
  }
  return passed({ witnesses, quorumSince: formatTime(sinceMs) }, { sinceMs, witnesses });
}

function earliestByWitness(policy: Policy, cosignatures: readonly VerifiedSignature[]): Map<string, number> {
  const times = new Map<string, number>();
  for (const { key, cosignedAtMs = Infinity } of cosignatures) {
    const witness = policy.witnesses.find((candidate) => candidate.key === key);
    if (witness === undefined) continue;
    times.set(witness.name, Math.min(cosignedAtMs, times.get(witness.name) ?? Infinity));
  }
  return times;
}
