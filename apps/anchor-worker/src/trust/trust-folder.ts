/**
 * The trust folder for this log, written on first start for users to copy. It is theirs to edit: never overwritten. It
 * names whom the operator asks, witnesses and timestamping authorities alike; whether to believe them is for the user to
 * say. Roots of signers are left out.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileDurably } from '@cunzheng/ledger/node';
import { formatTrustFolder, type Policy } from '@cunzheng/receipt';
import { formatPem } from '@cunzheng/x509';

export interface TrustOfLog {
  readonly policy: Policy;
  readonly minTimestamps: number;
  /** DER. */
  readonly tsaRoots: readonly Uint8Array[];
}

export async function writeTrustFolder(
  trustDir: string,
  { policy, minTimestamps, tsaRoots }: TrustOfLog,
): Promise<void> {
  if (existsSync(join(trustDir, 'policy'))) return;
  const tsaRootsPem = tsaRoots.map((der) => formatPem(der, 'CERTIFICATE')).join('');
  const files = formatTrustFolder({ policy, minTimestamps, ...(tsaRootsPem === '' ? {} : { tsaRootsPem }) });
  const { policy: policyText, ...others } = files;
  // The policy comes last: where it is, a start that was cut short has left nothing out.
  for (const [name, text] of [...Object.entries(others), ['policy', policyText] as const])
    await writeFileDurably(join(trustDir, name), Buffer.from(text));
}
