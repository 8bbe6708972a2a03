/**
 * The policy this log is under: `POLICY_FILE`, a C2SP tlog-policy of witnesses, groups and a quorum. It may leave out
 * the log itself, whose key may not exist yet when the file is written; ours is put in.
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

/** The policy with this log's key in it, or undefined where none is set or none is asked for. */
export function readLogPolicy(path: string | undefined, log: VerifierKey): Policy | undefined {
  if (path === undefined) return undefined;
  const text = readFileSync(path, 'utf8');
  const namesLog = /^\s*log\s/m.test(text);
  const policy = parsePolicy(nativeCrypto, namesLog ? text : `log ${log.vkey}\n${text}`);
  if (!policy.logs.some(({ key }) => key.vkey === log.vkey)) {
    throw new Error(
      `POLICY_FILE ${path} names other logs but not ${log.name}: leave its log lines out, or add ours`,
    );
  }
  return policy.quorum === NO_QUORUM ? undefined : policy;
}
