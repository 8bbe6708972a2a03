/**
 * Whether the witnesses that cosigned a checkpoint are a quorum of a policy, and since when (C2SP tlog-policy, "Defining
 * a witness group").
 */
import { type VerifiedSignature } from '../checkpoint/verify-note.js';
import { NO_QUORUM, type Policy } from './policy.js';

export interface QuorumResult {
  readonly satisfied: boolean;
  /**
   * The earliest moment by which a quorum had cosigned, milliseconds since the epoch. Undefined if there is no quorum or
   * none is asked for.
   */
  readonly sinceMs?: number;
}

/** `cosignedAtMs`: for each witness with a verified cosignature, by its name in the policy, when it cosigned. */
export function evaluateQuorum(policy: Policy, cosignedAtMs: ReadonlyMap<string, number>): QuorumResult {
  if (policy.quorum === NO_QUORUM) return { satisfied: true };
  const since = new Map<string, number>();
  for (const { name } of policy.witnesses) since.set(name, cosignedAtMs.get(name) ?? Infinity);
  // A group has witnessed once its threshold-th member has; groups only name what stands before them.
  for (const { name, threshold, members } of policy.groups) {
    const times = members.map((member) => since.get(member) ?? Infinity).sort((a, b) => a - b);
    since.set(name, times[threshold - 1] ?? Infinity);
  }
  const sinceMs = since.get(policy.quorum) ?? Infinity;
  return sinceMs === Infinity ? { satisfied: false } : { satisfied: true, sinceMs };
}

/**
 * When each witness of the policy cosigned, by its name there: each once, at its earliest. A cosignature that does not say
 * when it was made does not count: it is no witness's (C2SP tlog-witness, "add-checkpoint").
 */
export function earliestCosignatures(
  policy: Policy,
  cosignatures: readonly VerifiedSignature[],
): Map<string, number> {
  const times = new Map<string, number>();
  for (const { key, cosignedAtMs } of cosignatures) {
    const witness = policy.witnesses.find((candidate) => candidate.key.vkey === key.vkey);
    if (witness === undefined || cosignedAtMs === undefined) continue;
    times.set(witness.name, Math.min(cosignedAtMs, times.get(witness.name) ?? Infinity));
  }
  return times;
}
