/**
 * The policy, C2SP tlog-policy: which logs are accepted, which witnesses are known, and which sets of them are a quorum.
 * It is the verifier's own and decides about checkpoints only. ./parse-policy.ts reads it, this file writes it.
 */
import { type VerifierKey } from '../checkpoint/verifier-key.js';

export interface PolicyLog {
  /** Type `ed25519` or `subtree/v1`; its name is the log's origin. */
  readonly key: VerifierKey;
  readonly url?: string;
}

export interface PolicyWitness {
  /** Names it inside this policy only. */
  readonly name: string;
  /** Type `cosignature/v1` or `subtree/v1`. */
  readonly key: VerifierKey;
  readonly url?: string;
}

export interface PolicyGroup {
  readonly name: string;
  /** How many members must have witnessed, 1…members.length. */
  readonly threshold: number;
  /** Names of witnesses and of groups defined before this one; each belongs to one group at most. */
  readonly members: readonly string[];
}

export interface Policy {
  readonly logs: readonly PolicyLog[];
  readonly witnesses: readonly PolicyWitness[];
  readonly groups: readonly PolicyGroup[];
  /** A witness, a group, or {@link NO_QUORUM}. */
  readonly quorum: string;
}

/** The quorum that asks for no witness. */
export const NO_QUORUM = 'none';

/** The policy file. What it writes for a policy that breaks a rule, the parser refuses. */
export function formatPolicy(policy: Policy): string {
  const lines = [
    ...policy.logs.map(({ key, url }) => ['log', key.vkey, url]),
    ...policy.witnesses.map(({ name, key, url }) => ['witness', name, key.vkey, url]),
    ...policy.groups.map(({ name, threshold, members }) => [
      'group',
      name,
      formatThreshold(threshold, members),
      ...members,
    ]),
    ['quorum', policy.quorum],
  ];
  return lines.map((items) => `${items.filter((item) => item !== undefined).join(' ')}\n`).join('');
}

function formatThreshold(threshold: number, members: readonly string[]): string {
  if (threshold === members.length) return 'all';
  return threshold === 1 ? 'any' : String(threshold);
}
