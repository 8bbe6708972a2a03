/**
 * The policy this log is under: `POLICY_FILE`, a C2SP tlog-policy of witnesses, groups and a quorum, and `MIN_TIMESTAMPS`.
 * The file may leave out the log itself, whose key may not exist yet when it is written; ours is put in.
 */
import { readFileSync } from 'node:fs';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { NO_QUORUM, parsePolicy, type Policy, type VerifierKey } from '@cunzheng/receipt';

/** What verifiers need of a policy: everything but the addresses, which may be internal. */
export function withoutUrls({ logs, witnesses, ...rest }: Policy): Policy {
  return {
    ...rest,
    logs: logs.map(({ key }) => ({ key })),
    witnesses: witnesses.map(({ name, key }) => ({ name, key })),
  };
}

/** What a checkpoint needs before it counts as attested. */
export interface AttestationPolicy {
  /** With all keys of this log in it; the quorum may be none. */
  readonly policy: Policy;
  /** How many different authorities must have stamped it. */
  readonly minTimestamps: number;
  /** Whether it needs anything at all: if not, receipts are final once they are anchored. */
  readonly isRequired: boolean;
}

/**
 * `keys`: those of the log it is for; `ours`: those of all our logs, any of which the file may name. Throws Error for a file that names other logs, ReceiptError for one that is no
 * policy.
 */
export function readAttestationPolicy(
  path: string | undefined,
  minTimestamps: number,
  keys: readonly VerifierKey[],
  ours = keys,
): AttestationPolicy {
  const policy = readLogPolicy(path, keys, ours);
  return { policy, minTimestamps, isRequired: policy.quorum !== NO_QUORUM || minTimestamps > 0 };
}

function readLogPolicy(
  path: string | undefined,
  keys: readonly VerifierKey[],
  ours: readonly VerifierKey[],
): Policy {
  const text = path === undefined ? 'quorum none\n' : readFileSync(path, 'utf8');
  const lines = keys.map(({ vkey }) => `log ${vkey}\n`).join('');
  const namesLog = /^\s*log\s/m.test(text);
  const policy = parsePolicy(nativeCrypto, namesLog ? text : `${lines}${text}`);
  const isNamed = ({ vkey }: VerifierKey): boolean => policy.logs.some(({ key }) => key.vkey === vkey);
  const missing = keys.filter((key) => !isNamed(key));
  if (!ours.some(isNamed)) {
    throw new Error(
      `POLICY_FILE ${path ?? ''} names other logs but not ${keys[0]?.name ?? 'ours'}: leave its log lines out, or add ours`,
    );
  }
  // A file that names the log by an older key is as good: the log itself announced the others.
  return { ...policy, logs: [...policy.logs, ...missing.map((key) => ({ key }))] };
}
